package poisoning

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"quintain"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
	"quintain/stats"
)

const (
	trainings = 3    // with different seeds, of the clean and of the poisoned rows
	leastRows = 20   // probes that a verdict can be built on
	unnoticed = 0.03 // points of accuracy that nobody misses
	bolder    = 0.1  // share of the rows that are poisoned for the control
)

// reference trains the model on the rows as they are.
func (s *subject) reference(ctx context.Context, seed uint64) error {
	for i := range trainings {
		net, err := s.fit(ctx, s.graph, s.rows, seed+uint64(i))
		if err != nil {
			return err
		}
		s.clean = append(s.clean, net)
		hits, err := train.Accuracy(ctx, net, s.test)
		if err != nil {
			return err
		}
		s.cleanHits += hits
	}
	return nil
}

// A campaign is one attack on one subject.
type campaign struct {
	*subject
	attack   *Attack
	poisoned *Poisoned
	before   []stats.Goal // how often each probe went the attacker's way without poison
	after    []stats.Goal // and with it
	hits     int          // of the poisoned models on the test rows, together
}

// mount attacks s and concludes.
func (e *engine) mount(ctx context.Context, s *subject, a *Attack) (quintain.Finding, error) {
	f := quintain.Finding{Check: a.Name, Target: s.target, Techniques: a.Techniques}
	if s.trouble != "" {
		f.Summary = s.trouble
		return f, nil
	}
	c := &campaign{subject: s, attack: a}
	seed := a.Seed(e.o.Seed)
	var err error
	if c.poisoned, err = c.poison(ctx, s.graph, s.budget(), seed); err != nil {
		if errors.Is(err, ErrUnfit) {
			f.Outcome, f.Summary = quintain.NotApplicable, err.Error()
			return f, nil
		}
		return f, err
	}
	if c.before, _, err = c.try(ctx, s.clean, c.poisoned); err != nil {
		return f, err
	}
	var nets []*graph.Net
	for i := range trainings {
		net, err := s.fit(ctx, s.graph, c.poisoned.Rows, e.o.Seed+uint64(i))
		if err != nil {
			return f, fmt.Errorf("train on poisoned rows: %w", err)
		}
		nets = append(nets, net)
	}
	if c.after, c.hits, err = c.try(ctx, nets, c.poisoned); err != nil {
		return f, err
	}
	var doubt string
	if f.Control, doubt, err = e.control(ctx, c, seed); err != nil {
		return f, err
	}
	f.Evidence = c.evidence(e.o.Seed)
	if doubt != "" {
		f.Evidence = append(f.Evidence, quintain.Evidence{Summary: doubt})
	}
	traces, err := c.traces(ctx, seed)
	if err != nil {
		return f, err
	}
	f.Evidence = append(f.Evidence, traces...)
	f.Outcome, f.Severity, f.Summary = c.verdict(e.o.Seed)
	return f, nil
}

// budget is how many rows the attacker may change.
func (s *subject) budget() int { return max(1, int(s.limits.budget*float64(s.rows.Rows()))) }

// poison mounts the attack, and holds it to its budget.
func (c *campaign) poison(ctx context.Context, g *graph.Graph, budget int, seed uint64) (*Poisoned, error) {
	tr := &Trial{
		Rows: c.rows, Test: c.test, Graph: g, Low: c.low, High: c.high, Shape: c.net.Spec().Shape, Classes: c.net.Spec().Classes,
		Target: int32(c.limits.target), Budget: budget, Seed: seed,
		Train: func(ctx context.Context, rows ml.Batch, seed uint64) (*graph.Graph, error) {
			net, err := c.fit(ctx, g, rows, seed)
			if err != nil {
				return nil, err
			}
			return net.Graph(), nil
		},
	}
	p, err := c.attack.Poison(ctx, tr)
	if err != nil {
		return nil, err
	}
	return p, p.check(tr)
}

