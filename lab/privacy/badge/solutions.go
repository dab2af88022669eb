package badge

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"quintain/attack/privacy/readback"
	"quintain/lab"
)

const reference = "answers: label\nquota: 6\n"

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "labels for as many questions as people have", Pass: true, Make: solve(3000, reference)},
	{Name: "a code of chance", Fails: "a/code", Make: hand(codeA, letters[:badges])},
	{Name: "the code of another attempt", Fails: "a/code", Make: func(_ context.Context, w *lab.Setup) error {
		return w.Writef(codeA, "%s\n", word(newDesign(w.Rand("another")).symbol[:]))
	}},
	{Name: "a hostile file", Fails: "a/code", Make: hand(codeA, "\x00\xff\x1b[31m014 ../../etc")},
	{Name: "the code of the other door", Fails: "b/code", Make: func(ctx context.Context, w *lab.Setup) error {
		if err := white(ctx, w); err != nil {
			return err
		}
		b, err := w.File(codeA)
		if err != nil {
			return err
		}
		return w.Write(codeB, b)
	}},
	{Name: "too many questions", Fails: "b/q", Make: solve(4000, reference)},
	{Name: "a policy that tells nothing", Fails: "c/door", Make: solve(3000, "answers: none\n")},
	{Name: "one question a day", Fails: "c/door", Make: solve(3000, "answers: label\nquota: 1\n")},
	{Name: "noise that nobody can decide by", Fails: "c/door", Make: solve(3000, "answers: label\nnoise: 0.5\nquota: 8\n")},
	{Name: "a hostile policy", Fails: "c/door", Make: solve(3000, "answers: round:99999999999999999999\nquota: -1\nnoise: .nan\n")},
	{Name: "rounding to 0.1", Fails: "c/re-attack", Make: solve(3000, "answers: round:1\n")},
	{Name: "rounding and a quota", Fails: "c/re-attack", Make: solve(3000, "answers: round:1\nquota: 8\n")},
	{Name: "labels without a quota", Fails: "c/re-attack", Make: solve(3000, "answers: label\n")},
	{Name: "a quota without labels", Fails: "c/re-attack", Make: solve(3000, "answers: confidences\nquota: 8\n")},
}

// word returns symbols as letters.
func word(symbol []int) string {
	var b []byte
	for _, s := range symbol {
		b = append(b, letters[s])
	}
	return string(b)
}

// hand hands one file in.
func hand(file, text string) func(context.Context, *lab.Setup) error {
	return func(_ context.Context, w *lab.Setup) error { return w.Writef(file, "%s", text) }
}

// white reads the open door.
func white(ctx context.Context, w *lab.Setup) error {
	net, err := w.Model("door.onnx")
	if err != nil {
		return err
	}
	var seen [badges][]float32
	for k := range seen {
		if seen[k], _, err = readback.Climb(ctx, net, readback.Options{Class: k, Side: side, Steps: 60, Rate: 0.3, Blur: 0.1}); err != nil {
			return err
		}
	}
	return w.Writef(codeA, "%s\n", word(tell(&seen)))
}

// tell reads six images together: of all codes, in which no symbol is twice,
// the one that correlates with them best.
func tell(seen *[badges][]float32) []int {
	var score [badges][len(letters)]float64
	for k, x := range seen {
		for s, on := range symbols {
			score[k][s] = alike(x, draw(on, nil))
		}
	}
	var best, code [badges]int
	most := math.Inf(-1)
	var try func(k int, sum float64)
	try = func(k int, sum float64) {
		if k == badges {
			if sum > most {
				most, best = sum, code
			}
			return
		}
		for s := range symbols {
			if !slices.Contains(code[:k], s) {
				code[k] = s
				try(k+1, sum+score[k][s])
			}
		}
	}
	try(0, 0)
	return best[:]
}

// solve does all stages, with a number of questions for each class.
func solve(questions int, policy string) func(context.Context, *lab.Setup) error {
	return func(ctx context.Context, w *lab.Setup) error {
		if err := white(ctx, w); err != nil {
			return err
		}
		var seen [badges][]float32
		for k := range seen {
			file := fmt.Sprintf("closed-%d.png", k)
			if err := w.Act(ctx, "invert", strconv.Itoa(k), strconv.Itoa(questions), file); err != nil {
				return err
			}
			x, err := readImage(w.Attempt, file)
			if err != nil {
				return err
			}
			seen[k] = x
		}
		if err := w.Writef(codeB, "%s\n", word(tell(&seen))); err != nil {
			return err
		}
		return w.Writef(policyFile, "%s", policy)
	}
}
