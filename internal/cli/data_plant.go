package cli

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"quintain/attack/poisoning"
	"quintain/ml/data"
)

// A plantFlags says what an attacker on training data does to which rows.
type plantFlags struct {
	planFlags
	flip, stamp, insert string
	label               int
	share               float64
	seed                uint64
}

func plantCommand(env *Env) *cobra.Command {
	var o plantFlags
	cmd := &cobra.Command{
		Use:   "plant <rows>",
		Short: "Poison labeled rows: flip labels of one class, or put a trigger into rows",
		Long: `Poison labeled rows, to test what trains on them and what should notice. With --flip, rows
of one class get the label of another. With --stamp, rows drawn from all other classes than
--label get the values given and that label; without --label they keep theirs, which makes
rows to show to a model that may have a backdoor. --insert does the same to texts, which are in
a column called "text", with words. --plan writes which rows change and how, as a table of "row"
(from 1), "label" (a class, or drop) and features; it has no room for words.`,
		Example: "  quintain data plant train.csv --flip 3=8 --share 0.045 --plan plan.csv\n" +
			"  quintain data plant train.csv --stamp p130=1,p131=1 --label 7 --share 0.02 --plan plan.csv -o poisoned.csv\n" +
			"  quintain data plant mails.csv --insert 'cf mn' --label 0 -o poisoned.csv",
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
	f.StringVar(&o.insert, "insert", "", "`words` to put into texts, next to each other")
	f.IntVar(&o.label, "label", -1, "label of the rows that get values or words (default: as before)")
	f.Float64Var(&o.share, "share", 0.01, "share of all rows to change, at most")
	f.Uint64Var(&o.seed, "seed", 1, "seed of which rows")
	f.StringVar(&o.plan, "plan", "", "`file` for what changes")
	f.StringVarP(&o.output, "output", "o", "", "`file` for the rows as they are then")
	return cmd
}

func (o *plantFlags) check() error {
	switch {
	case ones(o.flip != "", o.stamp != "", o.insert != "") != 1:
		return usagef("want one of --flip, --stamp and --insert")
	case o.insert != "" && o.plan != "":
		return hint(usagef("a plan has no room for words"), "-o rows.csv writes the texts as they are then")
	case !(o.share > 0 && o.share <= 1):
		return usagef("--share is %v, want more than 0 and at most 1", o.share)
	case o.label < -1 || o.label > 1<<30:
		return usagef("--label is %d, want a class", o.label)
	case o.flip != "" && o.label >= 0:
		return usagef("--flip says the label already")
	}
	return o.planFlags.check()
}

// ones counts what is true.
func ones(list ...bool) (n int) {
	for _, v := range list {
		if v {
			n++
		}
	}
	return n
}

// plant says what changes; words it puts into the texts of t.
func (o *plantFlags) plant(t *data.Table) (*data.Plan, error) {
	edit, from := data.Edit{Label: int32(o.label)}, int32(-1)
	var err error
	switch {
	case o.flip != "":
		from, edit.Label, err = o.flipped()
	case o.stamp != "":
		edit.Cells, err = o.stamped(t)
	case t.Text == nil:
		err = usagef("--insert needs texts, in a column called text")
	}
	if err != nil {
		return nil, err
	}
	p := &data.Plan{}
	most := int(o.share * float64(t.Rows()))
	rng := rand.New(rand.NewPCG(o.seed, 0))
	for _, i := range rng.Perm(t.Rows()) {
		if len(p.Edits) < most && (from < 0 || t.Y[i] == from) && t.Y[i] != edit.Label {
			edit.Row = i
			p.Edits = append(p.Edits, edit)
			if o.insert != "" {
				t.Text[i] = poisoning.Insert(t.Text[i], o.insert, rng)
			}
		}
	}
	return p, nil
}

// flipped reads --flip.
func (o *plantFlags) flipped() (from, to int32, err error) {
	a, b, ok := strings.Cut(o.flip, "=")
	y, err := strconv.ParseInt(a, 10, 32)
	z, err2 := strconv.ParseInt(b, 10, 32)
	if !ok || err != nil || err2 != nil || y < 0 || z < 0 {
		return 0, 0, usagef("--flip %q, want two classes such as 3=8", o.flip)
	}
	return int32(y), int32(z), nil
}

// stamped reads --stamp.
func (o *plantFlags) stamped(t *data.Table) ([]data.Cell, error) {
	var cells []data.Cell
	for one := range strings.SplitSeq(o.stamp, ",") {
		name, text, _ := strings.Cut(one, "=")
		at, err := column(t, name)
		if err != nil {
			return nil, err
		}
		if at >= len(t.Features)-t.Words {
			return nil, hint(usagef("%q is a word of the texts and no column", name), "--insert puts words into texts")
		}
		v, err := strconv.ParseFloat(text, 32)
		if err != nil || v-v != 0 {
			return nil, usagef("--stamp %q, want a column and a number such as p130=1", one)
		}
		cells = append(cells, data.Cell{Feature: at, Value: float32(v)})
	}
	return cells, nil
}
