package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"quintain"
	"quintain/assess"
	"quintain/defend"
	"quintain/ml/onnx"
)

// A defendFlags is what the operator says about a defense.
type defendFlags struct {
	output
	train, data, made string
	samples           int
	settings          map[string]*string // entries of the target, by key
}

// defendKeys are the entries of a target that have a flag of the same name.
var defendKeys = []struct{ key, usage string }{
	{"against", "judge by this `family` of checks only, such as attack/evasion"},
	{"gain", "`points` by which the attacker's success must fall, as a share (default 0.05)"},
	{"cost", "`points` of accuracy that the defense may cost, as a share (default 0.05)"},
	{"eps", "largest change of a feature, in units of its range (default 0.1)"},
	{"epochs", "passes over the rows in training (default 30)"},
	{"batch", "rows of a minibatch in training (default 32)"},
	{"rate", "step size in training, by Adam (default 0.001)"},
	{"steps", "steps of the attacker inside adversarial training (default 10)"},
	{"beta", "weight of the divergence in TRADES (default 6)"},
	{"parts", "partitions of the training rows in DPA (default 50)"},
	{"poison", "share of the training rows that an attacker may change (default 0.01)"},
	{"class", "the `class` that an attacker on training rows is after (default 0)"},
	{"sigma", "deviation of the noise of smoothing, in units of the range of features (default 0.25)"},
	{"draws", "draws of that noise for each row (default 16)"},
	{"clip", "length that DP-SGD clips the gradient of a row to (default 1)"},
	{"noise", "noise of DP-SGD, in units of that length (default 1)"},
	{"delta", "delta of the differential privacy that is accounted for (default 1e-5)"},
	{"queries", "rows that a guard lets one account ask about (default 50)"},
	{"similar", "rows of these that may be near an earlier one (default 10)"},
	{"near", "how near that is, in units of the range of each feature (default 0.01)"},
	{"accounts", "accounts that an attacker can open (default 10)"},
	{"answers", "what a hardened model tells: labels, top, round:N or noise:S (default labels)"},
}

func defendCommand(env *Env, cat *catalog) *cobra.Command {
	var o defendFlags
	w := wiring{env: env, cat: cat}
	cmd := &cobra.Command{
		Use:   "defend <defense> <model.onnx>",
		Short: "Harden a model, attack it again adaptively, and report the difference",
		Long: `Harden a model, then mount the same attacks on the model as it was and on the hardened
one, by attackers who know the defense, and report the difference with its interval, what
the defense costs, and whether it is effective. A figure from attacks that did not adapt
never makes a defense effective.`,
		Example: "  quintain defend advtrain triage.onnx --train train.csv --data test.csv --eps 0.1 -o hardened.onnx\n  quintain checks defend",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.run(cmd, &w, a)
		},
	}
	o.reportFlags(cmd, cat)
	f := cmd.Flags()
	f.StringVarP(&o.made, "out", "o", "", "write the hardened model, or the policy that describes the defense, to `file`")
	f.StringVar(&o.train, "train", "", "rows that the model is trained on")
	f.StringVar(&o.data, "data", "", "labeled rows that it has not seen")
	f.IntVar(&o.samples, "samples", 0, "attack at most this many rows (default 500)")
	o.settings = make(map[string]*string)
	for _, k := range defendKeys {
		o.settings[k.key] = f.String(k.key, "", k.usage)
	}
	return cmd
}

// reportFlags are those of every command with a report, but that -o is the
// hardened model and --report the report.
func (o *output) reportFlags(cmd *cobra.Command, cat *catalog) {
	own := &cobra.Command{}
	o.flags(own, cat)
	own.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name == "output" {
			f.Name, f.Shorthand = "report", ""
		}
		cmd.Flags().AddFlag(f)
	})
}

func (o *defendFlags) target(a []string) (quintain.Target, error) {
	t := quintain.Target{Kind: quintain.KindClassifier, Ref: a[1], With: map[string]string{"train": o.train, "data": o.data}}
	if o.train == "" || o.data == "" {
		return t, hint(usagef("no rows to train or to test on"), "quintain defend %s %s --train train.csv --data test.csv", a[0], a[1])
	}
	for _, k := range defendKeys {
		if text := *o.settings[k.key]; text != "" {
			if _, err := strconv.ParseFloat(text, 64); err != nil && k.key != "against" && k.key != "answers" {
				return t, usagef("--%s is %q, want a number", k.key, text)
			}
			t.With[k.key] = text
		}
	}
	if o.samples < 0 || o.samples > 10*maxTrials {
		return t, usagef("--samples is %d, want a number from 1 to %d, or 0 for 500", o.samples, 10*maxTrials)
	}
	return t, nil
}

func (o *defendFlags) run(cmd *cobra.Command, w *wiring, a []string) error {
	t, err := o.target(a)
	if err != nil {
		return err
	}
	bar := newProgress(w.env, false)
	w.seed = o.seed
	w.progress = func(done, total int) { bar.step(done, total, "defending "+a[1]) }
	used := processorTime(w.env)
	begun := used()
	var made *defend.Hardened
	engine := w.defender(o.samples, func(_ string, h *defend.Hardened) error {
		made = h
		fmt.Fprintf(w.env.Stderr, "hardened in %.1f s of processor time; now attacking\n", (used() - begun).Seconds())
		return nil
	})
	j := job{
		out: &o.output, kind: "defend", engine: engine, checks: []string{"defend/" + strings.TrimPrefix(a[0], "defend/")},
		targets: []quintain.Target{t}, digest: assess.Bind, command: repeat(cmd, a, o.seed),
	}
	defer bar.clear()
	err = j.run(cmd.Context(), w.env, w.cat)
	if o.made == "" || made == nil || cmd.Context().Err() != nil {
		return err
	}
	if werr := writeHardened(o.made, made); werr != nil {
		return werr
	}
	fmt.Fprintf(w.env.Stderr, "wrote %s\n", oneLine(o.made))
	return err
}

// writeHardened writes the model, or, where it is no graph, the policy. Where
// there are both, the policy goes to a file beside the model.
func writeHardened(name string, h *defend.Hardened) error {
	if h.Graph == nil {
		if strings.EqualFold(filepath.Ext(name), ".onnx") {
			return hint(fmt.Errorf("%s: the defense is no model but a policy", name), "name a .yaml file")
		}
		return writeFile(name, h.Policy)
	}
	b, err := onnx.Marshal(h.Graph)
	if err != nil {
		return err
	}
	if h.Policy != nil {
		if err := writeFile(strings.TrimSuffix(name, filepath.Ext(name))+".yaml", h.Policy); err != nil {
			return err
		}
	}
	return writeFile(name, b)
}

// defender returns the engine that hardens classifiers. Made is given what it
// made.
func (w *wiring) defender(samples int, made func(string, *defend.Hardened) error) quintain.Engine {
	return defend.New(defend.Options{Seed: w.seed, Attackers: w.attackers(samples), Made: made, Progress: w.progress}, w.cat.defenses...)
}

// attackers are those that defenses are judged by.
func (w *wiring) attackers(samples int) []*defend.Attacker {
	return slices.Concat([]*defend.Attacker{w.evader(samples)}, w.poisoners(), w.eavesdroppers(), w.thieves())
}
