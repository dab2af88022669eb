package cli

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"quintain"
	"quintain/assess"
)

// poisoningFlags are what attacks on training data take that change it.
type poisoningFlags struct {
	poison, triggered float64
	class             int
}

func (p *poisoningFlags) flags(f *pflag.FlagSet) {
	f.Float64Var(&p.poison, "poison", 0.01, "share of the training rows that an attacker may change")
	f.Float64Var(&p.triggered, "triggered", 0.5, "share of the attacker's rows that may go the attacker's way")
	f.IntVar(&p.class, "class", 0, "the `class` that an attacker on training data is after")
}

const poisoningFamily = "attack/poisoning"

// meant reports whether training data is to be changed: a check of that family
// is asked for.
func (p *poisoningFlags) meant(checks []string) bool {
	for _, c := range checks {
		if c == poisoningFamily || strings.HasPrefix(c, poisoningFamily+"/") {
			return true
		}
	}
	return false
}

// run poisons training data and trains the model on it.
func (p *poisoningFlags) run(cmd *cobra.Command, w *wiring, o *output, train privacyFlags, a, checks []string, data string) error {
	if train.train == "" || data == "" {
		return hint(usagef("no rows to poison, or none to test with"), "quintain attack %s --check %s --train train.csv --data test.csv", a[0], checks[0])
	}
	with := map[string]string{"train": train.train, "data": data}
	eps, err := cmd.Flags().GetFloat64("eps")
	if err != nil {
		return err
	}
	for key, v := range map[string]float64{
		"eps": eps, "poison": p.poison, "triggered": p.triggered, "class": float64(p.class),
		"epochs": float64(train.o.Train.Epochs), "batch": float64(train.o.Train.Batch), "rate": train.o.Train.Rate,
	} {
		flag := key
		if key == "batch" || key == "rate" {
			flag = "train-" + key
		}
		if cmd.Flags().Changed(flag) {
			with[key] = strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	bar := newProgress(w.env, false)
	w.seed = o.seed
	w.progress = func(done, total int) { bar.step(done, total, "poisoning the training of "+a[0]) }
	j := job{
		out: o, kind: "attack", engine: w.poisoner(), checks: checks, digest: assess.Bind,
		targets: []quintain.Target{{Kind: quintain.KindClassifier, Ref: a[0], With: with}}, command: repeat(cmd, a, o.seed),
	}
	defer bar.clear()
	return j.run(cmd.Context(), w.env, w.cat)
}
