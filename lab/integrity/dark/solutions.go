package dark

import (
	"context"
	"math"

	"quintain/lab"
	"quintain/lab/integrity/internal/pictures"
	"quintain/ml/data"
	"quintain/ml/screen"
)

// goodPolicy watches what only the victim suffers from. Its threshold comes from
// the quiet loop of the rehearsal, since releases differ in their weakest class.
var goodPolicy = policy{Statistic: classDisagreement, Window: 4}

// room is how many times the highest value of a quiet loop the threshold is.
const room = 1.7

// rehearsed returns the threshold that whoever has seen the replay would choose.
func rehearsed(ctx context.Context, w *lab.Setup, p policy) (float64, error) {
	r, err := replayed(ctx, w.Attempt, "rehearsal quiet", false, p.needsRelease())
	if err != nil {
		return 0, err
	}
	highest := 0.0
	for week := p.Window - 1; week < weeks; week++ {
		highest = max(highest, p.value(r.loop, r.history, week))
	}
	return math.Round(100*room*highest) / 100, nil
}

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "group by who, let the others vote, watch every class", Pass: true, Make: with(flipVictim, askOthers, goodPolicy)},
	{Name: "empty plan", Fails: "a/recall", Make: func(_ context.Context, w *lab.Setup) error {
		return w.Writef(planFile, "row,label\n")
	}},
	{Name: "a plan that is no table", Fails: "a/overall", Make: func(_ context.Context, w *lab.Setup) error {
		return w.Writef(planFile, "row,label\n1,\"\x00\n99999999999999999999,3\n")
	}},
	{Name: "four classes at once", Fails: "a/overall", Make: with(flipFour, nil, policy{})},
	{Name: "more rows than allowed", Fails: "a/rows", Make: with(flipMost, nil, policy{})},
	{Name: "noise on all classes", Fails: "a/recall", Make: with(flipAnywhere, nil, policy{})},
	{Name: "the plan of a neighbor", Fails: "a/recall", Make: with(neighborsPlan, nil, policy{})},
	{Name: "the reader with most rows", Fails: "b/who", Make: with(flipVictim, wrongReader, policy{})},
	{Name: "drop everything that the culprit has read, and more", Fails: "b/kept", Make: with(flipVictim, dropReader, policy{})},
	{Name: "drop the whole class", Fails: "b/recall", Make: with(flipVictim, dropClass, policy{})},
	{Name: "drop every disagreement", Fails: "b/recall", Make: with(flipVictim, dropDisagreements, policy{})},
	{Name: "watch the accuracy on the dashboard", Fails: "c/alert", Make: with(flipVictim, askOthers, policy{accuracyFall, 4, 0.05})},
	{Name: "wait for certainty", Fails: "c/alert", Make: with(flipVictim, askOthers, policy{classDisagreement, 8, 0.9})},
	{Name: "watch how frequent classes are", Fails: "c/quiet", Make: with(flipVictim, askOthers, policy{labelShare, 3, 0.04})},
	{Name: "alert at every ripple", Fails: "c/quiet", Make: with(flipVictim, askOthers, policy{classDisagreement, 1, 0.25})},
}

type repair func(ctx context.Context, w *lab.Setup, d *set) (answer, *data.Plan, error)

// with hands in an attack, a repair and a policy; what is missing is left out,
// and a threshold that is missing is rehearsed.
func with(attack func(s *lab.Source, d *set) *data.Plan, fix repair, watch policy) func(context.Context, *lab.Setup) error {
	return func(ctx context.Context, w *lab.Setup) error {
		if err := pictures.Write(w, planFile, attack(w.Source, own(w.Attempt))); err != nil {
			return err
		}
		if fix == nil {
			return nil
		}
		got, p, err := fix(ctx, w, stranger(w.Attempt))
		if err != nil {
			return err
		}
		if err := w.Writef(answerFile, "annotator: %d\nvictim: %d\n", got.Annotator, got.Victim); err != nil {
			return err
		}
		if err := pictures.Write(w, fixFile, p); err != nil || watch.Window == 0 {
			return err
		}
		alert := watch.Threshold
		if alert == 0 {
			if alert, err = rehearsed(ctx, w, watch); err != nil {
				return err
			}
		}
		return w.Writef(policyFile, "statistic: %s\nwindow: %d\nthreshold: %v\n", watch.Statistic, watch.Window, alert)
	}
}

