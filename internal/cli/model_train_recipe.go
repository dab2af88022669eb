package cli

import (
	"github.com/spf13/pflag"

	"quintain/ml/train"
)

// recipeFlags say how a network is trained, wherever one is.
type recipeFlags struct{ o train.Options }

// flags adds the flags, with defaults.
func (r *recipeFlags) flags(f *pflag.FlagSet, def train.Options) {
	f.IntVar(&r.o.Epochs, "epochs", def.Epochs, "passes over the rows")
	f.IntVar(&r.o.Batch, "batch", def.Batch, "rows of a minibatch")
	f.Float64Var(&r.o.Rate, "rate", def.Rate, "step size of Adam")
	f.Float64Var(&r.o.WeightDecay, "weight-decay", 0, "pull all weights toward zero by this much (L2)")
	f.Float64Var(&r.o.Clip, "clip", 0, "clip the gradient of each row to this length (DP-SGD)")
	f.Float64Var(&r.o.Noise, "noise", 0, "noise on their sum, in units of --clip (DP-SGD)")
}

func (r *recipeFlags) check() error {
	switch o := r.o; {
	case o.Epochs < 1 || o.Epochs > 10_000:
		return usagef("--epochs is %d, want 1 to 10000", o.Epochs)
	case o.Batch < 1 || o.Batch > 1<<16:
		return usagef("--batch is %d, want 1 to %d", o.Batch, 1<<16)
	case !(o.Rate > 0 && o.Rate <= 10):
		return usagef("--rate is %v, want more than 0 and at most 10", o.Rate)
	case !(o.WeightDecay >= 0 && o.WeightDecay <= 100):
		return usagef("--weight-decay is %v, want 0 to 100", o.WeightDecay)
	case !(o.Clip >= 0 && o.Clip <= 1e6) || !(o.Noise >= 0 && o.Noise <= 1e6):
		return usagef("--clip is %v and --noise %v, want numbers from 0 to 1e6", o.Clip, o.Noise)
	case o.Noise > 0 && o.Clip == 0:
		return hint(usagef("--noise without --clip protects nobody: it is in units of the clipping length"), "add --clip 1")
	}
	return nil
}

func (r *recipeFlags) options() train.Options {
	return r.o
}
