package watch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"
)

// ErrFormat says that the bytes are no log of requests.
var ErrFormat = errors.New("watch: not a log of requests")

// The size limits of a log.
const (
	maxLine     = 1 << 20 // bytes
	maxRequests = 1 << 20
	maxNumbers  = 1 << 26 // in all rows
	maxName     = 256     // bytes of the name of an account
)

// An Account is who asked, with their requests in the order of time.
type Account struct {
	Name     string
	Requests []Request
	Timed    bool // every request says when it was made
}

// An entry is one line of a log.
type entry struct {
	Account *string         `json:"account"`
	At      json.RawMessage `json:"at"`
	Row     []number        `json:"row"`
	Label   *int            `json:"label"`
}

// A number is one that is there: null is none.
type number float32

// UnmarshalJSON implements [json.Unmarshaler].
func (n *number) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(string(b), 32)
	*n = number(v)
	return err
}

// ReadLog reads a log of requests with rows of dim features: a JSON object a
// line, with "account", "row" (a list of numbers) and "label" (that was
// answered, from 0), and, if known, "at": seconds, or a time such as
// 2027-01-31T12:00:00Z. Other keys are left alone. Accounts come in the order of
// their first request. An error names the line, and wraps [ErrFormat] unless r
// failed.
func ReadLog(r io.Reader, dim int) ([]Account, error) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 1<<16), maxLine)
	var out []Account
	at := make(map[string]int)
	line, count := 0, 0
	for s.Scan() {
		line++
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		if count++; count > maxRequests || count*dim > maxNumbers {
			return nil, fmt.Errorf("line %d: more than %d requests of %d features: %w", line, count-1, dim, ErrFormat)
		}
		name, req, timed, err := parse(s.Bytes(), dim)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w: %w", line, err, ErrFormat)
		}
		i, ok := at[name]
		if !ok {
			i = len(out)
			at[name] = i
			out = append(out, Account{Name: name, Timed: true})
		}
		out[i].Requests = append(out[i].Requests, req)
		out[i].Timed = out[i].Timed && timed
	}
	switch err := s.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("line %d is longer than %d bytes: %w", line+1, maxLine, ErrFormat)
	case err != nil:
		return nil, err
	case len(out) == 0:
		return nil, fmt.Errorf("it is empty: %w", ErrFormat)
	}
	for _, a := range out {
		if a.Timed {
			slices.SortStableFunc(a.Requests, func(p, q Request) int {
				switch {
				case p.At < q.At:
					return -1
				case p.At > q.At:
					return 1
				}
				return 0
			})
		}
	}
	return out, nil
}

// parse reads one line.
func parse(b []byte, dim int) (name string, r Request, timed bool, err error) {
	var e entry
	if err := json.Unmarshal(b, &e); err != nil {
		return "", r, false, errors.New("no JSON object with account, row and label")
	}
	switch {
	case e.Account == nil || len(*e.Account) > maxName:
		return "", r, false, fmt.Errorf("no account, or one with a name of more than %d bytes", maxName)
	case e.Label == nil || *e.Label < 0 || *e.Label > math.MaxInt32:
		return "", r, false, errors.New("no label, or one below 0")
	case len(e.Row) != dim:
		return "", r, false, fmt.Errorf("a row of %d features, want %d", len(e.Row), dim)
	}
	r = Request{Row: make([]float32, dim), Label: *e.Label}
	for i, v := range e.Row {
		r.Row[i] = float32(v)
	}
	if len(e.At) == 0 {
		return *e.Account, r, false, nil
	}
	r.At, err = seconds(e.At)
	return *e.Account, r, true, err
}

// seconds reads a time.
func seconds(b []byte) (float64, error) {
	var text string
	if json.Unmarshal(b, &text) == nil {
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return float64(t.UnixMilli()) / 1000, nil
		}
		return 0, fmt.Errorf("at is %.40q, want seconds or a time such as 2027-01-31T12:00:00Z", text)
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, fmt.Errorf("at is %.40q, want seconds or a time such as 2027-01-31T12:00:00Z", b)
	}
	return v, nil
}

// Busiest returns the largest number of requests of an account within so many
// seconds.
func (a *Account) Busiest(within float64) int {
	most, from := 0, 0
	for i, r := range a.Requests {
		for a.Requests[from].At <= r.At-within {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}
