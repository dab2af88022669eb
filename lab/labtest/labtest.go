// Package labtest proves exercises: that the start fails, that the reference
// passes, and that every mistake fails where it should, on several seeds.
package labtest

import (
	"fmt"
	"testing"

	"quintain"
	"quintain/lab"
	"quintain/taxonomy"
)

// Seeds is on how many seeds an exercise is proved; with -short it is one.
const Seeds = 10

// Run proves e: its texts and ids, and every solution on ten seeds.
func Run(t *testing.T, e *lab.Exercise) { RunOn(t, e, Seeds) }

// RunOn is [Run] on fewer seeds, for exercises that train what they measure. Ten
// are what made the exercise's table, with quintain lab lint.
func RunOn(t *testing.T, e *lab.Exercise, seeds int) {
	t.Run("facts", func(t *testing.T) { facts(t, e) })
	if testing.Short() {
		seeds = 1
	}
	trials := []*lab.Solution{nil}
	for i := range e.Solutions {
		trials = append(trials, &e.Solutions[i])
	}
	for _, s := range trials {
		t.Run(lab.Trial{Solution: s}.Name(), func(t *testing.T) {
			t.Parallel()
			for seed := range seeds {
				if _, err := lab.Prove(t.Context(), e, lab.Trial{Solution: s, Seed: seed, Dir: t.TempDir()}); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func facts(t *testing.T, e *lab.Exercise) {
	t.Helper()
	if err := e.Validate(); err != nil {
		t.Error(err)
	}
	if err := taxonomy.Default().CheckTechniques(append(append([]quintain.Technique(nil), e.Techniques...), e.Mitigations...)); err != nil {
		t.Error(fmt.Errorf("exercise %s: %w", e.ID, err))
	}
}
