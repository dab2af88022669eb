package evasion

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"quintain"
	"quintain/ml"
)

const (
	tellTried   = 16  // fallen rows to make simpler
	tellShown   = 3   // of them to show
	tellLines   = 10  // features to show in the excerpt
	tellReverts = 256 // attempts to make a row simpler
	tellHalves  = 8   // and the changes smaller
)

// telling returns the rows that fell with the fewest changed features. The
// changes that are not needed are undone, so what is left says why.
func (c *campaign) telling(ctx context.Context, rec quintain.Recorder) (quintain.Evidence, error) {
	var fell []int
	for i, f := range c.fell {
		if f && len(fell) < tellTried {
			fell = append(fell, i)
		}
	}
	clean, adv := c.trial.Batch.Pick(fell), c.adv.Pick(fell)
	steps := []func(ctx context.Context, clean, adv ml.Batch) error{c.stretch, c.undo, c.shrink}
	plainly := c.attack.Ruled || c.attack.Squares || c.remote != nil
	if plainly {
		steps = nil // what is undone in part may break the rules, and every try is a question
	}
	for _, step := range steps {
		if err := step(ctx, clean, adv); err != nil {
			return quintain.Evidence{}, err
		}
	}
	z, err := c.plain.Predict(ctx, adv)
	if err != nil {
		return quintain.Evidence{}, err
	}
	order := make([]int, len(fell))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(
			cmp.Compare(len(changed(clean.Row(i), adv.Row(i))), len(changed(clean.Row(j), adv.Row(j)))),
			cmp.Compare(c.moved(clean.Row(i), adv.Row(i)), c.moved(clean.Row(j), adv.Row(j))))
	})
	order = order[:min(tellShown, len(order))]
	k := c.plain.Spec().Classes
	var all, excerpt strings.Builder
	var captions []string
	for _, i := range order {
		captions = append(captions, fmt.Sprintf("row %d: class %d becomes %d",
			c.rows[c.at[fell[i]]]+1, c.batch.Y[c.at[fell[i]]], ml.Argmax(z[i*k:(i+1)*k])))
		head := fmt.Sprintf("row %d of %s: class %d becomes %d, %d of %d features changed\n",
			c.rows[c.at[fell[i]]]+1, filepath.Base(c.target.With["data"]), c.batch.Y[c.at[fell[i]]], ml.Argmax(z[i*k:(i+1)*k]),
			len(changed(clean.Row(i), adv.Row(i))), clean.Dim)
		all.WriteString(head + c.changes(clean.Row(i), adv.Row(i), math.MaxInt) + "\n")
		excerpt.WriteString(head + c.changes(clean.Row(i), adv.Row(i), tellLines) + "\n")
	}
	c.pictures = c.pictured(clean, adv, order, captions)
	fmt.Fprintf(&all, "computed with the %s kernel\n", c.plain.Spec().Kernel)
	blob, err := rec.Attach(ctx, "text/plain; charset=utf-8", strings.NewReader(all.String()))
	if err != nil {
		return quintain.Evidence{}, err
	}
	says := fmt.Sprintf("the %d simplest rows found, changes that are not needed undone", len(order))
	if plainly {
		says = fmt.Sprintf("the %d simplest rows found", len(order))
	}
	return quintain.Evidence{
		Summary: says,
		Excerpt: quintain.Excerpt(strings.TrimSpace(excerpt.String())), Blob: blob,
	}, nil
}

// stretch makes the changes as large as allowed, so that fewer are needed.
func (c *campaign) stretch(ctx context.Context, clean, adv ml.Batch) error {
	try := clean.Clone()
	for i := range clean.Rows() {
		toward := make([]float32, clean.Dim)
		for k, v := range adv.Row(i) {
			toward[k] = v - clean.Row(i)[k]
		}
		c.ball.Step(try.Row(i), toward, clean.Row(i), 1)
	}
	return c.accept(ctx, adv, try)
}

