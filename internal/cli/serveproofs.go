package cli

import (
	"context"
	"fmt"

	"quintain/curriculum"
	"quintain/lab"
)

// withProofs returns what is known about the learner together with the stages
// that were passed on the range, which prove skills as well.
func withProofs(ctx context.Context, c *curriculum.Curriculum, s *curriculum.State, r *lab.Range) (*curriculum.State, error) {
	passes, err := r.Passes(ctx)
	if err != nil {
		return nil, err
	}
	return addProofs(c, s, passes), nil
}

// withLevels is like withProofs, with no more proofs than decide what the
// levels are and how fresh: of each stage the latest pass with help and the
// latest without.
func withLevels(ctx context.Context, c *curriculum.Curriculum, s *curriculum.State, r *lab.Range) (*curriculum.State, error) {
	passes, err := r.Passes(ctx)
	if err != nil {
		return nil, err
	}
	type kind struct {
		exercise, stage string
		helped          bool
	}
	latest := make(map[kind]lab.Pass)
	var order []kind
	for _, p := range passes {
		k := kind{p.Exercise, p.Stage, p.Hints > 0 || p.Told}
		old, seen := latest[k]
		if !seen {
			order = append(order, k)
		}
		if !seen || p.At.After(old.At) {
			latest[k] = p
		}
	}
	passes = passes[:0]
	for _, k := range order {
		passes = append(passes, latest[k])
	}
	return addProofs(c, s, passes), nil
}

func addProofs(c *curriculum.Curriculum, s *curriculum.State, passes []lab.Pass) *curriculum.State {
	out := *s
	out.Proofs = append([]curriculum.Proof(nil), s.Proofs...)
	for _, p := range passes {
		err := c.Add(&out, curriculum.Proof{
			Kind: curriculum.ByStage, Exercise: p.Exercise, Stage: p.Stage, Time: p.At, Hints: p.Hints, Fresh: !p.Told,
			Evidence: fmt.Sprintf("quintain lab review %s, attempt %d", p.Exercise, p.Attempt),
		})
		if err != nil {
			continue // a stage that the curriculum does not have
		}
	}
	return &out
}
