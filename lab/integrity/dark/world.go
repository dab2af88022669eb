package dark

import (
	"context"

	"quintain/lab"
	"quintain/lab/integrity/internal/pictures"
	"quintain/ml"
)

const (
	rowsTrain = 2000
	rowsTest  = 1000 // that the learner has
	readers   = 8    // annotators, counted from 1
	days      = 30

	slips   = 0.01 // of honest labels that are wrong
	caseLot = 0.55 // of the rows of the victim class that the culprit reads
	other   = 0.11 // of all other rows
	maxBad  = 90   // rows that the culprit labels wrong, 4.5 %
)

// victims are the classes whose recall is high and hardly moves while nobody
// interferes, so that a fall of it is damage and no chance.
var victims = []int32{0, 1, 2, 3, 4, 7}

// pair draws a victim class, and what its rows get labeled as.
func pair(s *lab.Source, label string) (victim, as int32) {
	r := s.Rand(label)
	victim = victims[r.IntN(len(victims))]
	as = int32(r.IntN(pictures.Classes - 1))
	if as >= victim {
		as++
	}
	return victim, as
}

// A set is labeled rows, and who labeled them when.
type set struct {
	rows    ml.Batch // as labeled
	truth   []int32
	reader  []int
	day     []int
	flipped []bool // by the culprit

	culprit    int
	victim, as int32
}

// own is the set that the learner attacks: nobody has interfered with it yet. It
// is shared and not to be changed.
func own(a *lab.Attempt) *set {
	d, _ := lab.Once(a, "own", func() (*set, error) { return drawOwn(a.Source), nil })
	return d
}

func drawOwn(s *lab.Source) *set {
	d := draw(s, "own")
	d.victim, d.as = pair(s, "own pair")
	r := s.Rand("own readers")
	for i := range d.reader {
		d.reader[i], d.day[i] = 1+r.IntN(readers), 1+r.IntN(days)
	}
	return d
}

// stranger is the set that somebody has attacked: one reader has most of the
// rows of one class, and from some day on labels them as another. It is shared
// and not to be changed.
func stranger(a *lab.Attempt) *set {
	d, _ := lab.Once(a, "stranger", func() (*set, error) { return drawStranger(a.Source), nil })
	return d
}

func drawStranger(s *lab.Source) *set {
	d := draw(s, "stranger")
	d.victim, d.as = pair(s, "stranger pair")
	r := s.Rand("stranger readers")
	d.culprit = 1 + r.IntN(readers)
	bad := 0
	for i, y := range d.truth {
		share := other
		if y == d.victim {
			share = caseLot
		}
		d.day[i] = 1 + r.IntN(days)
		if r.Float64() < share {
			d.reader[i] = d.culprit
		} else {
			d.reader[i] = 1 + (d.culprit+r.IntN(readers-1))%readers
		}
		if y == d.victim && d.reader[i] == d.culprit && d.day[i] > 4 && bad < maxBad {
			d.rows.Y[i], d.flipped[i] = d.as, true
			bad++
		}
	}
	return d
}

// draw returns pictures with honest slips and no readers yet.
func draw(s *lab.Source, label string) *set {
	d := &set{rows: pictures.Draw(rowsTrain, s.Seed(label+" rows"))}
	n := d.rows.Rows()
	d.truth = append(d.truth, d.rows.Y...)
	d.reader, d.day, d.flipped = make([]int, n), make([]int, n), make([]bool, n)
	r := s.Rand(label + " slips")
	for i := range n {
		if r.Float64() < slips {
			d.rows.Y[i] = int32(r.IntN(pictures.Classes))
		}
	}
	return d
}

// honest returns the rows as they would be without the culprit.
func (d *set) honest() ml.Batch {
	b := d.rows.Clone()
	for i, f := range d.flipped {
		if f {
			b.Y[i] = d.truth[i]
		}
	}
	return b
}

func (d *set) table() []byte {
	return pictures.Table(d.rows, pictures.Column{Name: "annotator", Values: d.reader}, pictures.Column{Name: "day", Values: d.day})
}

// setup hands over both sets, and rows to test on.
func setup(_ context.Context, w *lab.Setup) error {
	mine := own(w.Attempt)
	if err := w.Write("a/train.csv", mine.table()); err != nil {
		return err
	}
	if err := w.Writef("a/victim.txt", "%d\n", mine.victim); err != nil {
		return err
	}
	if err := w.Write("b/train.csv", stranger(w.Attempt).table()); err != nil {
		return err
	}
	return w.Write("test.csv", pictures.Table(pictures.Draw(rowsTest, w.Seed("test"))))
}
