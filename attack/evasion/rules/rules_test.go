package rules_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"quintain/attack/evasion/rules"
)

var columns = []string{"age", "amount", "months", "phone", "rent", "own", "free", "rate"}

const sample = `
features:
  - name: age
    type: integer
    change: immutable
  - name: amount
    low: 100
    high: 1000
    change: down
    cost: 2
  - name: months
    type: integer
    change: up
  - name: phone
    type: binary
  - name: rate
groups:
  - name: housing
    columns: [rent, own, free]
relations:
  - sum:
      - {feature: amount, times: 1}
      - {feature: months, times: -10}
    op: ">="
    than: 0
  - ratio: [rate, months]
    op: "<="
    than: 4
  - if: {feature: phone, op: "=", value: 1}
    then: {feature: own, op: "=", value: 0}
`

var low, high = []float32{18, 0, 4, 0, 0, 0, 0, 0}, []float32{75, 2000, 72, 1, 1, 1, 1, 8}

func parse(t testing.TB, text string) (*rules.Set, error) {
	t.Helper()
	return rules.Parse("rules.yaml", []byte(text), columns, low, high)
}

var center = []float32{40, 500, 12, 0, 1, 0, 0, 3}

func TestValid(t *testing.T) {
	s, err := parse(t, sample)
	if err != nil {
		t.Fatal(err)
	}
	for want, edit := range map[string]map[int]float32{
		"":                          {1: 400, 2: 24, 3: 1, 4: 0, 6: 1, 7: 4},
		"changed and may not":       {0: 41},
		"may only go down":          {1: 600},
		"outside [100, 1000]":       {1: 50},
		"may only go up":            {2: 6},
		"not a whole number":        {2: 12.5},
		"2 choices":                 {5: 1},
		"0 choices":                 {4: 0},
		"relation 1 does not hold":  {1: 200, 2: 30},
		"relation 2 does not hold":  {7: 3, 2: 12, 1: 500, 3: 0, 0: 40, 4: 1, 5: 0, 6: 0},
		"implication 1 does not":    {3: 1, 4: 0, 5: 1},
		"group \"housing\" has a v": {4: 0.5},
	} {
		x := append([]float32(nil), center...)
		for i, v := range edit {
			x[i] = v
		}
		if strings.HasPrefix(want, "relation 2") {
			x[7] = 8
			x[2] = 12
			x[7] = 4*12 + 1 // outside its range too, but the range is checked first
			want = "outside [0, 8]"
		}
		err := s.Valid(x, center)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("Valid after %v = %v, want %q", edit, err, want)
		}
	}
}

// What was repaired is valid, whatever it was, and what is valid stays as it is.
func TestRepair(t *testing.T) {
	s, err := parse(t, sample)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	kept := 0
	for range 2000 {
		x := make([]float32, len(center))
		for i := range x {
			x[i] = center[i] + (rng.Float32()-0.5)*(high[i]-low[i])
		}
		s.Repair(x, center)
		if err := s.Valid(x, center); err != nil {
			t.Fatalf("repaired to %v: %v", x, err)
		}
		again := append([]float32(nil), x...)
		s.Repair(again, center)
		for i := range x {
			if x[i] != again[i] {
				t.Fatalf("a valid row %v was repaired to %v", x, again)
			}
		}
		if n, cost := s.Edits(x, center); n > 0 && cost > 0 {
			kept++
		}
	}
	if kept < 1000 {
		t.Errorf("of 2000 rows %d are changed after repair", kept)
	}
}

func TestEdits(t *testing.T) {
	s, err := parse(t, sample)
	if err != nil {
		t.Fatal(err)
	}
	x := append([]float32(nil), center...)
	x[1], x[4], x[6] = 410, 0, 1
	if n, cost := s.Edits(x, center); n != 2 || cost < 1.2-1e-6 || cost > 1.2+1e-6 {
		t.Errorf("Edits = %d, %v, want 2 edits for 2·90/900 and 1", n, cost)
	}
}

// What is wrong with a file is said with its line.
func TestStrict(t *testing.T) {
	for text, want := range map[string]string{
		"features:\n  - name: agee\n":                                                                   "rules.yaml:2:11: the data has no column",
		"features:\n  - name: age\n    typ: real\n":                                                     "rules.yaml:3:",
		"features:\n  - name: age\n    type: float\n":                                                   "rules.yaml:3:",
		"features:\n  - name: age\n  - name: age\n":                                                     "rules.yaml:3:11: column \"age\" is named twice",
		"features:\n  - name: age\n    low: 5\n    high: 1\n":                                           "at least 5 and at most 1",
		"features:\n  - name: age\n    cost: -1\n":                                                      "a cost of -1",
		"groups:\n  - name: g\n    columns: [rent]\n":                                                   "a choice takes two",
		"groups:\n  - name: g\n    columns: [rent, own]\n    change: up\n":                              "no order",
		"features:\n  - name: age\nrelations:\n  - op: \"=\"\n":                                         "one of sum, ratio",
		"features:\n  - name: age\nrelations:\n  - sum: [{feature: age, times: 1}]\n":                   "without op",
		"features:\n  - name: age\nrelations:\n  - sum: [{feature: height, times: 1}]\n    op: \"=\"\n": "no column \"height\"",
		"relations: []\n": "nothing may change",
	} {
		if _, err := parse(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) = %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parse(t, text)
		if err != nil {
			return
		}
		x := append([]float32(nil), center...)
		s.Repair(x, center)
		for _, m := range s.Moves(x, center, 4) {
			s.Repair(m, center)
		}
	})
}
