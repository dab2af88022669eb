package evasion

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"quintain/ml"
)

// A stage is what one attack of a cascade did.
type stage struct {
	attack *Attack
	tried  int
	turned []int // rows of the trial
}

// resolve returns a copy of a that knows its parts.
func (a *Attack) resolve(all []*Attack) *Attack {
	if len(a.Parts) == 0 {
		return a
	}
	out := *a
	find := func(names []string) (found []*Attack) {
		for _, name := range names {
			if i := slices.IndexFunc(all, func(p *Attack) bool { return p.Name == name }); i >= 0 {
				found = append(found, all[i])
			}
		}
		return found
	}
	out.parts, out.other = find(a.Parts), find(a.Else)
	return &out
}

// suited lists the parts of a cascade that the subject is a match for.
func (a *Attack) suited(s *subject) []*Attack {
	for _, parts := range [][]*Attack{a.parts, a.other} {
		fit := slices.DeleteFunc(slices.Clone(parts), func(p *Attack) bool { return p.misfit(s) != "" })
		if len(fit) > 0 {
			return fit
		}
	}
	return nil
}

// misfit says why the attack is no match for the subject, if so.
func (a *Attack) misfit(s *subject) string {
	if s.rules != nil && !s.free && !a.Ruled {
		return "the constraints say which rows could exist and the attack does not keep to them, so its figure would be about rows that nobody could send; --unconstrained has it all the same"
	}
	if a.Run == nil {
		if len(a.suited(s)) > 0 {
			return ""
		}
		return "none of the attacks it is made of applies"
	}
	switch {
	case a.Ruled && s.rules == nil:
		return "the attack keeps to a constraint file, and the target has none"
	case s.blind != nil && !a.BlackBox:
		return "the attack follows gradients: " + s.blind.Error()
	case a.Scores && s.labels():
		return "the attack follows scores, and the model answers with labels only"
	case a.LInf && s.ball.Norm != LInf:
		return fmt.Sprintf("the attack knows no %s distance", s.ball.Norm)
	}
	return ""
}

// budget is that of the attack where o and the trial leave it open.
func (a *Attack) budget(b Budget) Budget {
	b.Steps, b.Queries = cmp.Or(b.Steps, a.Steps), cmp.Or(b.Queries, a.Queries)
	b.Steps *= max(1, b.times)
	b.times = 0
	return b
}

// cascade mounts the parts of a that suit the subject on tr.
func (a *Attack) cascade(ctx context.Context, s *subject, tr *Trial) (res Result, stages []stage, err error) {
	res = Result{Adv: tr.Batch.Clone(), Near: tr.Batch.Clone()}
	standing := make([]int, tr.Batch.Rows())
	for i := range standing {
		standing[i] = i
	}
	budget := tr.Budget
	budget.Queries = cmp.Or(budget.Queries, a.Queries)
	for _, p := range a.suited(s) {
		if len(standing) == 0 {
			break
		}
		part := tr.Pick(standing)
		part.Budget, part.Seed = budget, p.Seed(tr.Seed)
		got, fell, err := p.mount(ctx, s, part)
		if err != nil {
			return res, stages, fmt.Errorf("%s: %w", p.Name, err)
		}
		if p.BlackBox && res.Queries == nil {
			res.Queries = make([]int, tr.Batch.Rows())
		}
		st := stage{attack: p, tried: len(standing)}
		var still []int
		for i, row := range standing {
			copy(res.Adv.Row(row), got.Adv.Row(i))
			if got.Near.X != nil {
				copy(res.Near.Row(row), got.Near.Row(i))
			}
			if got.Queries != nil {
				res.Queries[row] += got.Queries[i]
			}
			if fell[i] {
				st.turned = append(st.turned, row)
			} else {
				still = append(still, row)
			}
		}
		stages, standing = append(stages, st), still
	}
	return res, stages, nil
}

// mount runs a on tr and judges for itself which rows fell.
func (a *Attack) mount(ctx context.Context, s *subject, tr *Trial) (res Result, fell []bool, err error) {
	res, _, fell, err = a.stages(ctx, s, tr)
	return res, fell, err
}

// stages is mount, and says what each part of a cascade did.
func (a *Attack) stages(ctx context.Context, s *subject, tr *Trial) (res Result, stages []stage, fell []bool, err error) {
	if a.Run == nil {
		res, stages, err = a.cascade(ctx, s, tr)
	} else {
		own := *tr
		own.Model, own.Budget = a.sees(tr.Model), a.budget(tr.Budget)
		if a.Ruled {
			own.Rules = s.rules
		}
		res, err = a.Run(ctx, &own)
	}
	if err != nil {
		return res, nil, nil, err
	}
	res.Adv = ml.Batch{X: res.Adv.X, Dim: tr.Batch.Dim, Y: tr.Batch.Y}
	if len(res.Adv.X) != len(tr.Batch.X) || len(res.Near.X) != 0 && len(res.Near.X) != len(tr.Batch.X) {
		return res, nil, nil, fmt.Errorf("the attack returned %d values for %d", len(res.Adv.X), len(tr.Batch.X))
	}
	if n := len(res.Queries); n != 0 && n != tr.Batch.Rows() {
		return res, nil, nil, fmt.Errorf("the attack counted the queries of %d rows of %d", n, tr.Batch.Rows())
	}
	for i := range res.Adv.Rows() {
		err := tr.Ball.Check(res.Adv.Row(i), tr.Batch.Row(i))
		if err == nil && a.Squares {
			err = tr.Frame.Check(res.Adv.Row(i), tr.Batch.Row(i))
		}
		if err == nil && a.Ruled {
			err = s.rules.Valid(res.Adv.Row(i), tr.Batch.Row(i))
		}
		if err != nil {
			return res, nil, nil, fmt.Errorf("the attack broke the rules in row %d: %w", i, err)
		}
	}
	fell, err = Fooled(ctx, tr.Model, res.Adv)
	return res, stages, fell, err
}

// sees returns what the attack may see of a model.
func (a *Attack) sees(m ml.Oracle) ml.Oracle {
	if a.BlackBox {
		return answers{m}
	}
	return m
}

// answers hides everything about a model but its answers.
type answers struct{ ml.Oracle }

// Cascade returns a as an attack that can be run by itself: one that finds its
// parts among all, and judges each on white-box terms.
func Cascade(a *Attack, all ...*Attack) *Attack {
	parts := a.resolve(all)
	out := *a
	out.Run = func(ctx context.Context, tr *Trial) (Result, error) {
		s := &subject{ball: tr.Ball}
		res, _, err := parts.cascade(ctx, s, tr)
		return res, err
	}
	return &out
}
