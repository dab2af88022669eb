package evasion

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"quintain"
	"quintain/ml"
)

// A Remote is a model that is asked elsewhere and keeps a ledger.
type Remote interface {
	ml.Oracle

	// Ledger returns what the model was asked so far.
	Ledger() Ledger
}

// A Ledger says what a remote model was asked and what that cost. Its owner
// would count the same.
type Ledger struct {
	Rows     int     // that it was asked about and did not turn away
	Cached   int     // rows that were known already
	Again    int     // rows that were asked about again and answered as before
	Requests int     // that were sent, those turned away included
	Busy     int     // requests turned away
	Price    float64 // of the rows
	Left     int     // rows that it may still be asked about; negative if there is no limit
	Fickle   string  // what a row was answered at first and later, if the two differ
}

// errElsewhere is why a remote model gives no gradients.
var errElsewhere = errors.New("the model is asked over the network, where nothing is seen of it but its answers")

// An outsider makes a Model of an oracle that has no gradients.
type outsider struct{ ml.Oracle }

// VJP implements [ml.Model].
func (outsider) VJP(context.Context, ml.Batch, ml.Seed, []float32) error {
	return fmt.Errorf("%w: %w", ml.ErrNoGradient, errElsewhere)
}

// A counted oracle is a Remote that keeps its own ledger.
type counted struct{ *meter }

// Ledger implements [Remote].
func (c counted) Ledger() Ledger {
	n := int(c.rows.Load())
	return Ledger{Rows: n, Requests: n, Left: -1}
}

// elsewhere reports whether a target is no ONNX file but an address or the
// description of an endpoint.
func elsewhere(t quintain.Target) bool {
	ext := strings.ToLower(filepath.Ext(t.Ref))
	return ext == ".yaml" || ext == ".yml" || strings.Contains(t.Ref, "://")
}

// dial makes a model ready that is no file.
func (s *subject) dial(ctx context.Context, o Options) error {
	if o.Open == nil {
		return fmt.Errorf("%s is no ONNX file, and nothing here opens it", s.target.Ref)
	}
	if o.Engine != nil {
		return fmt.Errorf("%s is no ONNX file, so no engine runs it", s.target.Ref)
	}
	m, done, err := o.Open(ctx, s.target)
	if err != nil {
		return err
	}
	s.close = done
	var ok bool
	if s.remote, ok = m.(Remote); !ok {
		s.remote = counted{&meter{Model: outsider{m}}}
	}
	s.proof.why = errElsewhere.Error()
	s.plain, s.blind = outsider{s.remote}, errElsewhere
	return nil
}

// The defaults of attacks on models that are asked elsewhere, where every
// question takes time and may cost money.
const (
	remoteSamples = 100
	remoteQueries = 1000
	leastQueries  = 50 // a row, however small the budget: with fewer there is no attack
	remoteSlice   = 32 // rows attacked at a time
	remoteRows    = 8  // to see on that the attack works at all
	remoteDraws   = 20 // of noise for each of them
)

// An allowance is how much of what a remote model may still be asked one attack
// may use.
type allowance struct {
	begun int // rows asked about before
	most  int // negative if there is no limit
}

// allow divides what is left by the number of attacks that are still to come.
func (s *subject) allow(o Options, attacks int) allowance {
	if s.remote == nil {
		return allowance{most: -1}
	}
	l := s.remote.Ledger()
	a := allowance{begun: l.Rows, most: -1}
	if l.Left >= 0 {
		a.most = l.Left / max(1, attacks)
	}
	if b := int(o.Budget); b > 0 && (a.most < 0 || b < a.most) {
		a.most = b
	}
	return a
}

// outsiders counts the attacks that need nothing but answers. Those that keep to
// constraints need some.
func outsiders(attacks []*Attack, constraints bool) int {
	n := 0
	for _, a := range attacks {
		if a.outside() && (constraints || !a.Ruled) {
			n++
		}
	}
	return n
}

// suitors counts the attacks that the subject is a match for.
func (s *subject) suitors(attacks []*Attack) int {
	n := 0
	for _, a := range attacks {
		if a.misfit(s) == "" {
			n++
		}
	}
	return n
}

// left is how many rows may still be asked about.
func (c *campaign) left() int {
	if c.grant.most < 0 {
		return 1 << 40
	}
	return max(0, c.grant.most-(c.remote.Ledger().Rows-c.grant.begun))
}

