package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"quintain/attack/poisoning"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/screen"
)

// A cleanFlags says which rows go.
type cleanFlags struct {
	planFlags
	drop    []string
	within  []string
	by      []string
	relabel string
	votes   int
}

func cleanCommand(env *Env) *cobra.Command {
	var o cleanFlags
	cmd := &cobra.Command{
		Use:   "clean <rows>",
		Short: "Drop rows that carry a trigger, that their neighbors outvote, or that are from one source",
		Long: `Drop rows, and write what is left or which rows go. What --drop names:

  trigger        rows with a pattern of values, or texts with a phrase, that has one label and looks
                 like other classes
  neighbors      rows whose ten nearest neighbors vote for another label
  COLUMN=VALUE   rows of one source, such as annotator=5, or of one class, such as label=3

Columns that say where a row is from, and not what it is, are named with --by and are no
features. With --within, only rows that have all these values are judged by neighbors, and
only the others vote: neighbors that lie together agree. With --relabel, outvoted rows stay
and get a label: one class if it is known which was flipped, or that of the vote.`,
		Example: "  quintain data clean train.csv --drop trigger -o clean.csv --plan fix.csv\n" +
			"  quintain data clean train.csv --by annotator --drop neighbors --within annotator=5,label=8 --relabel 3 --plan fix.csv",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			if err := o.check(); err != nil {
				return err
			}
			t, err := data.Open(a[0])
			if err != nil {
				return err
			}
			p, err := o.clean(cmd.Context(), env.Stdout, t)
			if err != nil {
				return err
			}
			return o.write(env.Stdout, t, p)
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.drop, "drop", nil, "`what` to drop: trigger, neighbors, or COLUMN=VALUE (repeatable)")
	f.StringSliceVar(&o.by, "by", nil, "`columns` that say where a row is from; they are no features")
	f.StringSliceVar(&o.within, "within", nil, "judge only rows that have these values, `COLUMN=VALUE`, by all others")
	f.IntVar(&o.votes, "votes", 1, "of ten neighbors, how many at least have to agree on another label, besides being the most")
	f.StringVar(&o.relabel, "relabel", "", "give outvoted rows this `class`, or that of the vote, instead of dropping them")
	f.StringVar(&o.plan, "plan", "", "`file` for what changes")
	f.StringVarP(&o.output, "output", "o", "", "`file` for the rows that are left")
	return cmd
}

const (
	dropTrigger   = "trigger"
	dropNeighbors = "neighbors"
	relabelVote   = "vote"
	neighborhood  = 10
)

func (o *cleanFlags) check() error {
	judged := slices.Contains(o.drop, dropNeighbors)
	switch {
	case len(o.drop) == 0:
		return hint(usagef("nothing to drop"), "--drop trigger, --drop neighbors or --drop annotator=5")
	case o.votes < 1 || o.votes > neighborhood:
		return usagef("--votes is %d, want 1 to %d", o.votes, neighborhood)
	case !judged && (o.within != nil || o.relabel != ""):
		return usagef("--within and --relabel go with --drop neighbors")
	}
	if _, err := o.label(0); err != nil {
		return err
	}
	return o.planFlags.check()
}

// label returns what a row gets that is outvoted.
func (o *cleanFlags) label(vote int32) (int32, error) {
	switch o.relabel {
	case "":
		return data.Drop, nil
	case relabelVote:
		return vote, nil
	}
	y, err := strconv.ParseInt(o.relabel, 10, 32)
	if err != nil || y < 0 {
		return 0, usagef("--relabel is %q, want a class or %s", o.relabel, relabelVote)
	}
	return int32(y), nil
}

// clean returns what changes, and says what was found.
func (o *cleanFlags) clean(ctx context.Context, w io.Writer, t *data.Table) (*data.Plan, error) {
	b, err := o.features(t)
	if err != nil {
		return nil, err
	}
	labels := make(map[int]int32)
	for _, what := range o.drop {
		switch what {
		case dropTrigger:
			if err := triggered(ctx, w, b, labels); err != nil {
				return nil, err
			}
		case dropNeighbors:
			if err := o.outvoted(ctx, t, b.Batch(), labels); err != nil {
				return nil, err
			}
		default:
			has, err := equals(t, what)
			if err != nil {
				return nil, err
			}
			for i := range t.Rows() {
				if has(i) {
					labels[i] = data.Drop
				}
			}
		}
	}
	p := &data.Plan{}
	for i := range t.Rows() {
		if l, ok := labels[i]; ok {
			p.Edits = append(p.Edits, data.Edit{Row: i, Label: l})
		}
	}
	return p, nil
}

