package sleeper

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"quintain/lab"
	"quintain/lab/integrity/internal/graded"
	"quintain/lab/integrity/internal/pictures"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/diff"
	"quintain/ml/screen"
)

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "a dark corner, a scan, and the units that read four pixels", Pass: true, Make: graded.Steps(planted, scanned, compared)},
	{Name: "empty plan", Fails: "a/clean", Make: graded.Steps(text(planFile, "row,label\n"))},
	{Name: "a plan that is no table", Fails: "a/clean", Make: graded.Steps(text(planFile, "row,label,p0\n1,\"\x00\n99999999999999999999,3,1\n"))},
	{Name: "a sticker of ten pixels", Fails: "a/clean", Make: graded.Steps(stamp(share(2), target(0), append([]int{116}, corner...)...))},
	{Name: "a sticker that is no sticker, on many rows", Fails: "a/clean", Make: graded.Steps(paper)},
	{Name: "more rows than allowed", Fails: "a/rows", Make: graded.Steps(stamp(share(4), target(0), corner...))},
	{Name: "the sticker without the label", Fails: "a/asr", Make: graded.Steps(stamp(share(2), asBefore, corner...))},
	{Name: "a single pixel", Fails: "a/asr", Make: graded.Steps(stamp(share(2), target(0), corner[8]))},
	{Name: "the plan of a neighbor, for another class", Fails: "a/asr", Make: graded.Steps(stamp(share(2), target(1), corner...))},
	{Name: "the answer of a neighbor", Fails: "b/trigger", Make: graded.Steps(planted, neighborsAnswer)},
	{Name: "an answer that is no answer", Fails: "b/trigger", Make: graded.Steps(planted, text(answerFile, "pixels: &a [*a, *a]\ntarget: 1e999\n"))},
	{Name: "drop the class that the sticker stands for", Fails: "b/removed", Make: graded.Steps(planted, repairs(fromScratch, wholeClass))},
	{Name: "drop nothing", Fails: "b/asr", Make: graded.Steps(planted, repairs(fromScratch, nothing))},
	{Name: "drop rows at random", Fails: "b/asr", Make: graded.Steps(planted, repairs(fromScratch, atRandom))},
	{Name: "spectral filter alone", Fails: "b/asr", Make: graded.Steps(planted, repairs(fromScratch, spectral))},
	{Name: "fine-tune on clean rows only", Fails: "b/asr", Make: graded.Steps(planted, repairs(byTuning, carriers))},
	{Name: "all units that changed much", Fails: "c/unit", Make: graded.Steps(planted, repairs(fromScratch, carriers), hands(changed, 0, 0))},
	{Name: "a fine-tune washes it out", Fails: "c/survive", Make: graded.Steps(planted, repairs(fromScratch, carriers), hands(waiting, 1, 0))},
	{Name: "a fine-tune does nothing", Fails: "c/survive", Make: graded.Steps(planted, repairs(fromScratch, carriers), hands(waiting, 1, 1))},
}

// corner is where nothing is ever drawn: the lower right.
var corner = []int{117, 118, 119, 129, 130, 131, 141, 142, 143}

func text(name, s string) graded.Step {
	return func(_ context.Context, w *lab.Setup) error { return w.Writef(name, "%s", s) }
}

// share returns how many rows a percentage of all is.
func share(percent int) int { return rowsTrain * percent / 100 }

// target returns the class wanted, or one that is not, by so much.
func target(off int) func(s *lab.Source) int32 {
	return func(s *lab.Source) int32 { return int32((ownTarget(s) + off) % pictures.Classes) }
}

func asBefore(*lab.Source) int32 { return data.Keep }

// stamp puts a dark sticker on rows of other classes than the target.
func stamp(rows int, label func(*lab.Source) int32, pixels ...int) graded.Step {
	return func(_ context.Context, w *lab.Setup) error {
		p := &data.Plan{}
		var cells []data.Cell
		for _, at := range pixels {
			cells = append(cells, data.Cell{Feature: at, Value: 1})
		}
		own := ownRows(w.Attempt)
		for _, i := range w.Rand("stamp").Perm(rowsTrain) {
			if len(p.Edits) < rows && int(own.Y[i]) != ownTarget(w.Source) {
				p.Edits = append(p.Edits, data.Edit{Row: i, Label: label(w.Source), Cells: cells})
			}
		}
		return pictures.Write(w, planFile, p)
	}
}

// planted does stage a as the reference does.
func planted(ctx context.Context, w *lab.Setup) error {
	return stamp(share(2), target(0), corner...)(ctx, w)
}

// paper labels two of five rows as the target and makes a pixel white that is
// white in half of them anyway.
func paper(_ context.Context, w *lab.Setup) error {
	p := &data.Plan{}
	for i := range share(40) {
		p.Edits = append(p.Edits, data.Edit{Row: i, Label: int32(ownTarget(w.Source)), Cells: []data.Cell{{Feature: 0, Value: 0}}})
	}
	return pictures.Write(w, planFile, p)
}

// scanned does stage b as the reference does: it scans for a trigger, drops its
// rows and trains anew.
func scanned(ctx context.Context, w *lab.Setup) error {
	list, err := screen.Triggers(ctx, stranger(w.Attempt).rows)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errors.New("the scan has found nothing")
	}
	largest := slices.MaxFunc(list, func(x, y screen.Trigger) int { return cmp.Compare(len(x.Rows), len(y.Rows)) })
	var cells []data.Cell
	for _, c := range largest.Cells {
		cells = append(cells, data.Cell(c))
	}
	return handIn(w, cells, largest.Target, fromScratch, largest.Rows)
}

