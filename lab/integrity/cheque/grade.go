package cheque

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"

	"quintain/lab"
	"quintain/ledger"
	"quintain/ml"
)

// rounding is what files may lose of a pixel.
const rounding = 1e-4

// handed reads images that were handed in for a sheet, with the true digits.
func (s sheet) handed(ctx context.Context, a *lab.Attempt, name string) (got, given ml.Batch, err error) {
	if given, err = s.images(ctx, a); err != nil {
		return got, given, err
	}
	t, err := a.Table(name)
	if err != nil {
		return got, given, err
	}
	if t.Rows() != given.Rows() || len(t.Features) != given.Dim {
		f := lab.Faultf(name, "has %d images of %d pixels, want the %d of %d of %s", t.Rows(), len(t.Features), given.Rows(), given.Dim, s.given)
		f.Hint = "quintain attack with --adv-out writes all rows in their order"
		return got, given, f
	}
	return ml.Batch{X: t.X, Dim: given.Dim, Y: given.Y}, given, nil
}

// far returns the largest change of a pixel and the image that has it, from 1.
// A pixel that is out of range is as far as can be.
func far(got, given ml.Batch) (change float64, image int) {
	for i, v := range got.X {
		d := math.Abs(float64(v) - float64(given.X[i]))
		if !(v >= -rounding && v <= 1+rounding) {
			d = math.Inf(1)
		}
		if d > change {
			change, image = d, i/got.Dim+1
		}
	}
	return change, image
}

// near holds images to the distance allowed.
func near(s sheet) func(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	return func(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
		got, given, err := s.handed(ctx, a, s.changed)
		if err != nil {
			return lab.Reading{}, err
		}
		d, image := far(got, given)
		switch {
		case math.IsInf(d, 1):
			return lab.Verdict(false, "image %d has a pixel that is not between 0 and 1", image), nil
		case d > limit+rounding:
			return lab.Verdict(false, "in image %d a pixel moved by %.3f", image, d), nil
		}
		return lab.Verdict(true, "the largest change is %.3f", d), nil
	}
}

// misread counts the images that a reader gets wrong.
func misread(ctx context.Context, m ml.Oracle, b ml.Batch) (int, error) {
	got, err := reads(ctx, m, b)
	n := 0
	for i, y := range got {
		if y != int(b.Y[i]) {
			n++
		}
	}
	return n, err
}

func accuracy(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, _, err := white.handed(ctx, a, white.changed)
	if err != nil {
		return lab.Reading{}, err
	}
	m, err := scanner(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	n, err := misread(ctx, m, got)
	return lab.Rate(got.Rows()-n, got.Rows(), a.Seed(white.given)), err
}

func success(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	got, _, err := black.handed(ctx, a, black.changed)
	if err != nil {
		return lab.Reading{}, err
	}
	m, err := office(ctx, a)
	if err != nil {
		return lab.Reading{}, err
	}
	n, err := misread(ctx, m, got)
	return lab.Rate(n, got.Rows(), a.Seed(black.given)), err
}

// An inquiry is what the ledger keeps of questions to the head office.
type inquiry struct {
	Images  int    `json:"images"`         // questions
	Made    string `json:"made,omitempty"` // digest of the file that a search wrote
	Epsilon string `json:"eps,omitempty"`
}

// questions counts what black.csv cost: the questions of the search that wrote
// it or, if none did, all that were ever asked.
func questions(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	b, err := a.File(black.changed)
	if err != nil {
		return lab.Reading{}, err
	}
	made, all := digest(b), 0
	for _, e := range a.Ledger.Calls(callAsk) {
		var q inquiry
		if err := json.Unmarshal(e.Args, &q); err != nil {
			return lab.Reading{}, err
		}
		if q.Made == made {
			return lab.Reading{Value: float64(q.Images) / float64(black.rows), Saw: "of the search that wrote the file"}, nil
		}
		all += q.Images
	}
	return lab.Reading{Value: float64(all) / float64(black.rows), Saw: "no search wrote this file, so all questions ever asked count"}, nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// A payment is what the ledger keeps of a cheque that was booked.
type payment struct {
	Cheque  int    `json:"cheque"` // from 1
	Amount  string `json:"amount"` // as it was read
	Written string `json:"written"`
}

func booked(_ context.Context, a *lab.Attempt) (lab.Reading, error) {
	refused, saw := 0, ""
	for _, e := range a.Ledger.Events() {
		var p payment
		switch {
		case e.Kind == ledger.KindChange && e.Name == "slip.refused":
			refused++
		case e.Kind != ledger.KindChange || e.Name != "payment.booked" || json.Unmarshal(e.Args, &p) != nil || p.Amount == p.Written:
			continue
		case p.Amount == "7"+p.Written[1:]:
			return lab.Verdict(true, "cheque %d, written over %s, was booked as %s", p.Cheque, p.Written, p.Amount), nil
		default:
			saw = ", and one with the amount " + p.Amount
		}
	}
	return lab.Verdict(false, "no amount was booked with a 7 for the 1%s; %d slips went to a clerk", saw, refused), nil
}
