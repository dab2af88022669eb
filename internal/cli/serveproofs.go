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
	return &out, nil
}
