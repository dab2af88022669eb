package cli

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"quintain/internal/regular"
	"quintain/lab"
)

func labCohortCommand(env *Env, o *labFlags) *cobra.Command {
	var join, learner string
	cmd := &cobra.Command{
		Use:   "cohort [name]",
		Short: "Make a cohort and print its code, or join one with --join",
		Long: `Teach without a server. The teacher makes a cohort and gives its code to the learners.
They join with the code and their name, and hand in what quintain lab export writes.
quintain lab import grades it again under the seeds that were given out.`,
		Example: "  quintain lab cohort autumn\n  quintain lab cohort --join autumn:CODE --learner Ada\n  quintain lab export -o ada.bundle\n  quintain lab import *.bundle",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			if (len(a) == 1) == (join != "") {
				return hint(usagef("want the name of a cohort to make, or --join with a code"), "quintain lab cohort --help")
			}
			err := o.with(cmd.Context(), env, func(r *lab.Range) error {
				if join != "" {
					return r.Join(cmd.Context(), join, learner)
				}
				code, err := r.Cohort(cmd.Context(), a[0])
				if err == nil {
					fmt.Fprintln(env.Stdout, code)
				}
				return err
			})
			if errors.Is(err, lab.ErrCohort) {
				return &usageError{err}
			}
			return err
		},
	}
	cmd.Flags().StringVar(&join, "join", "", "join the cohort with this `code`")
	cmd.Flags().StringVar(&learner, "learner", "", "your `name`, for the teacher")
	return cmd
}

func labExportCommand(env *Env, o *labFlags) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "export", Short: "Write what you handed in as one signed bundle, for a teacher", Args: args(cobra.NoArgs),
		Example: "  quintain lab export -o mine.bundle",
		Long:    "Write the latest attempt at every exercise as one signed bundle: the files that were asked\nfor, what happened, with the files that it happened to, and the seeds to grade it again.\nNothing else of your folders is in it.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				var out bytes.Buffer
				if err := r.Export(cmd.Context(), &out); err != nil {
					return err
				}
				if file == "" || file == "-" {
					_, err := env.Stdout.Write(out.Bytes())
					return err
				}
				return writeFile(file, out.Bytes())
			})
		},
	}
	cmd.Flags().StringVarP(&file, "output", "o", "", "write the bundle to `file`, not to standard output")
	return cmd
}

func labImportCommand(env *Env, o *labFlags) *cobra.Command {
	var asCSV, asJSON bool
	cmd := &cobra.Command{
		Use:     "import <bundle>...",
		Example: "  quintain lab import alice.bundle bob.bundle",
		Short:   "Grade the bundles of learners again, and show who is stuck where",
		Long: `Grade the bundles of learners again, and do again what they did in the worlds of the
exercises. A stage counts if it passes here. The table shows the check that each learner
is stuck on, hints, tries and time at work, and files that are the same under different
seeds, which nobody makes by chance. A seed is "cohort" if it was made again from your
cohort's secret, and "own" if the learner's install chose it. A ledger is "same" if all
that it tells of happened here too; if not, what it tells of counts for nothing from
there on, and a line below the table says why.`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				replays, bad, err := importAll(cmd, env, r, a)
				if err != nil {
					return err
				}
				switch {
				case asJSON:
					err = encode(env, replays)
				case asCSV:
					err = writeClassCSV(env, replays)
				default:
					err = writeClass(env, replays)
				}
				if err == nil && bad > 0 {
					err = &exitError{statusCannot}
				}
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&asCSV, "csv", false, "as CSV")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// importAll replays every bundle; one that is bad is told and left out.
func importAll(cmd *cobra.Command, env *Env, r *lab.Range, names []string) (out []*lab.Replay, bad int, err error) {
	for _, name := range names {
		rp, err := importOne(cmd, r, name)
		if cmd.Context().Err() != nil {
			return nil, 0, cmd.Context().Err()
		}
		if err != nil {
			bad++
			fmt.Fprintf(env.Stderr, "quintain: %s: %s\n", oneLine(name), oneLine(err.Error()))
			continue
		}
		out = append(out, rp)
	}
	return out, bad, nil
}

func importOne(cmd *cobra.Command, r *lab.Range, name string) (*lab.Replay, error) {
	f, err := regular.Open(name)
	if err != nil {
		if p, ok := errors.AsType[*os.PathError](err); ok {
			err = p.Err
		}
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	return r.Import(cmd.Context(), f)
}

var classHeader = []string{"learner", "exercise", "passed", "claimed", "stuck", "tries", "hints", "minutes", "solution", "seed", "ledger", "error"}

func classRow(rp *lab.Replay, at *lab.ReplayedResult) []string {
	seed, told := "own", ""
	if at.Cohort != "" {
		seed = "cohort"
	}
	if at.Told {
		told = "shown"
	}
	return []string{
		rp.Learner, at.Exercise, strings.Join(at.Passed, " "), strings.Join(at.Claimed, " "), at.Stuck,
		strconv.Itoa(at.Tries), strconv.Itoa(at.Hints), strconv.Itoa(at.Minutes), told, seed, ledgerWord(&at.Done), at.Error,
	}
}

// ledgerWord says what became of a ledger when the acts were done again.
func ledgerWord(d *lab.Done) string {
	switch {
	case d.Acts == 0:
		return ""
	case d.Same():
		return "same"
	case d.Differs != "":
		return "differs"
	}
	return fmt.Sprintf("%d of %d", d.Again, d.Acts)
}

func writeClass(env *Env, replays []*lab.Replay) error {
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.ToUpper(strings.Join(classHeader, "\t")))
	for _, rp := range replays {
		for i := range rp.Attempts {
			row := classRow(rp, &rp.Attempts[i])
			for k := range row {
				row[k] = oneLine(row[k])
			}
			fmt.Fprintln(w, strings.Join(row, "\t"))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, rp := range replays {
		for i := range rp.Attempts {
			at := &rp.Attempts[i]
			if !at.Done.Same() {
				fmt.Fprintf(env.Stdout, "ledger of %s at %s: %s\n", oneLine(rp.Learner), oneLine(at.Exercise), oneLine(at.Done.Differs+at.Done.Missing))
			}
		}
	}
	for _, t := range lab.Twins(replays) {
		fmt.Fprintf(env.Stdout, "same file under different seeds: %s of %s, by %s\n", oneLine(t.File), oneLine(t.Exercise), oneLine(strings.Join(t.Learners, ", ")))
	}
	return nil
}

// writeClassCSV writes the table for a spreadsheet. A cell that a spreadsheet
// would take for a formula gets an apostrophe, which makes it text.
func writeClassCSV(env *Env, replays []*lab.Replay) error {
	w := csv.NewWriter(env.Stdout)
	rows := [][]string{classHeader}
	for _, rp := range replays {
		for i := range rp.Attempts {
			rows = append(rows, classRow(rp, &rp.Attempts[i]))
		}
	}
	for _, row := range rows {
		for k, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				row[k] = "'" + cell
			}
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
