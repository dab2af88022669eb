package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"quintain"
	"quintain/assess"
	"quintain/attack/evasion"
)

// headline is the check that attack runs if none is asked for.
const headline = "attack/evasion/standard"

// ruled are the checks that attack runs if constraints say which rows could
// exist.
var ruled = []string{"attack/evasion/beam", "attack/evasion/capgd"}

// An attackFlags is what the operator says about an attack.
type attackFlags struct {
	output
	data, norm, bounds, failUnder, samples, adv, constraints, engine string
	eps, robust, smooth, maxCost                                     float64
	from, to                                                         int
	unconstrained                                                    bool
	maxCPU                                                           time.Duration
	checks                                                           []string
	theft                                                            extractionFlags // price and rate hold for every endpoint
}

func attackCommand(env *Env, cat *catalog) *cobra.Command {
	var o attackFlags
	w := wiring{env: env, cat: cat}
	var priv privacyFlags
	var poison poisoningFlags
	cmd := &cobra.Command{
		Use:   "attack <model.onnx or endpoint>",
		Short: "Attack a learned model and measure what it withstands",
		Long: `Attack a learned model on labeled rows and measure what it withstands: the standard
evaluation unless --check says otherwise, both ends of the accuracy under attack, and
whether the guidelines for such figures were kept.

A model that answers over HTTP is attacked by its answers alone: TensorFlow Serving,
KServe and MLflow by their addresses, any other service by a description in YAML.`,
		Example: "  quintain attack triage.onnx --data triage.csv --eps 0.1\n  quintain attack https://host/v1/models/x:predict --data test.csv --price 1.5 --max-cost 20 --grant network,spend\n  quintain attack triage.onnx --data triage.csv --fail-under robust@0.1=0.6 --samples-out rows.jsonl",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			done, err := w.accelerate(o.engine, !poison.meant(o.checks) && !o.theft.meant(o.checks) && !priv.meant(a[0]))
			if err != nil {
				return err
			}
			defer done()
			if poison.meant(o.checks) {
				return poison.run(cmd, &w, &o.output, priv, a, o.checks, o.data)
			}
			if o.theft.meant(o.checks) {
				return o.theft.run(cmd, &w, &o.output, a, o.checks, o.data)
			}
			if priv.meant(a[0]) {
				return priv.run(cmd, &w, &o.output, a, o.checks, o.data)
			}
			return runAttack(cmd, env, cat, &o, &w, a)
		},
	}
	o.flags(cmd, cat)
	f := cmd.Flags()
	priv.flags(f)
	poison.flags(f)
	o.theft.flags(f)
	f.StringVar(&o.data, "data", "", "labeled rows to attack on, as CSV")
	f.StringArrayVar(&o.checks, "check", nil, "run this `check` or family (repeatable; default "+headline+")")
	f.Float64Var(&o.eps, "eps", 0.1, "largest change of a feature, in units of its range")
	f.StringVar(&o.norm, "norm", "linf", "what eps limits: linf, the largest change, or l2, the length of all")
	f.StringVar(&o.bounds, "range", "", "what every feature can be, as `LOW,HIGH` (default: 0,1 for images, and for other rows what occurs in them)")
	f.Float64Var(&o.robust, "robust", 0.5, "robust accuracy that the model must keep")
	f.StringVar(&o.failUnder, "fail-under", "", "fail unless the lower end of the interval is as required, as `robust@EPS=ACCURACY`")
	f.StringVar(&o.constraints, "constraints", "", "constraint `file` that says which rows could exist; see quintain explain attack/evasion/beam")
	f.BoolVar(&o.unconstrained, "unconstrained", false, "also mount attacks that do not keep to --constraints, and label their figures")
	f.Float64Var(&o.maxCost, "max-cost", 0, "spend no more than this on an endpoint, at the --price of its answers")
	f.IntVar(&o.from, "from", -1, "attack rows of this `class` only")
	f.IntVar(&o.to, "to", -1, "the attacker wants this `class` and no other")
	f.Float64Var(&o.smooth, "smooth", 0, "also certify the model smoothed by noise of this `deviation`, in units of the range of features")
	f.IntVar(&w.evasion.Steps, "steps", 0, "steps of iterative attacks (default: the attack's)")
	f.IntVar(&w.evasion.Queries, "queries", 0, "questions of black-box attacks about each row, or of attacks that copy the model in all (default: the attack's)")
	f.IntVar(&w.evasion.MaxSamples, "samples", 0, "attack at most this many rows (default: the engine's)")
	f.Int64Var(&w.evasion.Budget, "budget", 0, "end an attack after so many `questions` to the model, and report on the rows it got to")
	f.DurationVar(&o.maxCPU, "max-cpu", 0, "end an attack after so much processor `time`, and report on the rows it got to")
	f.StringVar(&o.samples, "samples-out", "", "write what became of every row to `file`, one JSON object a line")
	f.StringVar(&o.adv, "adv-out", "", "write the rows of --data to `file` as CSV, those that were turned as the attack left them")
	f.StringVar(&o.engine, "engine", ownEngine, "what runs the model: own, or ort or ort/cuda for the ONNX Runtime that "+ortVariable+" names")
	f.IntVarP(&w.evasion.Jobs, "jobs", "j", 0, "goroutines that run the model (default: one per processor)")
	f.IntVar(&w.evasion.Batch, "batch", 0, "rows given to the model at once (default: the engine's choice)")
	return cmd
}

func runAttack(cmd *cobra.Command, env *Env, cat *catalog, o *attackFlags, w *wiring, a []string) error {
	if o.data == "" {
		return hint(usagef("no data to attack on"), "quintain attack %s --data test.csv", a[0])
	}
	t := quintain.Target{Kind: quintain.KindClassifier, Ref: a[0], With: map[string]string{"data": o.data}}
	if err := t.Validate(); err != nil {
		return usagef("%w", err)
	}
	w.keys = o.theft.keys
	o.theft.terms(t.With)
	changed := cmd.Flags().Changed
	if err := o.threat(t.With, changed); err != nil {
		return err
	}
	if err := checkBudget(o, &w.evasion); err != nil {
		return err
	}
	if len(o.checks) == 0 {
		o.checks = []string{headline}
		if o.constraints != "" && !o.unconstrained {
			o.checks = ruled
		}
	}
	bar := newProgress(env, false)
	w.seed = o.seed
	w.progress = func(done, total int) { bar.step(done, total, "attacking "+a[0]) }
	if o.maxCPU > 0 {
		used := processorTime(env)
		begun := used()
		w.evasion.Stop = func() bool { return used()-begun >= o.maxCPU }
	}
	var rows bytes.Buffer
	if o.samples != "" {
		enc := json.NewEncoder(&rows)
		w.evasion.Sample = func(s evasion.Sample) error { return enc.Encode(s) }
	}
	write, err := o.keepRows(w)
	if err != nil {
		return err
	}
	j := job{
		out: &o.output, kind: "attack", engine: w.attacker(), checks: o.checks, targets: []quintain.Target{t}, digest: assess.Bind,
		command: repeat(cmd, a, o.seed),
	}
	if err := o.plan(w, &j, t); err != nil {
		return err
	}
	defer bar.clear()
	err = j.run(cmd.Context(), env, cat)
	if o.samples != "" && rows.Len() > 0 {
		if werr := writeFile(o.samples, rows.Bytes()); werr != nil {
			return werr
		}
	}
	if werr := write(); werr != nil {
		return werr
	}
	return err
}

// everything is what a plan may say without having been granted it: a plan
// runs nothing.
const everything = quintain.NeedNetwork | quintain.NeedSpend | quintain.NeedWrite | quintain.NeedExecute

// plan says what j would do to t.
func (o *attackFlags) plan(w *wiring, j *job, t quintain.Target) error {
	chosen, err := j.choose(t, everything)
	if err != nil {
		return err
	}
	var names []string
	for _, c := range chosen {
		names = append(names, c.Name)
	}
	on, err := terms(t)
	if err != nil {
		return err
	}
	for _, line := range evasion.Plan(w.evasion, on, w.cat.attacks, names...) {
		fmt.Fprintln(w.env.Stderr, "plan: "+line)
	}
	return nil
}

// threat writes what the attacker may do and wants into a target's With.
func (o *attackFlags) threat(with map[string]string, changed func(string) bool) error {
	if o.failUnder != "" {
		if changed("eps") || changed("robust") {
			return usagef("--fail-under names eps and accuracy; leave --eps and --robust out")
		}
		eps, robust, err := parseFailUnder(o.failUnder)
		if err != nil {
			return err
		}
		o.eps, o.robust = eps, robust
		with["gate"] = "lower"
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for key, text := range map[string]string{
		"eps": number(o.eps), "robust": number(o.robust), "norm": o.norm, "range": o.bounds, "constraints": o.constraints, "smooth": number(o.smooth), "from": strconv.Itoa(o.from), "to": strconv.Itoa(o.to),
		"max-cost": number(o.maxCost),
	} {
		if changed(key) || o.failUnder != "" && (key == "eps" || key == "robust") {
			with[key] = text
		}
	}
	if o.unconstrained {
		with["unconstrained"] = "yes"
	}
	return nil
}

// parseFailUnder reads "robust@0.1=0.6".
func parseFailUnder(s string) (eps, robust float64, err error) {
	left, right, ok := strings.Cut(s, "=")
	at, found := strings.CutPrefix(left, "robust@")
	eps, e1 := strconv.ParseFloat(at, 64)
	robust, e2 := strconv.ParseFloat(right, 64)
	if !ok || !found || e1 != nil || e2 != nil {
		return 0, 0, usagef("--fail-under is %q, want the like of robust@0.1=0.6", s)
	}
	return eps, robust, nil
}

// checkBudget refuses numbers that mean nothing.
func checkBudget(o *attackFlags, e *evasion.Options) error {
	most := 1.0
	if o.norm == "l2" {
		most = 1000
	}
	switch {
	case o.norm != "linf" && o.norm != "l2":
		return usagef("--norm is %q, want linf or l2", o.norm)
	case !(o.eps > 0 && o.eps <= most):
		return usagef("--eps is %v, want a number above 0 and at most %v", o.eps, most)
	case !(o.robust > 0 && o.robust <= 1):
		return usagef("--robust is %v, want a number above 0 and at most 1", o.robust)
	case !(o.smooth >= 0 && o.smooth <= 1000):
		return usagef("--smooth is %v, want a number from 0 to 1000", o.smooth)
	case o.from < -1 || o.to < -1 || o.from > math.MaxInt16 || o.to > math.MaxInt16:
		return usagef("--from is %d and --to %d, want classes counted from 0", o.from, o.to)
	case e.Steps < 0 || e.MaxSamples < 0 || e.Steps > maxTrials || e.MaxSamples > 10*maxTrials:
		return usagef("--steps is %d and --samples %d, want numbers from 1 to %d and %d, or 0 for the attack's own", e.Steps, e.MaxSamples, maxTrials, 10*maxTrials)
	case e.Queries < 0 || e.Queries > 10*maxTrials || e.Budget < 0 || o.maxCPU < 0 || e.Jobs < 0 || e.Batch < 0:
		return usagef("--queries, --budget, --max-cpu, --jobs and --batch are not negative, and --queries is at most %d", 10*maxTrials)
	}
	return nil
}
