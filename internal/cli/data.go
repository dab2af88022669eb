package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"quintain"
	"quintain/assess"
	"quintain/ml"
	"quintain/ml/data"
	"quintain/ml/screen"
)

func dataCommand(env *Env, cat *catalog) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "Look at training data: what it is, who labeled it, whether it is poisoned",
		Args:  args(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(screenCommand(env, cat), profileCommand(env), plantCommand(env), cleanCommand(env), watchCommand(env))
	return cmd
}

func screenCommand(env *Env, cat *catalog) *cobra.Command {
	var o output
	var checks []string
	w := wiring{env: env, cat: cat}
	cmd := &cobra.Command{
		Use:     "screen <rows>",
		Short:   "Search labeled rows for backdoors and wrong labels, before anything is trained on them",
		Example: "  quintain data screen train.csv\n  quintain data screen train.csv --check attack/poisoning/value --json",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			bar := newProgress(env, false)
			w.seed = o.seed
			w.progress = func(done, total int) { bar.step(done, total, "screening "+a[0]) }
			j := job{
				out: &o, kind: "screen", engine: w.poisoner(), checks: checks, digest: assess.Bind,
				targets: []quintain.Target{{Kind: quintain.KindDataset, Ref: a[0]}}, command: repeat(cmd, a, o.seed),
			}
			defer bar.clear()
			return j.run(cmd.Context(), env, cat)
		},
	}
	o.flags(cmd, cat)
	cmd.Flags().StringArrayVar(&checks, "check", nil, "run this `check` or family only (repeatable)")
	return cmd
}

func profileCommand(env *Env) *cobra.Command {
	var by string
	var hidden, asJSON bool
	var seed uint64
	cmd := &cobra.Command{
		Use:   "profile <rows>",
		Short: "Say what labeled rows are like, and whether the rows of one source differ",
		Long: `Say what labeled rows are like: classes, constant features, duplicates, rows that
contradict each other, and rows whose ten nearest neighbors vote for another label.
With --by, the rows of each annotator or source are compared with those of the others. With
--hidden, a small network is trained on the rows, and how each class falls into two parts in its
hidden layer is told, which is where a backdoor shows: look at small parts that are set apart.`,
		Example: "  quintain data profile train.csv\n  quintain data profile train.csv --by annotator\n  quintain data profile train.csv --hidden",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			t, err := data.Open(a[0])
			if err != nil {
				return err
			}
			b, group, err := without(t, by)
			if err != nil {
				return err
			}
			p, err := screen.Profiled(cmd.Context(), b, group)
			if err != nil {
				return err
			}
			if hidden {
				if p.Parts, err = screen.Hidden(cmd.Context(), b, seed); err != nil {
					return err
				}
			}
			if asJSON {
				enc := json.NewEncoder(env.Stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(p)
			}
			return errors.Join(writeProfile(env.Stdout, by, p), writeParts(env.Stdout, p.Parts))
		},
	}
	cmd.Flags().StringVar(&by, "by", "", "compare the rows by this `column`, which is then no feature")
	cmd.Flags().BoolVar(&hidden, "hidden", false, "train a small network and look at the classes in its hidden layer")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of that network")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return cmd
}

// writeParts writes how classes fall apart.
func writeParts(w io.Writer, parts []screen.Part) error {
	if parts == nil {
		return nil
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "\nclass\tsmaller part\tshare\tsilhouette\tstand out most\n")
	for _, p := range parts {
		fmt.Fprintf(tw, "%d\t%s\t%.2f\t%.2f\t%s\n", p.Label, numbered(p.Rows, 1), p.Share, p.Silhouette, numbered(p.Out, 1))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\nclean classes have two parts too: compare them with each other\n")
	return err
}

// without returns the rows without a column, and the column.
func without(t *data.Table, column string) (ml.Batch, []float32, error) {
	if column == "" {
		return t.Batch(), nil, nil
	}
	at := slices.Index(t.Features, column)
	if at < 0 {
		return ml.Batch{}, nil, hint(usagef("no column is called %q", column), "the columns are %s", strings.Join(t.Features[:min(len(t.Features), 12)], ", "))
	}
	if len(t.Features) == 1 {
		return ml.Batch{}, nil, usagef("there is no feature besides %q", column)
	}
	out := ml.Batch{Dim: len(t.Features) - 1, Y: t.Y}
	var group []float32
	for i := range t.Rows() {
		row := t.Row(i)
		group = append(group, row[at])
		out.X = append(append(out.X, row[:at]...), row[at+1:]...)
	}
	return out, group, nil
}

func writeProfile(w io.Writer, by string, p *screen.Profile) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "rows\t%d of %d features\n", p.Rows, p.Features)
	fmt.Fprintf(tw, "labels\t%s\n", counted(p.Labels))
	fmt.Fprintf(tw, "constant features\t%s\n", numbered(p.Constant, 0))
	fmt.Fprintf(tw, "duplicates\t%s\n", numbered(p.Duplicates, 1))
	fmt.Fprintf(tw, "nearly duplicates\t%s\n", numbered(p.Close, 1))
	fmt.Fprintf(tw, "equal rows, other label\t%s\n", numbered(p.Conflicts, 1))
	fmt.Fprintf(tw, "outvoted by neighbors\t%s\n", numbered(p.Outvoted, 1))
	if err := tw.Flush(); err != nil || p.Groups == nil {
		return err
	}
	fmt.Fprintf(tw, "\n%s\trows\toutvoted\tp\tmostly\t\n", by)
	for _, g := range p.Groups {
		mostly, mark := "", ""
		if g.From >= 0 {
			mostly = fmt.Sprintf("labeled %d, neighbors say %d", g.From, g.To)
		}
		if g.Stands {
			mark = "stands out"
		}
		fmt.Fprintf(tw, "%v\t%d\t%d\t%.2g\t%s\t%s\n", g.Value, g.Rows, g.Outvoted, g.P, mostly, mark)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\np is the chance of so many outvoted rows if all sources were alike (exact binomial test);\nof those that stand out, 5 in 100 do so by chance\n")
	return err
}

// counted writes how many rows each class has.
func counted(labels []int) string {
	var parts []string
	for y, n := range labels {
		parts = append(parts, fmt.Sprintf("%d: %d", y, n))
	}
	const most = 20
	if len(parts) > most {
		parts = append(parts[:most], fmt.Sprintf("and %d more classes", len(labels)-most))
	}
	return strings.Join(parts, ", ")
}

// numbered writes how many there are and which come first.
func numbered(list []int, from int) string {
	if len(list) == 0 {
		return "none"
	}
	const most = 8
	var parts []string
	for _, i := range list[:min(len(list), most)] {
		parts = append(parts, fmt.Sprint(i+from))
	}
	s := fmt.Sprintf("%d: %s", len(list), strings.Join(parts, ", "))
	if len(list) > most {
		s += ", ..."
	}
	return s
}
