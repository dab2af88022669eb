package cli

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/datasets"
	"quintain/ml/dp"
	"quintain/ml/train"
)

// A privateFlags says how to train so that less is learned by heart, and what
// that promises.
type privateFlags struct {
	recipe        recipeFlags
	delta, target float64
	test          string
}

func (o *privateFlags) flags(f *pflag.FlagSet) {
	o.recipe.flags(f, train.Options{Epochs: 20, Batch: 64, Rate: 0.005})
	f.Float64Var(&o.delta, "delta", 1e-5, "probability with which the epsilon of DP-SGD need not hold")
	f.Float64Var(&o.target, "target-epsilon", 0, "choose the --noise that promises this epsilon")
	f.StringVar(&o.test, "test", "", "CSV `file` of rows to test on, for a table of yours (default: every fifth)")
}

func (o *privateFlags) check() error {
	switch r := &o.recipe; {
	case !(o.delta > 0 && o.delta < 1):
		return usagef("--delta is %v, want a number between 0 and 1", o.delta)
	case !(o.target >= 0) || math.IsInf(o.target, 1):
		return usagef("--target-epsilon is %v, want a number above 0", o.target)
	case o.target > 0 && (r.o.Noise > 0 || r.o.Clip == 0):
		return hint(usagef("--target-epsilon chooses --noise, and needs --clip"), "give --clip 1 and leave --noise out")
	}
	return o.recipe.check()
}

// sgd is what accountants need to know about training on so many rows.
func (o *privateFlags) sgd(rows int) dp.SGD {
	r := o.recipe.o
	steps := r.Epochs * ((rows + r.Batch - 1) / r.Batch)
	return dp.SGD{Rate: math.Min(1, float64(r.Batch)/float64(rows)), Noise: r.Noise, Steps: steps}
}

// options returns how to train on so many rows, with the noise that was asked
// for or that a target needs.
func (o *privateFlags) options(rows int, seed uint64) (train.Options, error) {
	if o.target > 0 {
		noise, err := noiseFor(o.sgd(rows), o.target, o.delta)
		if err != nil {
			return train.Options{}, err
		}
		o.recipe.o.Noise = noise
	}
	t := o.recipe.options()
	t.Seed = seed
	return t, nil
}

// mostNoise is the largest noise that is tried for a target.
const mostNoise = 1e4

// noiseFor returns the least noise, to three digits, that promises epsilon by
// the accountant of Rényi differential privacy, which does not understate it.
func noiseFor(s dp.SGD, epsilon, delta float64) (float64, error) {
	enough := func(noise float64) bool {
		s.Noise = noise
		eps, _ := s.RDP(delta, dp.Orders())
		return eps <= epsilon
	}
	low, high := 0.1, mostNoise
	if !enough(high) {
		return 0, usagef("no noise up to %v promises an epsilon of %v", high, epsilon)
	}
	for high/low > 1.001 {
		if mid := math.Sqrt(low * high); enough(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high, nil
}

// report writes the promise, if there is one.
func (o *privateFlags) report(w io.Writer, rows int) error {
	switch r := o.recipe.o; {
	case r.Clip == 0:
		return nil
	case r.Noise == 0:
		fmt.Fprintln(w, "gradients are clipped and no noise is added: this promises no epsilon")
		return nil
	}
	return writeEpsilon(w, o.sgd(rows), o.delta)
}

// isFile reports whether a table is one of the user's.
func isFile(table string) bool { return strings.EqualFold(filepath.Ext(table), ".csv") }

// maxClasses is how many classes a table of the user's may have.
const maxClasses = 1000

// read returns the rows of a file to train on and to test on, and the number of
// classes.
func (o *privateFlags) read(name string) (in, out ml.Batch, classes int, err error) {
	t, err := data.Open(name)
	if err != nil {
		return in, out, 0, err
	}
	if in = t.Batch(); o.test == "" {
		in, out = datasets.Split(in)
	} else {
		o, err := data.Open(o.test)
		if err != nil {
			return in, out, 0, err
		}
		out = o.Batch()
	}
	for _, b := range []ml.Batch{in, out} {
		for _, y := range b.Y {
			classes = max(classes, int(y)+1)
		}
	}
	switch {
	case in.Rows() == 0 || out.Rows() == 0:
		err = fmt.Errorf("%s: %d rows to train on and %d to test on, want some of both", name, in.Rows(), out.Rows())
	case in.Dim != out.Dim:
		err = fmt.Errorf("%s has %d features, and the rows to test on have %d", name, in.Dim, out.Dim)
	case classes < 2 || classes > maxClasses:
		err = fmt.Errorf("%s has %d classes, want 2 to %d", name, classes, maxClasses)
	}
	return in, out, classes, err
}