// spread chooses how often a black-box attack may ask about each of so many
// rows, so that a budget goes round.
func (c *campaign) spread(o Options, rows int) {
	if c.remote == nil || o.Queries > 0 {
		return
	}
	c.trial.Budget.Queries = remoteQueries
	if c.grant.most >= 0 {
		c.trial.Budget.Queries = perRow(c.left(), rows)
	}
}

// perRow is how many of some questions are for each row, with some left to see
// that the attack works.
func perRow(left, rows int) int {
	return max(leastQueries, min(remoteQueries, left*4/5/max(1, rows)))
}

// fits is how many of at most most rows may be begun: as many as what is left
// covers at the worst, with a reserve for rows that are asked about again.
func (c *campaign) fits(most int) int {
	worst := 0
	for _, p := range c.attack.each(c.subject) {
		worst += p.budget(c.trial.Budget).Queries + 1
	}
	return min(most, (c.left()-remoteRows)*49/50/max(1, worst))
}

// each lists the attacks that are mounted one after the other.
func (a *Attack) each(s *subject) []*Attack {
	if a.Run == nil {
		return a.suited(s)
	}
	return []*Attack{a}
}

// works sees that the attack turns rows of this model at all (G4), if need be
// with a budget that allows anything.
func (c *campaign) works(ctx context.Context, m *mask) error {
	if n := c.fallen(); n > 0 {
		m.add("G4", pass, "the attack turns %d rows of this model, so it works on it", n)
		return nil
	}
	if c.fits(remoteRows) < remoteRows {
		m.add("G4", fail, "the attack turned no row, and too few questions are left to see whether it works on this model at all")
		return nil
	}
	tr := c.standing(remoteRows)
	tr.Ball = c.ball.Scaled(float32(c.widest() / c.eps))
	fell, err := c.again(ctx, tr)
	m.need("G4", count(fell) > len(fell)/2, "with a budget that allows any change %d of %d rows fall", count(fell), len(fell))
	return err
}

// widest is a budget that allows any change within the box.
func (c *campaign) widest() float64 {
	if c.ball.Norm == L2 {
		return math.Sqrt(float64(c.batch.Dim))
	}
	return 1
}

// luck sees that blind luck does not turn rows that the attack cannot turn
// (G8), with as few questions as tell anything.
func (c *campaign) luck(ctx context.Context, m *mask) error {
	tr := c.standing(remoteRows)
	n := tr.Batch.Rows()
	if c.left() < n*(remoteDraws+1) {
		m.add("G8", warn, "too few questions are left to try random noise")
		return nil
	}
	lucky := make([]bool, n)
	for draw := range remoteDraws {
		adv := tr.Batch.Clone()
		for i := range n {
			corner(c.ball, adv.Row(i), tr.Batch.Row(i), tr.Rand(i, noiseStream+draw))
		}
		fell, err := Fooled(ctx, c.model, adv)
		if err != nil {
			return err
		}
		for i, f := range fell {
			lucky[i] = lucky[i] || f
		}
	}
	m.need("G8", count(lucky) == 0, "random noise turns %d of %d rows that the attack does not, in %d draws for each", count(lucky), n, remoteDraws)
	return nil
}

// steady sees that rows that were asked about again were answered as before
// (G10).
func (c *campaign) steady(_ context.Context, m *mask) error {
	if n := c.remote.Ledger().Again; n > 0 {
		m.add("G10", pass, "%d rows that were asked about again were answered as before", n)
		return nil
	}
	m.add("G10", warn, "nobody asked about a row again, so it is not known whether answers repeat")
	return nil
}

// account says what the remote model was asked, for the evidence.
func (c *campaign) account() quintain.Evidence {
	l := c.remote.Ledger()
	says := fmt.Sprintf("the ledger: %d rows asked about in %d requests, %d answers from memory, %d requests turned away",
		l.Rows, l.Requests, l.Cached, l.Busy)
	if l.Price > 0 {
		says += fmt.Sprintf("; the price is %.4g", l.Price)
	}
	switch {
	case l.Fickle != "":
		says += "; the endpoint changes its mind: " + l.Fickle
	case l.Again > 0:
		says += fmt.Sprintf("; %d rows were asked about again and answered as before", l.Again)
	}
	return quintain.Evidence{Summary: says}
}
