package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"quintain"
	"quintain/assess"
	doc "quintain/report"
	"quintain/threat"
)

// An assessFlags is what the operator says about an assessment.
type assessFlags struct {
	output
	plan      bool
	allowOpen bool
	evidence  string
	out       string
	keys      keyFlag
}

func assessCommand(env *Env, cat *catalog) *cobra.Command {
	var o assessFlags
	cmd := &cobra.Command{
		Use:   "assess <system.yaml>",
		Short: "Assess an AI system: threats, checks, evidence, verdicts, gate",
		Long: `Assess the AI system that system.yaml describes: derive its threats, run the checks
that settle them against the real artifacts, models and endpoints, compute the
status of every threat from the evidence, and write report.html and run.json.

The gate fails on threats that were demonstrated, on threats whose evidence is
stale, and (unless --allow-open) on threats that nothing has settled.`,
		Example: "  quintain assess examples/clinic/system.yaml\n  quintain assess system.yaml --plan\n  quintain assess system.yaml --evidence .quintain/clinic/run.json",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			return runAssess(cmd.Context(), env, cat, &o, a[0], repeat(cmd, a, o.seed))
		},
	}
	o.flags(cmd, cat)
	f := cmd.Flags()
	f.BoolVar(&o.plan, "plan", false, "say what would run and what it needs, and run nothing")
	f.BoolVar(&o.allowOpen, "allow-open", false, "let threats pass the gate that nothing has settled")
	f.StringVar(&o.evidence, "evidence", "", "run nothing; compute from the evidence in this run.json `file`")
	f.StringVar(&o.out, "out", "", "`folder` for report.html and run.json (default .quintain/NAME)")
	o.keys.flag(cmd)
	return cmd
}

func runAssess(ctx context.Context, env *Env, cat *catalog, o *assessFlags, file string, command []string) error {
	format, failOn, grant, err := o.parse(cat)
	if err != nil {
		return err
	}
	m, err := loadSystem(file)
	if err != nil {
		return err
	}
	bar := newProgress(env, true)
	ao := o.options(env, cat, failOn, grant, command)
	ao.Progress = func(p assess.Progress) {
		bar.step(p.Done, p.Total, p.Doing)
	}
	plan := assess.NewPlan(m, ao)
	warnDangling(env, m, plan.Threats)
	if o.plan && (o.json || o.file != "" || o.format != "text" || o.evidence != "") {
		return usagef("--plan prints a table and takes neither --json, --format, --output nor --evidence")
	}
	if o.plan {
		return writePlan(env, m, plan)
	}
	if o.evidence != "" {
		if ao.Prior, err = readRun(env, o.evidence); err != nil {
			return err
		}
	}
	dir, err := o.folder(m)
	if err != nil {
		return err
	}
	d, err := assess.Run(ctx, m, ao)
	bar.clear()
	if err != nil {
		return fmt.Errorf("assess %s: %w", file, err)
	}
	return o.finish(env, cat, format, dir, d)
}

// options says how to assess.
func (o *assessFlags) options(env *Env, cat *catalog, failOn quintain.Severity, grant quintain.Need, command []string) *assess.Options {
	w := wiring{env: env, cat: cat, seed: o.seed, keys: o.keys}
	return &assess.Options{
		Engines: w.engines(), Rules: cat.rules, Seed: o.seed, Grant: grant, FailOn: failOn, AllowOpen: o.allowOpen,
		Needs: needs, Digest: w.digest, Tool: doc.Tool{Name: "quintain", Version: version()},
		Command: command, Now: env.Now,
	}
}

// runsFolder is where assessments are kept, below the folder of the process.
const runsFolder = ".quintain"

// folder returns where report.html and run.json go, and makes sure before
// anything runs that they can.
func (o *assessFlags) folder(m *threat.Model) (string, error) {
	dir := o.out
	if dir == "" {
		dir = filepath.Join(runsFolder, slug(m.Name))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	probe, err := os.CreateTemp(dir, ".writable.*")
	if err != nil {
		return "", err
	}
	return dir, errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// keepRun writes the run and its page into dir, the more valuable first.
func keepRun(cat *catalog, dir string, d *doc.Document) error {
	for _, out := range []struct{ name, format string }{{"run.json", "json"}, {"report.html", "html"}} {
		f, err := findFormat(cat, out.format)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := f.Write(&b, d); err != nil {
			return fmt.Errorf("write %s: %w", out.name, err)
		}
		if err := writeFile(filepath.Join(dir, out.name), b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// finish writes the run, the page and the report, the most valuable first, and
// returns the status.
func (o *assessFlags) finish(env *Env, cat *catalog, format *doc.Format, dir string, d *doc.Document) error {
	if err := keepRun(cat, dir, d); err != nil {
		return err
	}
	if err := o.write(env, format, d); err != nil {
		return err
	}
	fmt.Fprintf(env.Stderr, "report: %s\nrun:    %s\n", filepath.Join(dir, "report.html"), filepath.Join(dir, "run.json"))
	return status(d)
}

// slug turns a name into one that every file system takes.
func slug(name string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
	s = strings.Trim(s, "-")
	if s == "" {
		return "system"
	}
	return s[:min(len(s), 60)]
}

// writePlan prints what an assessment would run.
func writePlan(env *Env, m *threat.Model, p *assess.Plan) error {
	fmt.Fprintf(env.Stdout, "%s: %d threats, %d checks to run\n\n", oneLine(m.Name), len(p.Threats), len(p.Steps))
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CHECK\tTARGET\tNEEDS\tSETTLES")
	var refused quintain.Need
	for i, s := range p.Steps {
		var ids []string
		for _, t := range p.Threats {
			for _, n := range p.For[t.ID] {
				if n == i {
					ids = append(ids, t.ID)
				}
			}
		}
		need := s.Check.Needs | needs(s.Check, s.Target)
		state := need.String()
		if s.Refused != "" {
			refused |= need
			state += " (not granted)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Check.Name, oneLine(s.Target.Ref), state, strings.Join(ids, " "))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	untested := 0
	for _, t := range p.Threats {
		if len(p.For[t.ID]) == 0 && t.Unreachable == "" && m.Acceptance(&t) == nil {
			untested++
		}
	}
	fmt.Fprintf(env.Stdout, "\n%d threats have no check that applies and stay open.\n%s\n", untested, estimate(p))
	if refused != 0 {
		return hint(fmt.Errorf("the plan needs %s, which was not granted", refused), "--grant %s", refused)
	}
	return nil
}
