package dark

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"quintain/lab"
	"quintain/lab/integrity/internal/pictures"
	"quintain/ledger"
)

var acts = []lab.Act{
	{
		Name: "train", Usage: "a|b [PLAN]",
		Doc: "Train the hospital's pipeline on a set as a plan leaves it, and show accuracy and the recall of every class on test.csv",
		Run: actTrain,
	},
	{
		Name: "replay", Usage: "POLICY",
		Doc: "Show, week by week, what a policy would have said in two recorded loops, one of them attacked",
		Run: actReplay,
	},
}

func note(a *lab.Attempt, name string, args []string) error {
	b, err := json.Marshal(args)
	if err != nil {
		return err
	}
	_, err = a.Ledger.Append(ledger.Event{Kind: ledger.KindCall, Actor: "learner", Name: name, Args: b})
	return err
}

func actTrain(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) < 1 || len(args) > 2 || args[0] != "a" && args[0] != "b" {
		return fmt.Errorf("want the set, a or b, and maybe a plan: quintain lab act I04 train a %s", planFile)
	}
	d := own(a)
	if args[0] == "b" {
		d = stranger(a)
	}
	rows, what := d.rows, "as it is"
	if len(args) == 2 {
		p, err := labelPlan(a, args[1], true)
		if err != nil {
			return err
		}
		rows, _ = p.Apply(rows)
		what = fmt.Sprintf("with %d rows changed or dropped (%.3g %%)", len(p.Edits), 100*float64(len(p.Edits))/rowsTrain)
	}
	if rows.Rows() == 0 {
		return fmt.Errorf("no row is left to train on")
	}
	if err := note(a, "pipeline.train", args); err != nil {
		return err
	}
	test := pictures.Draw(rowsTest, a.Seed("test"))
	h, err := pictures.Trained(ctx, rows, test, []uint64{a.Seed("learner 1"), a.Seed("learner 2")})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "set %s %s: accuracy %.3f on test.csv\n\n", args[0], what, h.Accuracy())
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "class\t")
	for k := range pictures.Classes {
		fmt.Fprintf(tw, "%d\t", k)
	}
	fmt.Fprint(tw, "\nrecall\t")
	for k := range pictures.Classes {
		fmt.Fprintf(tw, "%.2f\t", h.Recall(k))
	}
	fmt.Fprintln(tw)
	return tw.Flush()
}

func actReplay(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("want a policy: quintain lab act I04 replay %s", policyFile)
	}
	p, err := readPolicy(a, args[0])
	if err != nil {
		return err
	}
	if err := note(a, "loop.replay", args); err != nil {
		return err
	}
	quiet, err := replayed(ctx, a, "rehearsal quiet", false, true)
	if err != nil {
		return err
	}
	skewed, err := replayed(ctx, a, "rehearsal skewed", true, true)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s over %d weeks, alert from %.4g\n\n", p.Statistic, p.Window, p.Threshold)
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "week\tnobody attacks\tskewed\trecall lost\t\n")
	for w := range weeks {
		fmt.Fprintf(tw, "%d\t%s\t%s\t", w+1, p.cell(quiet, w), p.cell(skewed, w))
		if w < len(skewed.lost) {
			fmt.Fprintf(tw, "%.2f\t", skewed.lost[w])
		} else {
			fmt.Fprint(tw, "\t")
		}
		fmt.Fprintln(tw)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n* alert. Class %d of the skewed loop is labeled %d more and more from week %d; recall lost is its own.\n",
		skewed.skew.victim, skewed.skew.as, skewed.skew.from+1)
	return nil
}

// cell writes a week of a replay.
func (p policy) cell(r replay, week int) string {
	if week < p.Window-1 || week >= len(r.lost) {
		return ""
	}
	v := p.value(r.loop, r.history, week)
	if v >= p.Threshold {
		return fmt.Sprintf("%.3f *", v)
	}
	return fmt.Sprintf("%.3f", v)
}
