package sleeper

import (
	"context"
	"slices"

	"quintain/lab"
	"quintain/lab/integrity/internal/pictures"
	"quintain/ml/data"
)

// maxPixels is how large the learner's sticker may be.
const maxPixels = 9

// An attacked is what became of the learner's attack.
type attacked struct {
	gate
	before  pictures.Hits
	changed int
	target  int
	cells   []data.Cell
}

func attack(ctx context.Context, a *lab.Attempt) (*attacked, error) {
	p, err := pictures.Plan(a, planFile, rowsTrain)
	if err != nil {
		return nil, err
	}
	cells, err := stickerOf(p)
	if err != nil {
		return nil, err
	}
	return lab.Once(a, "attack", func() (*attacked, error) {
		out := &attacked{changed: len(p.Edits), target: ownTarget(a.Source), cells: cells}
		var err error
		if out.before, err = untouched(ctx, a); err != nil {
			return nil, err
		}
		rows, _ := p.Apply(ownRows(a))
		for _, s := range weights(a) {
			m, err := pictures.Train(ctx, rows, s)
			if err != nil {
				return nil, err
			}
			if err := out.measure(ctx, a, m, cells, out.target); err != nil {
				return nil, err
			}
		}
		return out, nil
	})
}

// stickerOf returns the pixels that all rows of a plan get.
func stickerOf(p *data.Plan) ([]data.Cell, error) {
	if len(p.Edits) == 0 {
		f := lab.Faultf(planFile, "no row gets a sticker")
		f.Hint = "quintain data plant a/train.csv --help"
		return nil, f
	}
	cells := p.Edits[0].Cells
	if n := len(cells); n < 1 || n > maxPixels {
		return nil, lab.Faultf(planFile, "the sticker has %d pixels, want 1 to %d", n, maxPixels)
	}
	for _, e := range p.Edits {
		switch {
		case e.Label == data.Drop:
			return nil, lab.Faultf(planFile, "row %d is dropped; all that you can do is to put a sticker on rows", e.Row+1)
		case !slices.Equal(e.Cells, cells):
			return nil, lab.Faultf(planFile, "row %d gets another sticker than row %d", e.Row+1, p.Edits[0].Row+1)
		}
	}
	return cells, nil
}
