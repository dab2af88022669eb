package cli

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"quintain/ml/data"
)

// A plantFlags says what an attacker on training data does to which rows.
type plantFlags struct {
	planFlags
	flip, stamp string
	label       int
	share       float64
	seed        uint64
}

func plantCommand(env *Env) *cobra.Command {
	var o plantFlags
	cmd := &cobra.Command{
		Use:   "plant <rows>",
		Short: "Poison labeled rows: flip labels of one class, or stamp a trigger on rows",
		Long: `Poison labeled rows, to test what trains on them and what should notice. With --flip, rows
of one class get the label of another. With --stamp, rows drawn from all other classes than
--label get the values given and that label; without --label they keep theirs, which makes
rows to show to a model that may have a backdoor. --plan writes which rows change and how,
as a table of "row" (from 1), "label" (a class, or drop) and features.`,
		Example: "  quintain data plant train.csv --flip 3=8 --share 0.045 --plan plan.csv\n" +
			"  quintain data plant train.csv --stamp p130=1,p131=1 --label 7 --share 0.02 --plan plan.csv -o poisoned.csv",
		Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			if err := o.check(); err != nil {
				return err
			}
			t, err := data.Open(a[0])
			if err != nil {
				return err
			}
			p, err := o.plant(t)
			if err != nil {
				return err
			}
			return o.write(env.Stdout, t, p)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.flip, "flip", "", "give rows of one class the label of another, `FROM=TO`")
	f.StringVar(&o.stamp, "stamp", "", "values to write into rows, `COLUMN=VALUE` and more after commas")
	f.IntVar(&o.label, "label", -1, "label of stamped rows (default: as before)")
	f.Float64Var(&o.share, "share", 0.01, "share of all rows to change, at most")
	f.Uint64Var(&o.seed, "seed", 1, "seed of which rows")
	f.StringVar(&o.plan, "plan", "", "`file` for what changes")
	f.StringVarP(&o.output, "output", "o", "", "`file` for the rows as they are then")
	return cmd
}

func (o *plantFlags) check() error {
	switch {
	case (o.flip == "") == (o.stamp == ""):
		return usagef("want either --flip or --stamp")
	case !(o.share > 0 && o.share <= 1):
		return usagef("--share is %v, want more than 0 and at most 1", o.share)
	case o.label < -1 || o.label > 1<<30:
		return usagef("--label is %d, want a class", o.label)
	case o.flip != "" && o.label >= 0:
		return usagef("--flip says the label already")
	}
	return o.planFlags.check()
}

func (o *plantFlags) plant(t *data.Table) (*data.Plan, error) {
	edit, from := data.Edit{Label: int32(o.label)}, int32(-1)
	if o.flip != "" {
		a, b, ok := strings.Cut(o.flip, "=")
		y, err := strconv.ParseInt(a, 10, 32)
		to, err2 := strconv.ParseInt(b, 10, 32)
		if !ok || err != nil || err2 != nil || y < 0 || to < 0 {
			return nil, usagef("--flip %q, want two classes such as 3=8", o.flip)
		}
		from, edit.Label = int32(y), int32(to)
	} else {
		for one := range strings.SplitSeq(o.stamp, ",") {
			name, text, _ := strings.Cut(one, "=")
			at, err := column(t, name)
			if err != nil {
				return nil, err
			}
			v, err := strconv.ParseFloat(text, 32)
			if err != nil || v-v != 0 {
				return nil, usagef("--stamp %q, want a column and a number such as p130=1", one)
			}
			edit.Cells = append(edit.Cells, data.Cell{Feature: at, Value: float32(v)})
		}
	}
	p := &data.Plan{}
	most := int(o.share * float64(t.Rows()))
	for _, i := range rand.New(rand.NewPCG(o.seed, 0)).Perm(t.Rows()) {
		if len(p.Edits) < most && (from < 0 || t.Y[i] == from) && t.Y[i] != edit.Label {
			edit.Row = i
			p.Edits = append(p.Edits, edit)
		}
	}
	return p, nil
}
