package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"quintain"
	"quintain/internal/regular"
	"quintain/lab"
	"quintain/ml"
	"quintain/ml/data"
	logwatch "quintain/ml/watch"
)

// A watchFlags says what honest accounts are like, and when to raise an alarm.
type watchFlags struct {
	train, benign string
	session       int
	perMinute     int
	share, delta  float64
	window        int
	similar       int
	near          float64
	seed          uint64
	json          bool
}

func watchCommand(env *Env) *cobra.Command {
	var o watchFlags
	cmd := &cobra.Command{
		Use:   "watch <log.jsonl>",
		Short: "Search a log of requests for accounts that copy the model",
		Long: `Search a log of requests for accounts that copy a model, by four watchers: the rate of
questions, the distribution that the model was trained on (rows unlike it), PRADA (distances
between questions that are not spread like a normal distribution), and questions that hardly
differ from earlier ones.

Honest accounts come first: all watchers see those of --benign, or, without it, accounts that
ask about half of the rows of --train while the other half says what is normal. A watcher that
accuses them is of no use, whatever it finds. Then it is told after how many questions each
account of the log raises the first alarm.

Every line of a log is a JSON object such as {"account": "a17", "at": 12.5, "row": [0.3, 1],
"label": 1}, with the answer as label, counted from 0; "at", in seconds or as a time such as
2027-01-31T12:00:00Z, is needed for the rate only.

That accounts raise an alarm is no verdict: the status is 0 whether they do or not.`,
		Example: "  quintain data watch requests.jsonl --train train.csv\n  quintain data watch requests.jsonl --train train.csv --benign january.jsonl --per-minute 60 --json",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			r, err := o.watch(a[0])
			if err != nil {
				return err
			}
			if o.json {
				enc := json.NewEncoder(env.Stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(r)
			}
			return writeWatch(env.Stdout, r)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.train, "train", "", "rows that the model was trained on, which say what customers ask")
	f.StringVar(&o.benign, "benign", "", "log `file` of accounts that are known to be honest")
	f.IntVar(&o.session, "session", 100, "requests of an honest account that is made of training rows")
	f.IntVar(&o.perMinute, "per-minute", 0, "requests that an account may make in a minute (default: twice the most of an honest one)")
	f.Float64Var(&o.share, "share", 0.25, "share of an account's last requests that may be unlike the training rows")
	f.IntVar(&o.window, "window", 40, "how many requests these are")
	f.Float64Var(&o.delta, "delta", 0.9, "PRADA's W below which distances are not normal")
	f.IntVar(&o.similar, "similar", 10, "requests that may be near an earlier one")
	f.Float64Var(&o.near, "near", 0.01, "how near that is, in units of the range of each feature")
	f.Uint64Var(&o.seed, "seed", 1, "seed of everything random")
	f.BoolVar(&o.json, "json", false, "write JSON")
	return cmd
}

func (o *watchFlags) check() error {
	switch {
	case o.train == "":
		return hint(usagef("no rows to say what customers ask"), "quintain data watch requests.jsonl --train train.csv")
	case o.session < 1 || o.window < 1 || o.window > 100_000:
		return usagef("--session is %d and --window %d, want numbers above 0", o.session, o.window)
	case o.perMinute < 0 || o.similar < 0:
		return usagef("--per-minute is %d and --similar %d, want numbers that are not negative", o.perMinute, o.similar)
	case !(o.share > 0 && o.share < 1 && o.delta > 0 && o.delta < 1 && o.near >= 0 && o.near <= 1):
		return usagef("--share is %v, --delta %v and --near %v, want numbers from 0 to 1", o.share, o.delta, o.near)
	}
	return nil
}

// A watchReport is what data watch finds out.
type watchReport struct {
	Log       string         `json:"log"`
	Benign    string         `json:"benign"` // where honest accounts come from
	Honest    int            `json:"honest"` // how many
	Watchers  []watcher      `json:"watchers"`
	Accounts  []watchAccount `json:"accounts"` // of the log
	Requests  int            `json:"requests"`
	Withdrawn []string       `json:"withdrawn,omitempty"` // watchers that could not look, and why
}

// A watcher is one kind of alarm with what it does to honest accounts.
type watcher struct {
	Name  string            `json:"name"`
	Rule  string            `json:"rule"`
	False *quintain.Measure `json:"falseAlarms,omitempty"` // nil where honest accounts have no times
	Found quintain.Measure  `json:"alarms"`

	fresh func() logwatch.Watcher
}

// A watchAccount is one account of the log.
type watchAccount struct {
	Name     string         `json:"name"`
	Requests int            `json:"requests"`
	Alarms   map[string]int `json:"alarms"` // by watcher: requests until its first alarm; 0 is never
}

// watch compares the accounts of a log with honest ones.
func (o *watchFlags) watch(name string) (*watchReport, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	t, err := data.Open(o.train)
	if err != nil {
		return nil, err
	}
	accounts, err := readLog(name, len(t.Features))
	if err != nil {
		return nil, err
	}
	normal, honest, from, err := o.honest(t)
	if err != nil {
		return nil, err
	}
	r := &watchReport{Log: name, Benign: from, Honest: len(honest)}
	if r.Watchers, r.Withdrawn, err = o.watchers(normal, t, honest, accounts); err != nil {
		return nil, err
	}
	for _, a := range accounts {
		r.Accounts = append(r.Accounts, watchAccount{Name: a.Name, Requests: len(a.Requests), Alarms: make(map[string]int)})
		r.Requests += len(a.Requests)
	}
	for i := range r.Watchers {
		w := &r.Watchers[i]
		got, err := logwatch.Compare(w.fresh, requests(honest), requests(accounts), o.seed)
		if err != nil {
			return nil, err
		}
		if w.Found = got.Found; w.Name != byRate || timed(honest) {
			w.False = &got.False
		}
		w.Found.Name = "accounts accused"
		for j, n := range got.Until {
			r.Accounts[j].Alarms[w.Name] = n
		}
	}
	return r, nil
}

func readLog(name string, dim int) ([]logwatch.Account, error) {
	f, err := regular.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	a, err := logwatch.ReadLog(f, dim)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}

func requests(accounts []logwatch.Account) [][]logwatch.Request {
	var out [][]logwatch.Request
	for _, a := range accounts {
		out = append(out, a.Requests)
	}
	return out
}

// honest returns the rows that say what is normal, and honest accounts.
func (o *watchFlags) honest(t *data.Table) (normal ml.Batch, accounts []logwatch.Account, from string, err error) {
	all := t.Batch()
	if o.benign != "" {
		accounts, err = readLog(o.benign, all.Dim)
		return all, accounts, o.benign, err
	}
	order := rand.New(rand.NewPCG(o.seed, 0)).Perm(all.Rows())
	half := len(order) / 2
	for i, at := range order[half:] {
		if i%o.session == 0 {
			accounts = append(accounts, logwatch.Account{})
		}
		a := &accounts[len(accounts)-1]
		a.Requests = append(a.Requests, logwatch.Request{Row: all.Row(at), Label: int(all.Y[at])})
	}
	return all.Pick(order[:half]), accounts, fmt.Sprintf("%d rows of %s that the profile is not made of, %d an account", len(order)-half, o.train, o.session), nil
}

// edge is the share of training rows that count as unlike the others.
const edge = 0.02

// watchers returns those that can look at the log, and why others cannot.
func (o *watchFlags) watchers(normal ml.Batch, t *data.Table, honest, accounts []logwatch.Account) (out []watcher, withdrawn []string, err error) {
	profile, err := logwatch.NewProfile(normal, edge)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", o.train, err)
	}
	low, high := t.Ranges()
	span := make([]float32, len(low))
	for j := range span {
		span[j] = high[j] - low[j]
	}
	most, why := o.pace(honest, accounts)
	if why != "" {
		withdrawn = append(withdrawn, why)
	} else {
		out = append(out, watcher{
			Name: byRate, Rule: fmt.Sprintf("more than %d requests in a minute", most),
			fresh: func() logwatch.Watcher { return &logwatch.Rate{Most: most, Seconds: 60} },
		})
	}
	return append(
		out,
		watcher{
			Name: "distribution", Rule: fmt.Sprintf("more than %v of the last %d rows as unlike the training rows as %v of these", o.share, o.window, edge),
			fresh: func() logwatch.Watcher { return &logwatch.Novelty{Profile: profile, Share: o.share, Window: o.window} },
		},
		watcher{
			Name: "prada", Rule: fmt.Sprintf("distances between rows with W below %v", o.delta),
			fresh: func() logwatch.Watcher { return &logwatch.PRADA{Delta: o.delta} },
		},
		watcher{
			Name: "similar", Rule: fmt.Sprintf("more than %d rows within %v of each range of an earlier one", o.similar, o.near),
			fresh: func() logwatch.Watcher { return &logwatch.Similar{Most: o.similar, Near: o.near, Span: span} },
		},
	), withdrawn, nil
}

