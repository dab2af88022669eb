package scan

import (
	"fmt"
	"slices"

	"quintain"
)

// A verdict is what one check concludes about one file on disk with everything
// in it. The worst decides: the file passes only if nothing was reported, and
// its members each for themselves.
type verdict struct {
	problems []problem
	more     [2]int // problems beyond the limit: doubts, faults
	passes   []quintain.Evidence
	passed   int
}

// A problem is a reason not to pass.
type problem struct {
	Outcome  quintain.Outcome
	Severity quintain.Severity
	Summary  string
	Location string
	Evidence string
	Excerpt  string
}

func (v *verdict) add(p problem) {
	if len(v.problems) < maxProblems {
		v.problems = append(v.problems, p)
		return
	}
	if p.Outcome == quintain.Fail {
		v.more[1]++
		v.keepWorst(p)
		return
	}
	v.more[0]++
}

// keepWorst lets a fault beyond the limit take the place of a lesser one, so
// that nobody hides it behind a hundred others.
func (v *verdict) keepWorst(p problem) {
	least := 0
	for i, q := range v.problems {
		if q.Severity < v.problems[least].Severity {
			least = i
		}
	}
	if v.problems[least].Severity < p.Severity {
		v.problems[least] = p
	}
}

// once adds p unless the last problem is the same in words.
func (v *verdict) once(p problem) {
	if n := len(v.problems); n == 0 || v.problems[n-1].Summary != p.Summary {
		v.add(p)
	}
}

// pass notes that nothing was found in f, which the evidence lists if it says
// all there is to say of it.
func (v *verdict) pass(f *File, list bool) {
	v.passed++
	if list && len(v.passes) < maxPasses {
		v.passes = append(v.passes, quintain.Evidence{Summary: f.account(), Location: f.path})
	}
}

// findings returns what check concludes about target, a file with digest sum:
// one finding for each problem, and one for all that passed, which is also
// there beside problems so that every member has a verdict of its own. The
// positive control is asked for only if there is a pass.
func (v *verdict) findings(check *quintain.Check, target quintain.Target, sum quintain.Digest, control func() (*quintain.Control, error)) ([]quintain.Finding, error) {
	repro := []string{"quintain", "scan", target.Ref}
	base := quintain.Finding{Check: check.Name, Target: target, Techniques: check.Techniques}
	out := make([]quintain.Finding, 0, len(v.problems)+2)
	for _, p := range v.problems {
		f := base
		f.Outcome, f.Severity, f.Summary = p.Outcome, p.Severity, p.Summary
		f.Evidence = []quintain.Evidence{{Summary: p.Evidence, Location: p.Location, Excerpt: p.Excerpt, Repro: repro}}
		out = append(out, f)
	}
	if n := v.more[0] + v.more[1]; n > 0 {
		f := base
		f.Summary = fmt.Sprintf("%s more not listed, %d of them weaknesses", Count(n, "problem"), v.more[1])
		f.Evidence = []quintain.Evidence{{Summary: f.Summary, Location: target.Ref, Repro: repro}}
		out = append(out, f)
	}
	if len(v.passes) == 0 {
		return out, nil
	}
	f := base
	f.Outcome = quintain.Pass
	f.Summary = fmt.Sprintf("nothing found in %s", Count(v.passed, "file"))
	f.Evidence = slices.Clone(v.passes)
	if len(v.problems) > 0 {
		f.Summary = fmt.Sprintf("nothing found in %s of it", Count(v.passed, "file"))
	} else if sum != "" {
		f.Evidence[0].Summary += "; " + string(sum)
	}
	if n := v.passed - len(v.passes); n > 0 {
		f.Evidence = append(f.Evidence, quintain.Evidence{Summary: Count(n, "file") + " more not listed", Location: target.Ref})
	}
	for i := range f.Evidence {
		f.Evidence[i].Repro = repro
	}
	var err error
	f.Control, err = control()
	return append(out, f), err
}

// Count writes a number with its noun: "1 byte", "2 bytes".
func Count[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
