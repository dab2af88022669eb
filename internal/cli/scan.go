package cli

import (
	"os"

	"github.com/spf13/cobra"

	"quintain"
	"quintain/internal/fetch"
	doc "quintain/report"
	"quintain/scan/policy"
)

const scanLong = `Scan model files, archives of them, and folders. Nothing is executed, imported or
deserialized; - reads standard input, at most 4 GiB.

Every artifact, and every file inside one that a finding points into, is judged by
the worst that was found:
  clean         every check that applies found nothing, and would have found its twin
  review        a weakness below high
  not-analyzed  part of it could not be decided, so anything may be in it
  malicious     a weakness that is high or critical

What is not analyzed fails the gate unless --allow-not-analyzed. In a folder, files
that no format recognizes and whose names promise no model (README, LICENSE, data.csv)
are told in one line, and fail the gate like any other. What git keeps of itself in a
.git folder is counted and not inspected; all else in there is.

A policy is a YAML file with a list called accept. Each entry names a check, the sha256
digest of an artifact or a path or both, why, by whom and until when. Without a digest
it holds for review only. An accepted finding stays in the report; the gate does not
count it.`

// scanFlags are the flags of scan.
type scanFlags struct {
	output

	jobs      int
	undecided bool
	policy    string
	explain   string
	lint      string
}

func scanCommand(env *Env, cat *catalog) *cobra.Command {
	var s scanFlags
	cmd := &cobra.Command{
		Use:   "scan <path>...",
		Short: "Find what runs, leaks or lies in model files when they are loaded",
		Long:  scanLong,
		Example: "  quintain scan model.pt\n  quintain scan models/ --policy scan.yaml --format sarif -o scan.sarif\n" +
			"  quintain scan - < model.pt\n  quintain scan --lint weights-only model.pt\n  quintain scan --explain pickle",
		Args: func(cmd *cobra.Command, a []string) error {
			if s.explain != "" {
				return args(cobra.NoArgs)(cmd, a)
			}
			return args(cobra.MinimumNArgs(1))(cmd, a)
		},
		RunE: func(cmd *cobra.Command, a []string) error {
			if s.explain != "" {
				return explainFormat(env, cat, s.explain)
			}
			if s.lint != "" && !cmd.Flags().Changed("fail-on") {
				s.failOn = quintain.Low.String()
			}
			return s.run(cmd, env, cat, a)
		},
	}
	s.flags(cmd, cat)
	f := cmd.Flags()
	f.IntVar(&s.jobs, "jobs", 0, "files scanned at once (default: processors)")
	f.BoolVar(&s.undecided, "allow-not-analyzed", false, "let the gate pass what could not be analyzed")
	f.StringVar(&s.policy, "policy", "", "`file` with findings that somebody accepted")
	f.StringVar(&s.explain, "explain", "", "show the manual page of a `check`, such as pickle, and scan nothing")
	f.StringVar(&s.lint, "lint", "", "ask another `question`: weights-only tells what blocks torch.load(weights_only=True)")
	return cmd
}

func (s *scanFlags) run(cmd *cobra.Command, env *Env, cat *catalog, paths []string) error {
	if _, _, _, err := s.parse(cat); err != nil {
		return err
	}
	if s.jobs < 0 {
		return usagef("--jobs is %d, want 0 or more", s.jobs)
	}
	var accept *policy.Policy
	if s.policy != "" {
		var err error
		if accept, err = policy.Load(s.policy); err != nil {
			return &usageError{err}
		}
	}
	j := job{out: &s.output, kind: "scan", command: s.command(paths), undecided: s.undecided}
	for _, p := range paths {
		if p != "-" {
			if _, err := os.Stat(p); err != nil {
				if src, perr := fetch.Parse(p); perr == nil {
					return hint(usagef("the scanner opens no connection"), "quintain fetch %s --to FOLDER, and scan the folder", src)
				}
				return err
			}
		}
		j.targets = append(j.targets, quintain.Target{Kind: quintain.KindArtifact, Ref: p})
	}
	bar := newProgress(env, false)
	defer bar.clear()
	e, err := s.engine(env, cat, bar, j.targets)
	if err != nil {
		return err
	}
	j.engine = e
	j.keep = func(d *doc.Document) {
		bar.clear()
		d.Artifacts = doc.Artifacts(d.Findings)
		setAside(d, paths, cat)
		tellSkipped(env, d)
		if accept != nil {
			applyPolicy(env, d, accept)
		}
		d.Judge(d.Gate.FailOn, d.Gate.AllowOpen)
	}
	return j.run(cmd.Context(), env, cat)
}

// command is the command line that repeats the run, without what only says
// where its report goes.
func (s *scanFlags) command(paths []string) []string {
	c := []string{"quintain", "scan"}
	if s.lint != "" {
		c = append(c, "--lint", s.lint)
	}
	if s.policy != "" {
		c = append(c, "--policy", s.policy)
	}
	if s.undecided {
		c = append(c, "--allow-not-analyzed")
	}
	return append(c, paths...)
}

// explainFormat shows the manual page of a check of the scanner, whose name
// may leave out "scan/".
func explainFormat(env *Env, cat *catalog, name string) error {
	for _, f := range cat.formats {
		if f.Name == name || f.Name == "scan/"+name {
			return explainCheck(env, &f.Check)
		}
	}
	return hint(usagef("no check of scan is called %q", name), "quintain checks scan/")
}
