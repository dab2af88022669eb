package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"quintain/curriculum"
	"quintain/internal/regular"
	"quintain/lab"
	laball "quintain/lab/all"
)

// A learner is what every path command shares: the facts, the state, and
// where the state is kept.
type learner struct {
	env     *Env
	facts   *curriculum.Curriculum
	built   []string // ids of the exercises that exist
	exam    bool     // the exam exists
	file    string
	profile string
	json    bool
	work    labFlags // where the proofs are
}

func pathCommand(env *Env) *cobra.Command {
	l := &learner{env: env, built: builtExercises()}
	cmd := &cobra.Command{
		Use:   "path",
		Short: "Your way from security analyst to AI security engineer",
		Long: "Your way from security analyst to AI security engineer: where you stand, what is\n" +
			"missing for the job you want, and what to do next.\n\n" +
			"What you say about yourself orders the plan. Only what you do raises a level.",
		Example: "  quintain path assess\n  quintain path plan --weeks 14 --hours 7 --start 2027-01-04\n  quintain path show ai-prompt-injection",
		Args:    args(cobra.NoArgs),
		RunE:    func(cmd *cobra.Command, _ []string) error { return l.overview(cmd.Context()) },
		// Not before: other commands have no use for the facts.
		PersistentPreRun: func(*cobra.Command, []string) { l.facts = curriculum.Default() },
	}
	f := cmd.PersistentFlags()
	f.StringVar(&l.file, "state", "", "keep what is known about you in `file` (default: path.json in your data folder)")
	f.StringVar(&l.profile, "profile", "ai-security-engineer", "`job` that you want; quintain path role lists them")
	f.BoolVar(&l.json, "json", false, "write JSON")
	l.work.flags(cmd)
	cmd.AddCommand(pathAssess(l), pathPlan(l), pathShow(l), pathRole(l), pathPortfolio(l))
	return cmd
}

// builtExercises returns the ids of the exercises that this program has.
func builtExercises() (ids []string) {
	for _, e := range laball.Exercises {
		ids = append(ids, e.ID)
	}
	return ids
}

func profileIDs(c *curriculum.Curriculum) (ids []string) {
	for i := range c.Profiles {
		ids = append(ids, c.Profiles[i].ID)
	}
	return ids
}

// job returns the profile that --profile names.
func (l *learner) job() (*curriculum.Profile, error) {
	if p := l.facts.Profile(l.profile); p != nil {
		return p, nil
	}
	return nil, hint(usagef("no profile %q", l.profile), "one of %s", strings.Join(profileIDs(l.facts), ", "))
}

// stateFile returns where the state is kept.
func (l *learner) stateFile() (string, error) {
	if l.file != "" {
		return l.file, nil
	}
	atlas, err := overlayFile(l.env)
	if err != nil {
		return "", hint(err, "--state FILE says where to keep what is known about you")
	}
	return filepath.Join(filepath.Dir(atlas), "path.json"), nil
}

// load reads the state; nothing there is a new one. A broken file is left
// alone and named.
func (l *learner) load() (*curriculum.State, error) {
	name, err := l.stateFile()
	if err != nil {
		return nil, err
	}
	b, err := regular.Read(name, maxInput)
	if errors.Is(err, fs.ErrNotExist) {
		return curriculum.NewState(), nil
	}
	if err != nil {
		return nil, err
	}
	s, err := l.facts.ParseState(b)
	if err != nil {
		return nil, hint(fmt.Errorf("%s: %w", name, err), "nothing was changed; repair the file, or move it away to start anew")
	}
	return s, nil
}

// save writes the state, whole or not at all. The folder is its owner's alone.
func (l *learner) save(s *curriculum.State) error {
	if err := l.facts.Validate(s); err != nil {
		return err
	}
	name, err := l.stateFile()
	if err != nil {
		return err
	}
	b, err := s.Encode()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return writeFile(name, b)
}

// known is the state with what was proved on the range of this machine, if
// there is one.
func (l *learner) known(ctx context.Context) (*curriculum.State, error) {
	s, err := l.load()
	if err != nil {
		return nil, err
	}
	if l.work.store == "" {
		home, err := l.work.folder(l.env)
		if err != nil {
			return s, nil //nolint:nilerr // without a folder nothing was proved in it
		}
		if _, err := os.Stat(filepath.Join(home, storeFile)); errors.Is(err, fs.ErrNotExist) {
			return s, nil
		}
	}
	err = l.work.with(ctx, l.env, func(r *lab.Range) error {
		s, err = withProofs(ctx, l.facts, s, r)
		return err
	})
	return s, err
}

