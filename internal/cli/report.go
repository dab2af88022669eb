package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"quintain/internal/regular"
	doc "quintain/report"
)

func reportCommand(env *Env, cat *catalog) *cobra.Command {
	var o output
	var schema bool
	cmd := &cobra.Command{
		Use:     "report <run.json>",
		Short:   "Write a run in another format",
		Long:    "Write the run kept in run.json (- for standard input) in another format.\nThe exit status says what the run found, as it did at first.",
		Example: "  quintain report run.json\n  quintain report run.json --format html -o report.html",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, a []string) error {
			if schema {
				_, err := env.Stdout.Write(doc.Schema())
				return err
			}
			if len(a) == 0 {
				return hint(usagef("which run?"), "quintain report run.json --format html -o report.html")
			}
			f, _, _, err := o.parse(cat)
			if err != nil {
				return err
			}
			d, err := readRun(env, a[0])
			if err != nil {
				return err
			}
			if err := o.write(env, f, d); err != nil {
				return err
			}
			return status(d)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&o.format, "format", "text", "write as one of the formats")
	fl.StringVarP(&o.file, "output", "o", "", "write to `file`")
	fl.BoolVar(&schema, "schema", false, "write the JSON schema of run.json")
	o.failOn = "high"
	return cmd
}

// readRun reads a report that was written as JSON.
func readRun(env *Env, name string) (*doc.Document, error) {
	r := env.Stdin
	if name != "-" {
		f, err := regular.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // only read
		r = f
	}
	d, err := doc.Decode(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return d, nil
}
