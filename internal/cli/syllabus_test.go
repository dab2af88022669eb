package cli

import (
	"slices"
	"testing"

	"quintain/curriculum"
	"quintain/lab"
	labs "quintain/lab/all"
)

// TestSyllabus holds the exercises that are built to what the curriculum says
// of them: the two are in one row of the architecture and cannot import each
// other, so that plans are made from one and work is done in the other.
func TestSyllabus(t *testing.T) {
	c := curriculum.Default()
	for _, ex := range labs.Exercises {
		i := slices.IndexFunc(c.Exercises, func(e curriculum.Exercise) bool { return e.ID == ex.ID })
		if i < 0 {
			t.Errorf("%s: the curriculum does not know it", ex.ID)
			continue
		}
		for _, d := range disagreements(ex, &c.Exercises[i]) {
			t.Errorf("%s: %s", ex.ID, d)
		}
	}
}

// TestDisagreements proves TestSyllabus: each fact that is altered is told.
func TestDisagreements(t *testing.T) {
	c := curriculum.Default()
	ex := labs.Exercises[0]
	i := slices.IndexFunc(c.Exercises, func(e curriculum.Exercise) bool { return e.ID == ex.ID })
	for what, alter := range map[string]func(e *curriculum.Exercise){
		"title":    func(e *curriculum.Exercise) { e.Title += "!" },
		"industry": func(e *curriculum.Exercise) { e.Industry = "space" },
		"minutes":  func(e *curriculum.Exercise) { e.Minutes++ },
		"skills":   func(e *curriculum.Exercise) { e.Skills = e.Skills[1:] },
		"prereq":   func(e *curriculum.Exercise) { e.Prereq = []string{"Z99"} },
		"stages":   func(e *curriculum.Exercise) { e.Stages = append(slices.Clone(e.Stages), curriculum.Stage{ID: "z"}) },
	} {
		e := c.Exercises[i]
		alter(&e)
		if got := disagreements(ex, &e); len(got) != 1 {
			t.Errorf("%s altered: got %q, want one disagreement", what, got)
		}
	}
}

// disagreements lists in which facts an exercise and its entry in the
// curriculum differ.
func disagreements(ex *lab.Exercise, e *curriculum.Exercise) []string {
	stages := func(n int, at func(int) string) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = at(i)
		}
		return out
	}
	var out []string
	for _, f := range []struct {
		what string
		same bool
	}{
		{"title", ex.Title == e.Title},
		{"industry", ex.Industry == e.Industry},
		{"number of minutes", ex.Minutes == e.Minutes},
		{"list of skills", slices.Equal(slices.Sorted(slices.Values(ex.Skills)), slices.Sorted(slices.Values(e.Skills)))},
		{"list of prerequisites", slices.Equal(slices.Sorted(slices.Values(ex.Prereq)), slices.Sorted(slices.Values(e.Prereq)))},
		{"list of stages", slices.Equal(
			stages(len(ex.Stages), func(i int) string { return ex.Stages[i].ID + " " + string(ex.Stages[i].Mode) }),
			stages(len(e.Stages), func(i int) string { return e.Stages[i].ID + " " + string(e.Stages[i].Mode) }),
		)},
	} {
		if !f.same {
			out = append(out, "its "+f.what+" differs: the range and the curriculum must say the same")
		}
	}
	return out
}
