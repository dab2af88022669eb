// Package threat derives threats from a description of an AI system.
//
// A [Model] is read from system.yaml. [Rule] values, one folder each, look at
// the model as a [Graph] of what can move where, and say what could go wrong.
// A [Threat] is a question; its rule names the checks that answer it.
package threat

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"quintain"
)

// A Rule derives threats of one sort from a system model.
//
// To add one, copy an existing folder below threat, declare a package-level
// variable named Rule, put at least one case that fires and one that stays
// silent in testdata, and run go generate.
type Rule struct {
	quintain.Check

	// Version counts the meanings the rule has had, from 1. It is part of the
	// ids of its threats: raise it when old evidence and old acceptances no
	// longer answer the question.
	Version int

	// Severity is that of a threat whose [Match] sets none.
	Severity quintain.Severity

	// Match returns every place in the system that the threat applies to.
	Match func(g *Graph) []Match

	// Verify names the checks that settle the question, by name or by a
	// prefix that ends in a slash. A failure of one confirms the threat. It
	// is never empty: where no check exists yet, it names the family that
	// will have it, and the threat stays open until then.
	Verify []string

	// Mitigations are ids of ATLAS mitigations, the most effective first.
	Mitigations []string
}

// Validate reports what is wrong with the rule, joined.
func (r *Rule) Validate() error {
	errs := []error{r.Check.Validate()}
	if r.Version < 1 || r.Severity == quintain.None || r.Match == nil {
		errs = append(errs, fmt.Errorf("rule %q: no version, severity or match", r.Name))
	}
	if len(r.Verify) == 0 {
		errs = append(errs, fmt.Errorf("rule %q: names no check that settles it", r.Name))
	}
	if len(r.Mitigations) == 0 {
		errs = append(errs, fmt.Errorf("rule %q: names no mitigation", r.Name))
	}
	return errors.Join(errs...)
}

// A Match is one place in a system that a rule applies to.
type Match struct {
	// Elements are those concerned, the subject first; repetitions are
	// dropped. Their order is part of the id of the threat.
	Elements []*Element

	// Path is the way the attack takes, or nil.
	Path *Path

	// Why says in one sentence, without a full stop, what in this system
	// makes the rule apply.
	Why string

	// Severity replaces that of the rule, if set.
	Severity quintain.Severity

	// Unreachable says what rules the threat out, beyond the approvals on
	// Path, if anything does.
	Unreachable string
}

// A Threat is one way the system may be harmed: a question until a check of
// its rule has been run.
type Threat struct {
	ID       string // such as "T-K3XQ7A2M"; see [Model.Threats]
	Rule     *Rule
	Severity quintain.Severity
	Why      string // what in this system makes the rule apply
	Path     []string
	Elements []*Element // the subject first

	// Unreachable says why the graph rules the threat out, if it does: an
	// approval on every path.
	Unreachable string
}

// Threats returns the threats that rules find in m, the most severe first.
//
// The id of a threat is a hash of the name and version of its rule, the ids of
// its elements, and its path. It changes with these and with nothing else: not
// with the order of the file, nor with edits elsewhere.
func (m *Model) Threats(rules []*Rule) []Threat {
	g := NewGraph(m)
	seen := make(map[string]bool)
	var out []Threat
	for _, r := range rules {
		for _, match := range r.Match(g) {
			t := newThreat(r, &match)
			if !seen[t.ID] {
				seen[t.ID] = true
				out = append(out, t)
			}
		}
	}
	slices.SortFunc(out, func(a, b Threat) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Rule.Name, b.Rule.Name),
			slices.Compare(ids(a.Elements), ids(b.Elements)), slices.Compare(a.Path, b.Path))
	})
	return out
}

func newThreat(r *Rule, m *Match) Threat {
	t := Threat{
		Rule: r, Severity: cmp.Or(m.Severity, r.Severity), Why: m.Why, Elements: distinct(m.Elements), Unreachable: m.Unreachable,
	}
	if m.Path != nil {
		t.Path = ids(m.Path.Elements)
		t.Why += m.Path.guarded()
		t.Unreachable = cmp.Or(t.Unreachable, m.Path.Cut())
	}
	t.ID = identify(r, ids(t.Elements), t.Path)
	return t
}

// identify returns the id of a threat.
func identify(r *Rule, elements, path []string) string {
	b, err := json.Marshal([]any{r.Name, r.Version, elements, path})
	if err != nil {
		panic(err) // strings and numbers only
	}
	sum := sha256.Sum256(b)
	return "T-" + base32.StdEncoding.EncodeToString(sum[:5])
}

// distinct returns elements without repetitions, in their order.
func distinct(elements []*Element) []*Element {
	var out []*Element
	for _, e := range elements {
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// ids returns the ids of elements, in their order.
func ids(elements []*Element) []string {
	var out []string
	for _, e := range elements {
		out = append(out, e.ID)
	}
	return out
}