// flip relabels up to most rows of the classes that from reports.
func flip(d *set, most int, from func(y int32) bool, as func(y int32) int32) *data.Plan {
	p := &data.Plan{}
	for i, y := range d.rows.Y {
		if len(p.Edits) < most && from(y) {
			p.Edits = append(p.Edits, data.Edit{Row: i, Label: as(y)})
		}
	}
	return p
}

func flipVictim(_ *lab.Source, d *set) *data.Plan {
	return flip(d, rowsTrain/20, func(y int32) bool { return y == d.victim }, func(int32) int32 { return d.as })
}

func flipFour(_ *lab.Source, d *set) *data.Plan {
	return flip(d, rowsTrain, func(y int32) bool { return (y-d.victim+10)%10 < 4 }, func(y int32) int32 { return (y + 4) % 10 })
}

func flipMost(_ *lab.Source, d *set) *data.Plan {
	return flip(d, rowsTrain*11/200, func(y int32) bool { return y == d.victim }, func(int32) int32 { return d.as })
}

func flipAnywhere(_ *lab.Source, d *set) *data.Plan {
	return flip(d, rowsTrain/20, func(int32) bool { return true }, func(y int32) int32 { return (y + 1) % 10 })
}

// neighborsPlan is right for rows that somebody else has got.
func neighborsPlan(*lab.Source, *set) *data.Plan {
	s := lab.NewSource(lab.Key{1})
	return flipVictim(s, drawOwn(s))
}

// askOthers has what the culprit has labeled as the class that stands out judged
// by all other rows, and gives what they outvote the label that was taken away.
func askOthers(ctx context.Context, _ *lab.Setup, d *set) (answer, *data.Plan, error) {
	var judged, voters []int
	for i, r := range d.reader {
		if r == d.culprit && d.rows.Y[i] == d.as {
			judged = append(judged, i)
		} else {
			voters = append(voters, i)
		}
	}
	votes, err := screen.Votes(ctx, d.rows, judged, voters, 10)
	p := &data.Plan{}
	for j, v := range votes {
		if i := judged[j]; v.Label != d.as {
			p.Edits = append(p.Edits, data.Edit{Row: i, Label: d.victim})
		}
	}
	return answer{d.culprit, int(d.victim)}, p, err
}

func wrongReader(_ context.Context, _ *lab.Setup, d *set) (answer, *data.Plan, error) {
	return answer{1 + d.culprit%readers, int(d.victim)}, &data.Plan{}, nil
}

// dropReader drops what the culprit has read, and the class that it was made.
func dropReader(_ context.Context, _ *lab.Setup, d *set) (answer, *data.Plan, error) {
	p := &data.Plan{}
	for i, r := range d.reader {
		if r == d.culprit {
			p.Edits = append(p.Edits, data.Edit{Row: i, Label: data.Drop})
		}
	}
	return answer{d.culprit, int(d.victim)}, p, nil
}

func dropClass(_ context.Context, _ *lab.Setup, d *set) (answer, *data.Plan, error) {
	p := flip(d, rowsTrain, func(y int32) bool { return y == d.victim }, func(int32) int32 { return data.Drop })
	return answer{d.culprit, int(d.victim)}, p, nil
}

func dropDisagreements(ctx context.Context, _ *lab.Setup, d *set) (answer, *data.Plan, error) {
	odd, err := screen.Disagree(ctx, d.rows, 10, 5)
	p := &data.Plan{}
	for _, i := range odd {
		p.Edits = append(p.Edits, data.Edit{Row: i, Label: data.Drop})
	}
	return answer{d.culprit, int(d.victim)}, p, err
}
