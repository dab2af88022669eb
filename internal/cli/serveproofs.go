package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"quintain/curriculum"
	"quintain/lab"
)

// withProofs returns what is known about the learner together with the stages
// that were passed on the range, which prove skills as well.
func withProofs(ctx context.Context, c *curriculum.Curriculum, s *curriculum.State, r *lab.Range) (*curriculum.State, error) {
	all, err := r.List(ctx)
	if err != nil {
		return nil, err
	}
	out := *s
	out.Proofs = append([]curriculum.Proof(nil), s.Proofs...)
	for i := range all {
		st := &all[i]
		if st.Level == lab.LevelNone || c.Exercise(st.ID) == nil {
			continue
		}
		way, err := r.Review(ctx, st.ID)
		if err != nil && !errors.Is(err, lab.ErrNoAttempt) {
			return nil, err
		}
		for _, step := range way.Steps {
			stage, passed := strings.CutPrefix(step.Text, "stage ")
			stage, ok := strings.CutSuffix(stage, " passed")
			if step.Kind != lab.EntryGrade || !passed || !ok {
				continue
			}
			err := c.Add(&out, curriculum.Proof{
				Kind: curriculum.ByStage, Exercise: st.ID, Stage: stage, Time: step.At, Hints: st.Hints,
				Fresh:    st.Level > lab.LevelPartial || st.State != lab.StatePassed, // passed and no more: the solution was shown
				Evidence: fmt.Sprintf("quintain lab review %s, attempt %d", st.ID, way.Attempt),
			})
			if err != nil {
				continue // a stage that the curriculum does not have
			}
		}
	}
	return &out, nil
}
