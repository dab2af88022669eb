package rank

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// header is the first line of a file of scores.
const header = "row,score"

// ErrFormat says that a file is not one of scores.
var ErrFormat = errors.New("not a file of scores")

// Write writes scores as CSV: the number of the row, from 1, and its score.
func Write(w io.Writer, scores []float64) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, header)
	for i, s := range scores {
		fmt.Fprintf(b, "%d,%s\n", i+1, strconv.FormatFloat(s, 'g', 10, 64))
	}
	return b.Flush()
}

// Read reads what [Write] writes, for n rows, in any order. Every row has one
// score, which is a finite number. An error names the line and wraps
// [ErrFormat] unless r failed.
func Read(r io.Reader, n int) ([]float64, error) {
	scores, seen := make([]float64, n), make([]bool, n)
	s := bufio.NewScanner(r)
	line, have := 0, 0
	bad := func(format string, args ...any) error {
		return fmt.Errorf("line %d: "+format+": %w", append(append([]any{line}, args...), ErrFormat)...)
	}
	for s.Scan() {
		line++
		text := strings.TrimSpace(strings.TrimPrefix(s.Text(), "\ufeff"))
		switch {
		case line == 1 && text != header:
			return nil, bad("%.80q, want %q", text, header)
		case line == 1 || text == "":
			continue
		}
		number, value, _ := strings.Cut(text, ",")
		i, err := strconv.Atoi(strings.TrimSpace(number))
		if err != nil || i < 1 || i > n {
			return nil, bad("row %.40q, want a number from 1 to %d", number, n)
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		switch {
		case err != nil || math.IsNaN(v) || math.IsInf(v, 0):
			return nil, bad("score %.40q, want a finite number", value)
		case seen[i-1]:
			return nil, bad("row %d for the second time", i)
		}
		scores[i-1], seen[i-1] = v, true
		have++
	}
	switch err := s.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		line++
		return nil, bad("it is too long")
	case err != nil:
		return nil, err
	case have < n:
		return nil, fmt.Errorf("%d rows have a score, want all %d: %w", have, n, ErrFormat)
	}
	return scores, nil
}
