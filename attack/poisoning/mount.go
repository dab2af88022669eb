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
	poisoned []*Poisoned  // one for each case
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
	if a.Inspect != nil {
		return e.inspect(ctx, s, a)
	}
	c := &campaign{subject: s, attack: a}
	seed := a.Seed(e.o.Seed)
	if err := c.strike(ctx, e.o.Seed, seed); err != nil {
		if errors.Is(err, ErrUnfit) {
			f.Outcome, f.Summary = quintain.NotApplicable, err.Error()
			return f, nil
		}
		return f, err
	}
	var doubt string
	var err error
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

// strike mounts every case of the attack from seed, and trains models on what
// each leaves, from the seeds that the clean models have.
func (c *campaign) strike(ctx context.Context, run, seed uint64) error {
	known := surrogates{c: c, g: c.graph}
	for i := range c.attack.cases() {
		p, err := c.poison(ctx, &known, i, c.budget(), seed)
		if err != nil {
			return err
		}
		before, _, err := c.try(ctx, c.clean, p)
		if err != nil {
			return err
		}
		var nets []*graph.Net
		for i := range trainings {
			net, err := c.fit(ctx, c.graph, p.Rows, run+uint64(i))
			if err != nil {
				return fmt.Errorf("train on poisoned rows: %w", err)
			}
			nets = append(nets, net)
		}
		after, hits, err := c.try(ctx, nets, p)
		if err != nil {
			return err
		}
		c.poisoned = append(c.poisoned, p)
		c.before, c.after, c.hits = append(c.before, before...), append(c.after, after...), c.hits+hits
	}
	return nil
}

// cases returns how many rows sets of poison are made.
func (a *Attack) cases() int { return max(1, a.Cases) }

// Surrogates are models that the attacker has trained on the rows as they are.
type surrogates struct {
	c    *campaign
	g    *graph.Graph
	made map[uint64]*graph.Graph
}

// get returns the one from seed, and trains it the first time.
func (s *surrogates) get(ctx context.Context, seed uint64) (*graph.Graph, error) {
	if g, ok := s.made[seed]; ok {
		return g, nil
	}
	net, err := s.c.fit(ctx, s.g, s.c.rows, seed)
	if err != nil {
		return nil, err
	}
	if s.made == nil {
		s.made = make(map[uint64]*graph.Graph)
	}
	s.made[seed] = net.Graph()
	return s.made[seed], nil
}

// budget is how many rows the attacker may change.
func (s *subject) budget() int { return max(1, int(s.limits.budget*float64(s.rows.Rows()))) }

// poison mounts one case of the attack, and holds it to its budget.
func (c *campaign) poison(ctx context.Context, known *surrogates, i, budget int, seed uint64) (*Poisoned, error) {
	tr := &Trial{
		Rows: c.rows, Test: c.test, Graph: known.g, Low: c.low, High: c.high, Shape: c.net.Spec().Shape, Classes: c.net.Spec().Classes,
		Target: int32(c.limits.target), Budget: budget, Eps: c.limits.eps, Case: i, Seed: seed, Surrogate: known.get,
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
	twin := surrogates{c: c, g: train.MLP([]int{c.rows.Dim, 64, c.net.Spec().Classes}, seed)}
	budget := max(c.budget(), int(bolder*float64(c.rows.Rows())))
	var goals []stats.Goal
	for i := range c.attack.cases() {
		p, err := c.poison(ctx, &twin, i, budget, seed)
		if err != nil {
			return nil, "", fmt.Errorf("attack the plain twin: %w", err)
		}
		net, err := c.fit(ctx, twin.g, p.Rows, seed)
		if err != nil {
			return nil, "", fmt.Errorf("train the plain twin: %w", err)
		}
		some, _, err := c.try(ctx, []*graph.Net{net}, p)
		if err != nil {
			return nil, "", err
		}
		goals = append(goals, some...)
	}
	m := stats.ClusterProportion("attack success rate", goals, e.o.Seed)
	if !(m.Value > c.limits.triggered) {
		return nil, fmt.Sprintf("no positive control: with %d poisoned rows only %s of the attacker's rows go the attacker's way on a plain network",
			budget, percent(m.Value)), nil
	}
	return &quintain.Control{
		Target:  quintain.Target{Kind: quintain.KindClassifier, Ref: "plain network trained on the same data", Digest: quintain.DigestOf(fmt.Appendf(nil, "%v %d", c.net.Spec(), seed))},
		Outcome: quintain.Fail,
		Summary: fmt.Sprintf("with %d poisoned rows %s of the attacker's rows go the attacker's way", budget, percent(m.Value)),
		Measure: &m,
	}, "", nil
}
