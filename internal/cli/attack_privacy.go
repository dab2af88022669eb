package cli

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"quintain"
	"quintain/assess"
	"quintain/attack/privacy"
)

// privacyFlags are what attacks on training data take.
type privacyFlags struct {
	train  string
	o      privacy.Options
	limits map[string]*string // entries of the target, by key
}

// privacyKeys are the entries of a target that have a flag of the same name.
var privacyKeys = []struct{ key, usage string }{
	{"auc", "area under the curve that an attack on training data may reach (default 0.6)"},
	{"tpr", "share of training rows that it may identify (default 0.05)"},
	{"fpr", "share of other rows that it may accuse meanwhile (default 0.01)"},
	{"epsilon", "differential privacy that is claimed, to be held against what is measured"},
	{"delta", "delta of that claim (default 1e-5)"},
	{"noise", "noise multiplier of DP-SGD, instead of --epsilon"},
	{"sampling", "sampling rate of DP-SGD"},
	{"sgd-steps", "steps of DP-SGD"},
	{"sensitive", "`column` to infer from the others and the model"},
	{"advantage", "share of rows by which the model may help to infer it (default 0.05)"},
	{"l2", "weight of half the squared weights in the training loss, to reconstruct rows"},
}

func (p *privacyFlags) flags(f *pflag.FlagSet) {
	f.StringVar(&p.train, "train", "", "rows the model was trained on, as CSV: attack their privacy")
	f.IntVar(&p.o.Shadows, "shadows", 0, "shadow models to train (default: the engine's)")
	f.IntVar(&p.o.Train.Epochs, "epochs", 0, "epochs that the model was trained for (default 30)")
	f.IntVar(&p.o.Train.Batch, "train-batch", 0, "rows of a minibatch in its training (default 32)")
	f.Float64Var(&p.o.Train.Rate, "train-rate", 0, "step size in its training, by Adam (default 0.001)")
	p.limits = make(map[string]*string)
	for _, k := range privacyKeys {
		p.limits[k.key] = f.String(k.key, "", k.usage)
	}
}

// meant reports whether training data is to be attacked: it is given, or the
// answers that a model gave are.
func (p *privacyFlags) meant(ref string) bool {
	return p.train != "" || strings.EqualFold(filepath.Ext(ref), ".csv")
}

func (p *privacyFlags) target(ref, data string) (quintain.Target, error) {
	t := quintain.Target{Kind: quintain.KindClassifier, Ref: ref, With: make(map[string]string)}
	if p.train != "" {
		if data == "" {
			return t, hint(usagef("no rows to compare the training data with"), "quintain attack %s --train %s --data heldout.csv", ref, p.train)
		}
		t.With["train"], t.With["data"] = p.train, data
	}
	for _, k := range privacyKeys {
		text := *p.limits[k.key]
		if text == "" {
			continue
		}
		if _, err := strconv.ParseFloat(text, 64); err != nil && k.key != "sensitive" {
			return t, usagef("--%s is %q, want a number", k.key, text)
		}
		t.With[k.key] = text
	}
	if p.o.Shadows < 0 || p.o.Shadows > maxTrials || p.o.Train.Epochs < 0 || p.o.Train.Epochs > maxTrials || p.o.Train.Batch < 0 || p.o.Train.Rate < 0 {
		return t, usagef("--shadows is %d, --epochs %d, --train-batch %d and --train-rate %v, want numbers that are not negative, the first two up to %d",
			p.o.Shadows, p.o.Train.Epochs, p.o.Train.Batch, p.o.Train.Rate, maxTrials)
	}
	return t, nil
}

// run attacks the privacy of training data.
func (p *privacyFlags) run(cmd *cobra.Command, w *wiring, o *output, a, checks []string, data string) error {
	t, err := p.target(a[0], data)
	if err != nil {
		return err
	}
	bar := newProgress(w.env, false)
	w.seed = o.seed
	w.privacy = p.o
	w.privacy.MaxSamples = w.evasion.MaxSamples
	w.progress = func(done, total int) { bar.step(done, total, "attacking "+a[0]) }
	j := job{
		out: o, kind: "attack", engine: w.eavesdropper(), checks: checks, targets: []quintain.Target{t}, digest: assess.Bind,
		command: repeat(cmd, a, o.seed),
	}
	defer bar.clear()
	return j.run(cmd.Context(), w.env, w.cat)
}

// eavesdropper returns the engine that attacks the privacy of training data.
func (w *wiring) eavesdropper() quintain.Engine {
	o := w.privacy
	o.Seed, o.Progress = w.seed, w.progress
	return privacy.New(o, w.cat.eavesdrops...)
}