// overview says where the learner stands and what comes next.
func (l *learner) overview(ctx context.Context) error {
	s, err := l.known(ctx)
	if err != nil {
		return err
	}
	job, err := l.job()
	if err != nil {
		return err
	}
	now := l.env.Now()
	standing, gap, next := l.facts.Standing(s, now), l.facts.Gap(s, job, now), l.facts.Next(s, job, l.built, now)
	if l.json {
		return encode(l.env, struct {
			Profile  string                `json:"profile"`
			Standing []curriculum.Standing `json:"standing"`
			Gap      []curriculum.Gap      `json:"gap"`
			Next     []curriculum.Step     `json:"next"`
			TestOuts []curriculum.TestOut  `json:"test_outs"`
			Built    []string              `json:"built"`
		}{job.ID, standing, list(gap), list(next), list(l.facts.TestOuts(s, now)), list(l.built)})
	}
	l.writeStanding(job, standing)
	l.writeGap(job, gap)
	l.writeNext(s, next)
	return nil
}

// list returns a slice that JSON writes as [], never as null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// writeStanding counts levels by family and lists what is stale.
func (l *learner) writeStanding(job *curriculum.Profile, standing []curriculum.Standing) {
	w := l.env.Stdout
	fmt.Fprintf(w, "The job you want: %s\n", job.Name)
	wrap(w, "  ", "  ", job.Does)
	fmt.Fprintf(w, "\nSkills proved          new  explains  with help  alone  defends\n")
	for _, f := range []struct {
		family curriculum.Family
		name   string
	}{{curriculum.Analyst, "security analyst"}, {curriculum.Bridge, "how models work"}, {curriculum.AI, "AI security"}} {
		var n [5]int
		for _, st := range standing {
			if l.facts.Skill(st.Skill).Family == f.family {
				n[st.Level]++
			}
		}
		fmt.Fprintf(w, "  %-19s %4d  %8d  %9d  %5d  %7d\n", f.name, n[0], n[1], n[2], n[3], n[4])
	}
	for _, st := range standing {
		if st.Stale {
			fmt.Fprintf(w, "  %s is stale: last proved on %s. It stays yours; prove it again to refresh it.\n", st.Skill, st.Since.Format("2006-01-02"))
		}
	}
}

// shownGaps is how many gaps the overview lists.
const shownGaps = 8

func (l *learner) writeGap(job *curriculum.Profile, gap []curriculum.Gap) {
	w := l.env.Stdout
	if len(gap) == 0 {
		fmt.Fprintf(w, "\nYou have proved everything that the job needs.\n")
		return
	}
	fmt.Fprintf(w, "\nMissing for the job: %d of %d skills.\n", len(gap), len(job.Need))
	for i, g := range gap {
		if i == shownGaps {
			fmt.Fprintf(w, "  and %d more\n", len(gap)-i)
			break
		}
		fmt.Fprintf(w, "  %-20s %-36s level %d of %d\n", g.Skill, l.facts.Skill(g.Skill).Name, g.Level, g.Need)
		if g.Carry != nil {
			fmt.Fprintf(w, "  %-20s your %s carries over\n", "", g.Carry.From)
		}
	}
}

func (l *learner) writeNext(s *curriculum.State, next []curriculum.Step) {
	w := l.env.Stdout
	fmt.Fprintf(w, "\nNext\n")
	if len(s.Tries) == 0 {
		fmt.Fprintf(w, "  Find out where you stand, in about 40 minutes: quintain path assess\n")
	}
	for _, st := range next {
		opens := ""
		if st.Opens != "" {
			opens = ", opens " + st.Opens
		}
		fmt.Fprintf(w, "  quintain lab start %s   %s (%d min%s)\n", st.Exercise.ID, st.Exercise.Title, st.Exercise.Minutes, opens)
	}
	if len(next) == 0 {
		fmt.Fprintf(w, "  This version has no exercise that would close a gap. The plan says what to\n  read and try instead.\n")
	}
	fmt.Fprintf(w, "  A plan with dates: quintain path plan --hours 7\n")
}