// pace returns how many requests an account may make in a minute, or why that
// cannot be watched.
func (o *watchFlags) pace(honest, accounts []logwatch.Account) (most int, why string) {
	switch {
	case !timed(accounts):
		return 0, byRate + ": some accounts have requests without a time"
	case o.perMinute > 0:
		return o.perMinute, ""
	case !timed(honest):
		return 0, byRate + ": honest accounts have no times; say what is allowed with --per-minute"
	}
	for _, a := range honest {
		most = max(most, 2*a.Busiest(60))
	}
	return most, ""
}

// byRate is the watcher that needs times.
const byRate = "rate"

func timed(accounts []logwatch.Account) bool {
	return !slices.ContainsFunc(accounts, func(a logwatch.Account) bool { return !a.Timed })
}

func writeWatch(w io.Writer, r *watchReport) error {
	fmt.Fprintf(w, "honest first: %d accounts, %s\n\n", r.Honest, oneLine(r.Benign))
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(tw, "watcher\tfalse alarms\talarm if\n")
	for _, x := range r.Watchers {
		accused := "not measured"
		if m := x.False; m != nil {
			accused = lab.Value(lab.Reading{Value: m.Value, Low: m.Low, High: m.High, Trials: m.Trials})
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\n", x.Name, accused, x.Rule)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, x := range r.Watchers {
		if x.False != nil && x.False.Value > 0 {
			fmt.Fprintf(w, "%s accuses honest accounts, so its alarms show nothing\n", x.Name)
		}
	}
	for _, why := range r.Withdrawn {
		fmt.Fprintf(w, "not watched: %s\n", oneLine(why))
	}
	fmt.Fprintf(w, "\n%s: %s of %s; requests until the first alarm\n\n", oneLine(r.Log), plural(r.Requests, "request"), plural(len(r.Accounts), "account"))
	fmt.Fprint(tw, "account\trequests")
	for _, x := range r.Watchers {
		fmt.Fprintf(tw, "\t%s", x.Name)
	}
	fmt.Fprintln(tw)
	for _, a := range r.Accounts {
		fmt.Fprintf(tw, "%s\t%d", oneLine(strings.ReplaceAll(a.Name, "\t", " ")), a.Requests)
		for _, x := range r.Watchers {
			if n := a.Alarms[x.Name]; n > 0 {
				fmt.Fprintf(tw, "\t%d", n)
			} else {
				fmt.Fprint(tw, "\tnever")
			}
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}
