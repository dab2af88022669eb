package defend

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"quintain/internal/strictyaml"
)

// A Policy is a defense that a service runs, as the file says that a defense
// writes beside or instead of a model. It holds what that defense needs and
// nothing else.
type Policy struct {
	Defense string `yaml:"defense" need:"yes"` // without "defend/"

	Answers string  `yaml:"answers"` // hardening: what is told of each row
	Queries int     `yaml:"queries"` // queryguard: rows that one account may ask about
	Similar int     `yaml:"similar"` // queryguard: how many of them near an earlier one
	Near    float64 `yaml:"near"`    // queryguard: in units of the range of each feature
	Sigma   float64 `yaml:"sigma"`   // smoothing: in units of the range of each feature
	Draws   int     `yaml:"draws"`   // smoothing
	Parts   int     `yaml:"parts"`   // dpa
}

// needs names the keys of a policy that each defense sets, and no other may.
var needs = map[string][]string{
	"hardening":  {"answers"},
	"queryguard": {"queries", "similar", "near"},
	"smoothing":  {"sigma", "draws"},
	"dpa":        {"parts"},
}

// ReadPolicy reads a policy. Each error is one line, "file:line:col: what is
// wrong"; several are joined.
func ReadPolicy(name string, data []byte) (*Policy, error) {
	p := &Policy{}
	f := strictyaml.Decode(name, data, p, strictyaml.Options{Name: "policy"})
	if f.Err() == nil {
		p.check(f)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

// check reports what no type can express.
func (p *Policy) check(f *strictyaml.File) {
	keys, ok := needs[p.Defense]
	if !ok {
		f.Errorf(&p.Defense, "defense is %q, want dpa, hardening, queryguard or smoothing", p.Defense)
		return
	}
	_, _, told := Telling(p.Answers)
	for _, k := range []struct {
		name string
		at   any
		ok   bool
	}{
		{"answers", &p.Answers, told == nil},
		{"queries", &p.Queries, p.Queries >= 1},
		{"similar", &p.Similar, p.Similar >= 0},
		{"near", &p.Near, p.Near >= 0 && p.Near <= 1},
		{"sigma", &p.Sigma, p.Sigma > 0},
		{"draws", &p.Draws, p.Draws >= 1},
		{"parts", &p.Parts, p.Parts >= 1},
	} {
		switch wanted := slices.Contains(keys, k.name); {
		case wanted && !f.Set(k.at):
			f.Errorf(&p.Defense, "defense %s needs %s", p.Defense, strings.Join(keys, ", "))
		case wanted && !k.ok:
			f.Errorf(k.at, "%s is out of range", k.name)
		case !wanted && f.Set(k.at):
			f.Errorf(k.at, "%s is none of defense %s", k.name, p.Defense)
		}
	}
}

// Write returns the file that ReadPolicy reads as p, after a comment.
func (p *Policy) Write(comment string) []byte {
	out := fmt.Appendf(nil, "# %s\ndefense: %s\n", strings.ReplaceAll(comment, "\n", "\n# "), p.Defense)
	for _, k := range needs[p.Defense] {
		v := map[string]any{"answers": p.Answers, "queries": p.Queries, "similar": p.Similar, "near": p.Near, "sigma": p.Sigma, "draws": p.Draws, "parts": p.Parts}[k]
		out = fmt.Appendf(out, "%s: %v\n", k, v)
	}
	return out
}

// Telling reads what a hardened model tells: "labels", "top", "round" with 1 to
// 6 decimals, or "noise" with a deviation up to 1, the number after a colon.
// Nothing is "labels".
func Telling(text string) (kind string, number float64, err error) {
	kind, digits, with := strings.Cut(text, ":")
	v, bad := strconv.ParseFloat(digits, 64)
	switch {
	case text == "":
		return "labels", 0, nil
	case (kind == "labels" || kind == "top") && !with:
		return kind, 0, nil
	case kind == "round" && bad == nil && v >= 1 && v <= 6 && v == math.Trunc(v), kind == "noise" && bad == nil && v > 0 && v <= 1:
		return kind, v, nil
	}
	return "", 0, fmt.Errorf("answers are %q, want labels, top, round: and a number from 1 to 6, or noise: and a number up to 1", text)
}
