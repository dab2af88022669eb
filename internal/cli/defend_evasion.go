package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"quintain/attack/evasion"
	"quintain/defend"
	"quintain/ml"
	"quintain/stats"
)

// blackBox is the attack that asks for answers only.
const blackBox = "attack/evasion/square"

// slowQueries is how often a search asks a model about each row that is more
// than one model inside.
const slowQueries = 300

// evader returns the attacker on rows: the standard evaluation on what can be
// followed, the same on the undefended model, carried over, and a search that
// sees nothing but answers. A row is the attacker's if any of them turned it,
// or if it was misclassified to begin with.
func (w *wiring) evader(samples int) *defend.Attacker {
	return &defend.Attacker{Name: headline, Attack: func(ctx context.Context, v *defend.Victim) (*defend.Result, error) {
		e := &evasionRun{v: v, rows: drawn(v, samples)}
		return e.run(ctx, w.cat.attacks)
	}}
}

// drawn returns the rows of a victim's test data to attack.
func drawn(v *defend.Victim, samples int) ml.Batch {
	if samples == 0 {
		samples = 500
	}
	order := rand.New(rand.NewPCG(v.Seed, 0)).Perm(v.Test.Rows())
	order = order[:min(samples, len(order))]
	slices.Sort(order)
	return v.Test.Pick(order)
}

// An evasionRun is all attacks on one victim.
type evasionRun struct {
	v    *defend.Victim
	rows ml.Batch
	won  []bool
	says []string
}

func (e *evasionRun) run(ctx context.Context, all []*evasion.Attack) (*defend.Result, error) {
	wrong, err := evasion.Fooled(ctx, e.v.Model, e.rows)
	if err != nil {
		return nil, err
	}
	e.won = wrong
	e.note("%d of %d rows are misclassified as they are", e.taken(), len(wrong))
	cascade, square := findAttack(all, headline), findAttack(all, blackBox)
	if cascade == nil || square == nil {
		return nil, errors.New("the program was built without the standard evaluation")
	}
	cascade = evasion.Cascade(cascade, all...)
	if e.v.Seen != nil {
		if err := e.turn(ctx, "with gradients", cascade, e.v.Seen); err != nil {
			return nil, err
		}
	}
	open := e.taken()
	if e.v.Twin != nil {
		if err := e.turn(ctx, "carried over from the undefended model", cascade, e.v.Twin); err != nil {
			return nil, err
		}
	}
	if ml.Oracle(e.v.Seen) != e.v.Model {
		if err := e.turn(ctx, "with answers only", square, e.v.Model); err != nil {
			return nil, err
		}
	}
	m := stats.Proportion("attack success rate", e.taken(), len(e.won), e.v.Seed)
	r := &defend.Result{Success: m, Won: e.won, Adaptive: e.v.Seen != nil, Says: strings.Join(e.says, ", ")}
	if more := e.taken() - open; e.v.Seen != nil && 20*more > len(e.won) {
		r.Doubt = fmt.Sprintf("%d rows fell only to attacks that see less than the one that follows gradients, so the gradients are masked", more)
	}
	return r, nil
}

// turn mounts a on what m says, and judges the rows that still stand by what
// the victim says of the outcome.
func (e *evasionRun) turn(ctx context.Context, how string, a *evasion.Attack, m ml.Oracle) error {
	wrong, err := evasion.Fooled(ctx, m, e.rows)
	if err != nil {
		return err
	}
	var at []int
	for i := range wrong {
		if !wrong[i] && !e.won[i] {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return nil
	}
	if a.BlackBox {
		m = answersOnly{m}
	}
	ball := evasion.Ball{Low: e.v.Low, High: e.v.High}
	for i, low := range e.v.Low {
		ball.Radius = append(ball.Radius, float32(e.v.Settings.Eps)*(e.v.High[i]-low))
	}
	tr := &evasion.Trial{Model: m, Batch: e.rows.Pick(at), Ball: ball, Rows: at, Seed: e.v.Seed}
	tr.Budget.Steps, tr.Budget.Queries = a.Steps, a.Queries
	if ml.Oracle(e.v.Seen) != e.v.Model { // every question is many questions
		tr.Budget.Queries = slowQueries
	}
	res, err := a.Run(ctx, tr)
	if err != nil {
		return err
	}
	for i, r := range at {
		if err := ball.Check(res.Adv.Row(i), e.rows.Row(r)); err != nil {
			return fmt.Errorf("%s broke the rules in row %d: %w", a.Name, r, err)
		}
	}
	adv := ml.Batch{X: res.Adv.X, Dim: e.rows.Dim, Y: tr.Batch.Y}
	fell, err := evasion.Fooled(ctx, e.v.Model, adv)
	if err != nil {
		return err
	}
	before := e.taken()
	for i, f := range fell {
		e.won[at[i]] = e.won[at[i]] || f
	}
	e.note("%d more fell %s", e.taken()-before, how)
	return nil
}

func (e *evasionRun) taken() (n int) {
	for _, w := range e.won {
		if w {
			n++
		}
	}
	return n
}

func (e *evasionRun) note(format string, args ...any) {
	e.says = append(e.says, fmt.Sprintf(format, args...))
}

// answersOnly hides everything about a model but its answers.
type answersOnly struct{ ml.Oracle }

func findAttack(all []*evasion.Attack, name string) *evasion.Attack {
	if i := slices.IndexFunc(all, func(a *evasion.Attack) bool { return a.Name == name }); i >= 0 {
		return all[i]
	}
	return nil
}
