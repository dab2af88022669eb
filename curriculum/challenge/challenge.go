// Package challenge has the micro-challenges of the skills assessment: small
// tasks of two to four minutes that a machine makes from a seed and grades.
//
// Each asks for something that is specific to its seed, such as an offset or a
// name, so that neither guessing nor the answer of another seed passes. One
// that is passed proves that somebody can explain a skill, and no more.
package challenge

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// A Challenge is a kind of task.
type Challenge struct {
	ID      string
	Title   string
	Skills  []string // that it proves, as ids of package curriculum
	Minutes int
	build   func(r *rand.Rand, in *Instance)
}

// All returns the challenges.
func All() []*Challenge {
	return []*Challenge{
		threshold, pickle, tokens, query, taint, delegation, header, split, precision, advisory, controls, leak,
	}
}

// Find returns the challenge with the id, or nil.
func Find(id string) *Challenge {
	if i := slices.IndexFunc(All(), func(c *Challenge) bool { return c.ID == id }); i >= 0 {
		return All()[i]
	}
	return nil
}

// An Instance is a task as one seed makes it.
type Instance struct {
	Challenge *Challenge `json:"-"`
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Minutes   int        `json:"minutes"`
	Seed      uint64     `json:"seed"`
	Intro     string     `json:"intro"` // what this is about, in sentences
	Show      string     `json:"show"`  // lines of at most 78 characters, to be shown with a fixed width
	Fields    []Field    `json:"fields"`

	why string
}

// A Field is one part of the answer.
type Field struct {
	ID  string `json:"id"`
	Ask string `json:"ask"`

	want string
	is   func(got string) bool
}

// An Answer is the parts of an answer by the ids of their fields.
type Answer map[string]string

// A Result is a grade.
type Result struct {
	Right bool     `json:"right"`
	Wrong []string `json:"wrong,omitempty"` // fields
	Want  Answer   `json:"want"`            // a right answer
	Why   string   `json:"why"`
}

// New makes the instance of a seed; the same seed makes the same.
func (c *Challenge) New(seed uint64) *Instance {
	h := fnv.New64a()
	h.Write([]byte(c.ID))
	in := &Instance{Challenge: c, ID: c.ID, Title: c.Title, Minutes: c.Minutes, Seed: seed}
	c.build(rand.New(rand.NewPCG(seed, h.Sum64())), in)
	return in
}

// maxAnswer bounds one part of an answer, in bytes.
const maxAnswer = 400

// Grade grades an answer. Every field has to be right, and there must be no others.
func (in *Instance) Grade(a Answer) Result {
	res := Result{Right: len(a) == len(in.Fields), Want: make(Answer, len(in.Fields)), Why: in.why}
	for _, f := range in.Fields {
		res.Want[f.ID] = f.want
		got := strings.Join(strings.Fields(a[f.ID]), " ")
		if got == "" || len(got) > maxAnswer || !f.is(got) {
			res.Right = false
			res.Wrong = append(res.Wrong, f.ID)
		}
	}
	return res
}

func (in *Instance) ask(f Field) { in.Fields = append(in.Fields, f) }

// word is a field that wants one text; letters may be of either case.
func word(id, want, ask string) Field {
	return Field{ID: id, Ask: ask, want: want, is: func(got string) bool { return strings.EqualFold(got, want) }}
}

// list is a field that wants several words, in that order or in any.
func list(id string, want []string, ordered bool, ask string) Field {
	norm := func(s []string) []string {
		s = slices.Clone(s)
		if !ordered {
			slices.Sort(s)
		}
		return s
	}
	return Field{ID: id, Ask: ask, want: strings.Join(want, " "), is: func(got string) bool {
		parts := strings.FieldsFunc(got, func(r rune) bool { return r == ' ' || r == ',' || r == '>' })
		return slices.EqualFunc(norm(parts), norm(want), strings.EqualFold)
	}}
}

// number is a field that wants a number, give or take a share of it.
func number(id string, want, tolerance float64, ask string) Field {
	return Field{ID: id, Ask: ask, want: strconv.FormatFloat(want, 'g', 4, 64), is: func(got string) bool {
		v, err := strconv.ParseFloat(strings.TrimSuffix(strings.ReplaceAll(got, ",", ""), "%"), 64)
		return err == nil && math.Abs(v-want) <= tolerance*math.Abs(want)
	}}
}

// pick returns n different elements of from, in random order.
func pick[T any](r *rand.Rand, from []T, n int) []T {
	out := make([]T, 0, n)
	for _, i := range r.Perm(len(from))[:n] {
		out = append(out, from[i])
	}
	return out
}

// tags returns n different names made of the words and a number.
func tags(r *rand.Rand, n int, words ...string) []string {
	out := make([]string, n)
	for i, k := range r.Perm(900)[:n] {
		out[i] = fmt.Sprintf("%s-%d", words[r.IntN(len(words))], 100+k)
	}
	return out
}

// A table collects lines.
type table struct{ strings.Builder }

func (t *table) line(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }
