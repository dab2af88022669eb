package cli

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"quintain"
	"quintain/assess"
	"quintain/attack/extraction"
	"quintain/defend"
	"quintain/internal/regular"
	"quintain/internal/strictyaml"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// extractionFlags are what attacks take that copy a model.
type extractionFlags struct {
	copied string
	policy string
	log    string
	keys   keyFlag
	with   map[string]*string // entries of the target, by key
}

// extractionKeys are the entries of a target that have a flag of the same name.
var extractionKeys = []struct{ key, usage string }{
	{"rows", "CSV `file` of rows that an attacker owns who copies the model; labels are not used"},
	{"answers", "what the model tells: scores, labels, top, top:N, round:N, noise:S or fresh-noise:S (default scores)"},
	{"similar", "rows near an earlier one that the account may ask about before it is closed (default: no limit)"},
	{"near", "how near that is, in units of the range of each feature (default 0.01)"},
	{"source", "where questions come from: rows, marginals or noise (default: rows, then marginals)"},
	{"fidelity", "share of rows on which a copy may agree with the model (default 0.9)"},
	{"per-second", "questions that the model may be asked in a second, which is the pace of an endpoint and the hours of a plan or a copy"},
	{"price", "price of 1,000 answers, for the money"},
}

func (x *extractionFlags) flags(f *pflag.FlagSet) {
	x.with = make(map[string]*string)
	for _, k := range extractionKeys {
		x.with[k.key] = f.String(k.key, "", k.usage)
	}
	f.StringVar(&x.policy, "policy", "", "copy the model with one account, as the `file` lets it that quintain defend hardening or queryguard wrote")
	f.StringVar(&x.log, "log-out", "", "write what the copy was made of to `file`, as the log that quintain data watch reads")
	f.StringVar(&x.copied, "copy-out", "", "write the copy of the model to `file`, as ONNX")
	f.StringVar(&x.keys.name, "key-env", defaultKeyEnv, "environment `variable` with the key of the endpoint, where its description names none")
}

// terms writes on which terms an endpoint may be asked into a target's With.
func (x *extractionFlags) terms(with map[string]string) {
	for _, key := range []string{"price", "per-second"} {
		if text := *x.with[key]; text != "" {
			with[key] = text
		}
	}
}

const extractionFamily = "attack/extraction"

// meant reports whether a model is to be copied: a check of that family is
// asked for.
func (x *extractionFlags) meant(checks []string) bool {
	for _, c := range checks {
		if c == extractionFamily || strings.HasPrefix(c, extractionFamily+"/") {
			return true
		}
	}
	return false
}

// run copies a model.
func (x *extractionFlags) run(cmd *cobra.Command, w *wiring, o *output, a, checks []string, data string) error {
	if data == "" {
		return hint(usagef("no rows to judge a copy on"), "quintain attack %s --check %s --data test.csv", a[0], checks[0])
	}
	with := map[string]string{"data": data}
	for key, text := range x.with {
		if *text != "" {
			with[key] = *text
		}
	}
	if w.evasion.Queries != 0 {
		with["queries"] = strconv.Itoa(w.evasion.Queries)
	}
	if err := x.meet(with); err != nil {
		return err
	}
	bar := newProgress(w.env, false)
	w.seed, w.keys = o.seed, x.keys
	w.progress = func(done, total int) { bar.step(done, total, "copying "+a[0]) }
	var copied []byte
	w.copied = func(_ string, g *graph.Graph) (err error) {
		copied, err = onnx.Marshal(g)
		return err
	}
	var log bytes.Buffer
	if x.log != "" {
		w.asked = logged(&log, *x.with["per-second"])
	}
	j := job{
		out: o, kind: "attack", engine: w.thief(), checks: checks, digest: assess.Bind,
		targets: []quintain.Target{{Kind: quintain.KindClassifier, Ref: a[0], With: with}}, command: repeat(cmd, a, o.seed),
	}
	defer bar.clear()
	err := j.run(cmd.Context(), w.env, w.cat)
	for _, file := range []struct {
		name  string
		bytes []byte
	}{{x.copied, copied}, {x.log, log.Bytes()}} {
		if file.name == "" || file.bytes == nil {
			continue
		}
		if werr := writeFile(file.name, file.bytes); werr != nil {
			return werr
		}
	}
	return err
}

// logged returns what writes questions as a log with an account for each check.
// They have times if somebody said how many are asked in a second.
func logged(to *bytes.Buffer, perSecond string) func(check string, row []float32, label int) error {
	pace, _ := strconv.ParseFloat(perSecond, 64) // the engine refuses what is no number
	count := make(map[string]int)
	return func(check string, row []float32, label int) error {
		line := struct {
			Account string    `json:"account"`
			At      *float64  `json:"at,omitempty"`
			Row     []float32 `json:"row"`
			Label   int       `json:"label"`
		}{Account: check, Row: row, Label: label}
		if pace > 0 {
			at := float64(count[check]) / pace
			line.At = &at
		}
		count[check]++
		return json.NewEncoder(to).Encode(line)
	}
}

// meet writes what a policy lets one account do into a target's With. What was
// asked for by a flag of its own may not contradict it.
func (x *extractionFlags) meet(with map[string]string) error {
	if x.policy == "" {
		return nil
	}
	b, err := regular.Read(x.policy, strictyaml.MaxFile)
	if err != nil {
		return err
	}
	p, err := defend.ReadPolicy(x.policy, b)
	if err != nil {
		return err
	}
	set := map[string]string{"answers": p.Answers}
	switch p.Defense {
	case "hardening":
	case "queryguard":
		set = map[string]string{
			"queries": strconv.Itoa(p.Queries), "similar": strconv.Itoa(p.Similar), "near": strconv.FormatFloat(p.Near, 'g', -1, 64),
		}
	default:
		return hint(usagef("%s is about %s, which an account does not meet by its answers", x.policy, p.Defense), "name the policy of hardening or queryguard")
	}
	for key, text := range set {
		if own, ok := with[key]; ok && own != text {
			return usagef("--%s is %s, and %s has %s", key, own, x.policy, text)
		}
		with[key] = text
	}
	return nil
}

// thief returns the engine that copies models.
func (w *wiring) thief() quintain.Engine {
	return extraction.New(extraction.Options{
		Seed: w.seed, MaxSamples: w.evasion.MaxSamples, Open: w.ask, Copied: w.copied, Asked: w.asked, Progress: w.progress,
		Terms: func(t quintain.Target) (perSecond, price float64, err error) {
			on, err := terms(t)
			return on.PerSecond, on.Price, err
		},
	}, w.cat.thefts...)
}