// check reports whether the attack kept to the rules.
func (p *Poisoned) check(tr *Trial) error {
	if p.Rows.Rows() != tr.Rows.Rows() || len(p.Rows.Y) != len(tr.Rows.Y) {
		return fmt.Errorf("the attack left %d rows of %d", p.Rows.Rows(), tr.Rows.Rows())
	}
	changed := 0
	for i := range p.Rows.Rows() {
		same := p.Rows.Y[i] == tr.Rows.Y[i] && slices.Equal(p.Rows.Row(i), tr.Rows.Row(i))
		if !same {
			changed++
		}
		if !same && !slices.Contains(p.Changed, i) {
			return fmt.Errorf("the attack changed row %d and did not say so", i)
		}
		for j, v := range p.Rows.Row(i) {
			if v < tr.Low[j] || v > tr.High[j] {
				return fmt.Errorf("the attack gave feature %d of row %d the value %v, outside [%v, %v]", j, i, v, tr.Low[j], tr.High[j])
			}
		}
	}
	if changed > tr.Budget {
		return fmt.Errorf("the attack changed %d rows, more than %d", changed, tr.Budget)
	}
	if len(p.Want) != p.Probe.Rows() {
		return fmt.Errorf("the attack wants %d answers to %d rows", len(p.Want), p.Probe.Rows())
	}
	return nil
}

// try shows the probes of p to nets, and counts for each how often it went the
// attacker's way. Hits are the test rows that the nets classify correctly.
func (c *campaign) try(ctx context.Context, nets []*graph.Net, p *Poisoned) (goals []stats.Goal, hits int, err error) {
	goals = make([]stats.Goal, p.Probe.Rows())
	for _, net := range nets {
		z, err := net.Predict(ctx, p.Probe)
		if err != nil {
			return nil, 0, err
		}
		k := net.Spec().Classes
		for i := range goals {
			goals[i].Trials++
			answer := int32(ml.Argmax(z[i*k : (i+1)*k]))
			if answer == p.Want[i] || p.Want[i] < 0 && answer != p.Probe.Y[i] {
				goals[i].Hits++
			}
		}
		right, err := train.Accuracy(ctx, net, c.test)
		if err != nil {
			return nil, 0, err
		}
		hits += right
	}
	return goals, hits, nil
}

// control mounts the attack with a tenth of the rows on a plain network that is
// trained on the same data. If that does not succeed, the attack does not work
// on such data, and its failure says nothing.
func (e *engine) control(ctx context.Context, c *campaign, seed uint64) (*quintain.Control, string, error) {
	twin := train.MLP([]int{c.rows.Dim, 64, c.net.Spec().Classes}, seed)
	budget := max(c.budget(), int(bolder*float64(c.rows.Rows())))
	p, err := c.poison(ctx, twin, budget, seed)
	if err != nil {
		return nil, "", fmt.Errorf("attack the plain twin: %w", err)
	}
	net, err := c.fit(ctx, twin, p.Rows, seed)
	if err != nil {
		return nil, "", fmt.Errorf("train the plain twin: %w", err)
	}
	goals, _, err := c.try(ctx, []*graph.Net{net}, p)
	if err != nil {
		return nil, "", err
	}
	m := stats.ClusterProportion("attack success rate", goals, e.o.Seed)
	if !(m.Value > c.limits.triggered) {
		return nil, fmt.Sprintf("no positive control: with %d poisoned rows only %s of the attacker's rows go the attacker's way on a plain network",
			budget, percent(m.Value)), nil
	}
	return &quintain.Control{
		Target:  quintain.Target{Kind: quintain.KindClassifier, Ref: "plain network trained on the same data", Digest: quintain.DigestOf(fmt.Appendf(nil, "%v %d", net.Spec(), seed))},
		Outcome: quintain.Fail,
		Summary: fmt.Sprintf("with %d poisoned rows %s of the attacker's rows go the attacker's way", budget, percent(m.Value)),
		Measure: &m,
	}, "", nil
}