// undo takes changes back, the least important first, while the rows stay
// misclassified.
func (c *campaign) undo(ctx context.Context, clean, adv ml.Batch) error {
	dx := make([]float32, len(clean.X))
	if c.blind == nil { // else all changes are equally important
		if _, _, err := ml.LossGrad(ctx, c.model, clean, ml.Margin, dx); err != nil {
			return err
		}
	}
	order := make([][]int, clean.Rows())
	for i := range order {
		order[i] = changed(clean.Row(i), adv.Row(i))
		slices.SortStableFunc(order[i], func(p, q int) int {
			weight := func(k int) float32 {
				k += i * clean.Dim
				return dx[k] * (adv.X[k] - clean.X[k])
			}
			return cmp.Compare(weight(p), weight(q))
		})
	}
	block := (clean.Dim + tellReverts - 1) / tellReverts
	for first := 0; first < clean.Dim; first += block {
		try := adv.Clone()
		for i, o := range order {
			for _, k := range o[min(first, len(o)):min(first+block, len(o))] {
				try.Row(i)[k] = clean.Row(i)[k]
			}
		}
		if err := c.accept(ctx, adv, try); err != nil {
			return err
		}
	}
	return nil
}

// shrink halves the interval in which the smallest sufficient share of the
// changes lies.
func (c *campaign) shrink(ctx context.Context, clean, adv ml.Batch) error {
	low := make([]float32, clean.Rows())
	for range tellHalves {
		try := adv.Clone()
		for i := range clean.Rows() {
			x, from := try.Row(i), clean.Row(i)
			for k := range x {
				x[k] = from[k] + (x[k]-from[k])*(1+low[i])/2
			}
			c.ball.Clip(x, from)
		}
		before := adv.Clone()
		if err := c.accept(ctx, adv, try); err != nil {
			return err
		}
		for i := range low {
			if slices.Equal(before.Row(i), adv.Row(i)) {
				low[i] = (1 + low[i]) / 2 // that share of the changes is too little
			} else {
				low[i] = 2 * low[i] / (1 + low[i]) // the same share, of smaller changes
			}
		}
	}
	return nil
}

// accept replaces the rows of adv with those of try that are misclassified.
func (c *campaign) accept(ctx context.Context, adv, try ml.Batch) error {
	fell, err := Fooled(ctx, c.model, try)
	if err != nil {
		return err
	}
	for i, f := range fell {
		if f {
			copy(adv.Row(i), try.Row(i))
		}
	}
	return nil
}

// changed lists the features in which x differs from center.
func changed(center, x []float32) []int {
	var out []int
	for i, v := range x {
		if v != center[i] {
			out = append(out, i)
		}
	}
	return out
}

// moved returns the sum of all changes in units of the features' ranges.
func (c *campaign) moved(center, x []float32) float64 {
	var sum float64
	for _, i := range changed(center, x) {
		sum += math.Abs(float64(x[i]-center[i])) / float64(c.scale[i])
	}
	return sum
}

// changes lists the changed features in their own units, at most most of them,
// the largest change first.
func (c *campaign) changes(center, x []float32, most int) string {
	list := changed(center, x)
	shift := func(i int) float64 { return float64(x[i]-center[i]) / float64(c.scale[i]) }
	slices.SortStableFunc(list, func(i, j int) int { return cmp.Compare(math.Abs(shift(j)), math.Abs(shift(i))) })
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  feature\toriginal\tadversarial\tchange")
	for _, i := range list[:min(most, len(list))] {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%+.1f%% of its range\n", label(c.table.Features[i]), decimal(center[i]), decimal(x[i]), 100*shift(i))
	}
	w.Flush() //nolint:errcheck // a Builder takes everything
	if n := len(list) - most; n > 0 {
		fmt.Fprintf(&b, "  and %d more\n", n)
	}
	return b.String()
}

// decimal writes v with as many digits as it takes to read it back.
func decimal(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

// label makes the name of a feature fit for a line of a table.
func label(s string) string {
	if q := strconv.Quote(s); q != `"`+s+`"` {
		s = q
	}
	const most = 32
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