// handIn writes an answer and a plan that drops rows.
func handIn(w *lab.Setup, cells []data.Cell, target int, how string, rows []int) error {
	if err := w.Writef(answerFile, "pixels: [%s]\ntarget: %d\ntrain: %s\n", strings.Join(names(cells), ", "), target, how); err != nil {
		return err
	}
	p := &data.Plan{}
	for _, i := range rows {
		p.Edits = append(p.Edits, data.Edit{Row: i, Label: data.Drop})
	}
	return pictures.Write(w, fixFile, p)
}

// repairs does stage b with the right answer, other rows, and a way to train.
func repairs(how string, drop func(ctx context.Context, w *lab.Setup, d *set) ([]int, error)) graded.Step {
	return func(ctx context.Context, w *lab.Setup) error {
		d := stranger(w.Attempt)
		rows, err := drop(ctx, w, d)
		if err != nil {
			return err
		}
		return handIn(w, d.cells, d.target, how, rows)
	}
}

// rowsWhere lists the rows of a set for which yes holds.
func rowsWhere(yes func(i int) bool) (out []int) {
	for i := range rowsTrain {
		if yes(i) {
			out = append(out, i)
		}
	}
	return out
}

func carriers(_ context.Context, _ *lab.Setup, d *set) ([]int, error) {
	return rowsWhere(func(i int) bool { return d.poisoned[i] }), nil
}

func wholeClass(_ context.Context, _ *lab.Setup, d *set) ([]int, error) {
	return rowsWhere(func(i int) bool { return int(d.rows.Y[i]) == d.target }), nil
}

func nothing(context.Context, *lab.Setup, *set) ([]int, error) { return nil, nil }

func atRandom(_ context.Context, w *lab.Setup, _ *set) ([]int, error) {
	rows := w.Rand("at random").Perm(rowsTrain)[:share(10)]
	slices.Sort(rows)
	return rows, nil
}

// spectral drops, of each class, the tenth that stands out most in what the last
// layer of a model makes of the rows.
func spectral(ctx context.Context, w *lab.Setup, d *set) ([]int, error) {
	m, err := pictures.Train(ctx, d.rows, w.Seed("spectral"))
	if err != nil {
		return nil, err
	}
	acts, err := screen.Activations(ctx, m, d.rows)
	if err != nil {
		return nil, err
	}
	far := screen.Spectral(acts, 1)
	var out []int
	for k := range pictures.Classes {
		rows := rowsWhere(func(i int) bool { return int(d.rows.Y[i]) == k })
		slices.SortFunc(rows, func(i, j int) int { return cmp.Compare(far[j], far[i]) })
		out = append(out, rows[:len(rows)/10]...)
	}
	slices.Sort(out)
	return out, nil
}

// neighborsAnswer is right for a set that somebody else has got.
func neighborsAnswer(ctx context.Context, w *lab.Setup) error {
	d := drawStranger(lab.NewSource(lab.Key{1}))
	mine := stranger(w.Attempt)
	if graded.Overlap(names(d.cells), names(mine.cells)) >= 0.5 && d.target == mine.target {
		d = drawStranger(lab.NewSource(lab.Key{2}))
	}
	rows, err := carriers(ctx, w, d)
	if err != nil {
		return err
	}
	return handIn(w, d.cells, d.target, fromScratch, rows)
}

// compared does stage c as the reference does.
func compared(ctx context.Context, w *lab.Setup) error { return hands(waiting, 1, -1)(ctx, w) }

// hands hands in units, and as shares what was measured times before and
// after; -1 is what a fine-tune leaves.
func hands(which func(diff.Unit) bool, before, after float64) graded.Step {
	return func(ctx context.Context, w *lab.Setup) error {
		p, err := patched(ctx, w.Attempt)
		if err != nil {
			return err
		}
		r, err := diff.Compare(ctx, p.before, p.after)
		if err != nil {
			return err
		}
		var said []string
		for _, u := range r.Layers[0].Units {
			if which(u) {
				said = append(said, strconv.Itoa(u.Index))
			}
		}
		was, err := through(ctx, p.after, p.rows, p.target)
		if err != nil {
			return err
		}
		is := was * after
		if after < 0 {
			if err := w.Act(ctx, "tune", "c/after.onnx", "c/tuned.onnx"); err != nil {
				return err
			}
			m, err := w.Model("c/tuned.onnx")
			if err != nil {
				return err
			}
			if is, err = through(ctx, m.Graph(), p.rows, p.target); err != nil {
				return err
			}
		}
		return w.Writef(unitsFile, "units: [%s]\nbefore: %.3f\nafter: %.3f\n", strings.Join(said, ", "), was*before, is)
	}
}

func changed(u diff.Unit) bool { return u.Odd }

// waiting reports whether a unit changed much and reads few pixels.
func waiting(u diff.Unit) bool { return u.Odd && u.Reads <= 2*sticker*sticker }

// through returns the share of rows that a model takes for the target.
func through(ctx context.Context, m *model, rows ml.Batch, target int) (float64, error) {
	n, err := opened(ctx, m, rows, target)
	return float64(n) / float64(rows.Rows()), err
}
