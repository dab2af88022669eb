package scorer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"quintain/attack/extraction"
	"quintain/lab"
	"quintain/ledger"
	"quintain/ml"
	"quintain/ml/onnx"
)

var acts = []lab.Act{
	{Name: "steal", Usage: "SOURCE ANSWERS CALLS FILE", Doc: "open an account, ask CALLS questions (rows, marginals, mixed or noise), keep scores or labels, train a copy and write it to FILE", Run: stealAct},
	{Name: "measure", Usage: "FILE", Doc: "hold a copy against the scorer on 2,000 applicants", Run: measureAct},
	{Name: "replay", Usage: "[FILE]", Doc: "run last week's clients and three of the thieves through a policy, policy.yaml unless you name another", Run: replayAct},
}

// setup hands over what a competitor knows, and a policy that lets everything
// pass.
func setup(_ context.Context, w *lab.Setup) error {
	b := &bureau{}
	b.draw(w.Rand("habits"))
	if err := w.Write("applicants.csv", table(b.applicants(ownedRows, w.Rand("own")))); err != nil {
		return err
	}
	return w.Writef("policy.yaml", "answers: scores # scores, round:N or labels\nper-day: 0      # calls of an account in a day; 0 is no limit\nwindow: 0       # calls that are judged together; 0 watches nothing\nshare: 1        # of a window that may be unlike applicants\nmark: 0         # how far answers lean along the secret direction, from 0 to 2\n")
}

// note writes what was done to the ledger.
func note(a *lab.Attempt, name string, args any) error {
	raw, err := json.Marshal(args)
	if err != nil {
		return err
	}
	_, err = a.Ledger.Append(ledger.Event{Kind: ledger.KindCall, Actor: "competitor", Name: name, Args: raw})
	return err
}

func stealAct(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) != 4 {
		return lab.Faultf("", "steal takes a source, answers, a number of calls and a file, such as: steal noise scores 1000 copy.onnx")
	}
	source := extraction.Source(args[0])
	if args[0] == "mixed" {
		source = extraction.Mixed
	} else if s, err := extraction.ParseSource(args[0]); err != nil || s == extraction.Mixed {
		return lab.Faultf("", "source is %q, want rows, marginals, mixed or noise", args[0])
	}
	answers, err := extraction.ParseAnswers(args[1])
	if err != nil {
		return lab.Faultf("", "%s", err)
	}
	if answers.Noise() > 0 {
		return lab.Faultf("", "answers are %q, and this scorer gives none with noise", args[1])
	}
	n, err := strconv.Atoi(args[2])
	if err != nil || n < 1 || n > quota {
		return lab.Faultf("", "calls are %q, want a number from 1 to %d: an account has no more", args[2], quota)
	}
	b, err := open(ctx, a)
	if err != nil {
		return err
	}
	own := b.applicants(ownedRows, a.Rand("own"))
	g, err := steal(ctx, b.net, ml.Batch{X: own.X, Dim: features}, source, answers, n, a.Seed("thief"))
	if err != nil {
		return err
	}
	raw, err := onnx.Marshal(g)
	if err != nil {
		return err
	}
	if err := (&lab.Setup{Attempt: a}).Write(args[3], raw); err != nil {
		return err
	}
	if source == extraction.Own {
		n = min(n, ownedRows)
	}
	if err := note(a, "score", map[string]any{"calls": n, "source": args[0], "answers": args[1]}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: a copy trained on %d answers (%s) to questions of source %s\n", args[3], n, args[1], args[0])
	return err
}

func measureAct(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) != 1 {
		return lab.Faultf("", "measure takes one file, such as copy.onnx")
	}
	b, err := open(ctx, a)
	if err != nil {
		return err
	}
	net, err := handedIn(a, args[0])
	if err != nil {
		return err
	}
	const people = 2000
	n, err := agree(ctx, net, b.net, b.applicants(people, a.Rand("measure")))
	if err != nil {
		return err
	}
	r := lab.Rate(n, people, a.Seed("measure"))
	_, err = fmt.Fprintf(out, "%s says what the scorer says of %d of %d applicants: %s\n", args[0], n, people, lab.Value(r))
	return err
}

func replayAct(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) > 1 {
		return lab.Faultf("", "replay takes one file at most")
	}
	p, err := readPolicy(a, append(args, "policy.yaml")[0])
	if err != nil {
		return err
	}
	b, err := open(ctx, a)
	if err != nil {
		return err
	}
	r, err := b.play(ctx, a.Source, "last week", p, seenStrategies)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "honest clients: %d of %d calls refused (%.2f %%)\n", r.refused, r.calls, 100*float64(r.refused)/float64(r.calls))
	fmt.Fprintf(out, "the mark changes %d of %d decisions (%.2f %%)\n\n", r.changed, r.people, 100*float64(r.changed)/float64(r.people))
	free, err := b.openHouse(ctx, a.Source, "last week")
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "THIEF ASKS ABOUT\tANSWERED\tCOPY AGREES")
	for _, t := range r.thieves {
		fmt.Fprintf(w, "%s\t%d of %d\t%.3f\n", t.name, t.answered, quota, float64(t.agrees)/judged)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\nA thief who is told everything reaches %.3f; nobody may come closer than %.2f below that.\nThe check has three more thieves, one of whom has read your policy.\n", free, -thiefLimit)
	return err
}