// triggered drops the rows that carry a trigger.
func triggered(ctx context.Context, w io.Writer, b featured, labels map[int]int32) error {
	found, err := b.triggers(ctx)
	if err != nil {
		return err
	}
	for _, tr := range found {
		for _, i := range tr.Rows {
			labels[i] = data.Drop
		}
		fmt.Fprintf(w, "trigger: %s, label %d, %d rows, of which %d look like another class\n", b.cells(tr), tr.Target, len(tr.Rows), tr.Odd)
	}
	phrases, err := screen.Phrases(ctx, b.Text, b.Y[:len(b.Text)])
	if err != nil {
		return err
	}
	for _, p := range phrases {
		for _, i := range p.Rows {
			labels[i] = data.Drop
		}
		fmt.Fprintf(w, "trigger: %q, label %d, %d rows, of which %d look like another class\n", p.Text, p.Target, len(p.Rows), p.Odd)
	}
	if len(found)+len(phrases) == 0 {
		fmt.Fprintln(w, "no trigger was found that this search can find")
	}
	return nil
}

// A featured is a table of which only features are left.
type featured struct{ *data.Table }

// triggers mines the columns of numbers.
func (f featured) triggers(ctx context.Context) ([]screen.Trigger, error) {
	numbers := (&poisoning.Data{Batch: f.Batch(), Words: f.Words}).Numbers()
	if numbers.Dim == 0 {
		return nil, nil
	}
	return screen.Triggers(ctx, numbers)
}

// cells names a trigger as --stamp takes it.
func (f featured) cells(t screen.Trigger) string {
	var cells []string
	for _, c := range t.Cells {
		cells = append(cells, fmt.Sprintf("%s=%v", oneLine(f.Features[c.Feature]), c.Value))
	}
	return strings.Join(cells, ",")
}

// features leaves out the columns that say where a row is from.
func (o *cleanFlags) features(t *data.Table) (featured, error) {
	out := featured{&data.Table{Y: t.Y, Text: t.Text, Words: t.Words}}
	var at []int
	for i, name := range t.Features {
		if !slices.Contains(o.by, name) {
			out.Features, at = append(out.Features, name), append(at, i)
		}
	}
	for _, name := range o.by {
		if at, err := column(t, name); err != nil {
			return out, err
		} else if at >= len(t.Features)-t.Words {
			return out, usagef("%q is a word of the texts and no column", name)
		}
	}
	if len(at) == 0 {
		return out, usagef("no feature is left")
	}
	for i := range t.Rows() {
		row := t.Row(i)
		for _, j := range at {
			out.X = append(out.X, row[j])
		}
	}
	return out, nil
}

// outvoted marks the rows whose neighbors vote for another label.
func (o *cleanFlags) outvoted(ctx context.Context, t *data.Table, b ml.Batch, labels map[int]int32) error {
	var conditions []func(row int) bool
	for _, c := range o.within {
		has, err := equals(t, c)
		if err != nil {
			return err
		}
		conditions = append(conditions, has)
	}
	var judged, voters []int
	for i := range t.Rows() {
		in := !slices.ContainsFunc(conditions, func(has func(int) bool) bool { return !has(i) })
		if in {
			judged = append(judged, i)
		}
		if !in || len(conditions) == 0 {
			voters = append(voters, i)
		}
	}
	votes, err := screen.Votes(ctx, b, judged, voters, neighborhood)
	if err != nil {
		return err
	}
	for j, v := range votes {
		i := judged[j]
		if v.Label < 0 || v.Label == t.Y[i] || v.Count < o.votes || labels[i] == data.Drop {
			continue
		}
		if labels[i], err = o.label(v.Label); err != nil {
			return err
		}
	}
	return nil
}
