package cli

import (
	"os"

	"github.com/spf13/cobra"

	"quintain"
)

func scanCommand(env *Env, cat *catalog) *cobra.Command {
	var o output
	var jobs int
	var undecided bool
	cmd := &cobra.Command{
		Use:     "scan <path>...",
		Short:   "Find what runs, leaks or lies in model files when they are loaded",
		Long:    "Scan model files, archives of them, and folders. Nothing is executed, imported or\ndeserialized. What could not be analyzed is said to be so, and fails the gate.",
		Example: "  quintain scan model.pt\n  quintain scan models/ --format sarif -o scan.sarif",
		Args:    args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			if _, _, _, err := o.parse(cat); err != nil {
				return err
			}
			w := wiring{env: env, cat: cat, seed: o.seed, jobs: jobs}
			j := job{out: &o, kind: "scan", engine: w.scan(), command: append([]string{"quintain", "scan"}, a...), undecided: undecided}
			for _, p := range a {
				if _, err := os.Stat(p); err != nil {
					return err
				}
				j.targets = append(j.targets, quintain.Target{Kind: quintain.KindArtifact, Ref: p})
			}
			return j.run(cmd.Context(), env, cat)
		},
	}
	o.flags(cmd, cat)
	cmd.Flags().IntVar(&jobs, "jobs", 0, "files scanned at once (default: processors)")
	cmd.Flags().BoolVar(&undecided, "allow-not-analyzed", false, "let the gate pass what could not be analyzed")
	return cmd
}
