package cli

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"quintain/curriculum"
)

func pathShow(l *learner) *cobra.Command {
	return &cobra.Command{
		Use:     "show [skill]",
		Short:   "Show a skill: what it is, what leads to it, what trains and proves it",
		Long:    "Show a skill: what it is, what leads to it, what trains and proves it. Without a\nskill, list all of them.",
		Example: "  quintain path show\n  quintain path show ai-prompt-injection",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			s, err := l.known(cmd.Context())
			if err != nil {
				return err
			}
			standing := l.facts.Standing(s, l.env.Now())
			if len(a) == 0 {
				return l.listSkills(standing)
			}
			sk := l.facts.Skill(a[0])
			if sk == nil {
				return hint(usagef("no skill %q", a[0]), "quintain path show lists them")
			}
			i := slices.IndexFunc(standing, func(st curriculum.Standing) bool { return st.Skill == sk.ID })
			return l.showSkill(sk, standing[i])
		},
	}
}

func (l *learner) listSkills(standing []curriculum.Standing) error {
	if l.json {
		return encode(l.env, struct {
			Skills   []curriculum.Skill    `json:"skills"`
			Transfer []curriculum.Edge     `json:"transfer"`
			Standing []curriculum.Standing `json:"standing"`
		}{l.facts.Skills, l.facts.Transfer, standing})
	}
	for i, sk := range l.facts.Skills {
		fmt.Fprintf(l.env.Stdout, "%-21s %d  %s\n", sk.ID, standing[i].Level, sk.Name)
	}
	return nil
}

func (l *learner) showSkill(sk *curriculum.Skill, st curriculum.Standing) error {
	var from, to []curriculum.Edge
	for _, e := range l.facts.Transfer {
		if e.To == sk.ID {
			from = append(from, e)
		}
		if e.From == sk.ID {
			to = append(to, e)
		}
	}
	training := l.facts.Training(sk.ID)
	if l.json {
		return encode(l.env, struct {
			Skill     *curriculum.Skill      `json:"skill"`
			Standing  curriculum.Standing    `json:"standing"`
			From      []curriculum.Edge      `json:"from"`
			To        []curriculum.Edge      `json:"to"`
			Exercises []*curriculum.Exercise `json:"exercises"`
		}{sk, st, list(from), list(to), training})
	}
	w := l.env.Stdout
	fmt.Fprintf(w, "%s (%s)\n", sk.Name, sk.ID)
	wrap(w, "  ", "  ", sk.About)
	fmt.Fprintf(w, "\nYou: level %d, %s\n", st.Level, st.Level)
	if st.Rated > 0 {
		fmt.Fprintf(w, "  You rate yourself %d, which orders your plan and proves nothing.\n", st.Rated)
	}
	if st.Proof != nil {
		stale := ""
		if st.Stale {
			stale = " (stale: over 60 days ago)"
		}
		wrap(w, "  ", "  ", fmt.Sprintf("proved %s%s by %s", st.Since.Format("2006-01-02"), stale, st.Proof.Evidence))
	}
	edges(w, "Comes easier with", from, func(e curriculum.Edge) string { return e.From })
	edges(w, "Leads to", to, func(e curriculum.Edge) string { return e.To })
	fmt.Fprintf(w, "\nTrained by\n")
	for _, e := range training {
		missing := ""
		if !slices.Contains(l.built, e.ID) {
			missing = ", not in this version yet"
		}
		wrap(w, "  "+e.ID+"  ", "       ", fmt.Sprintf("%s (%d min%s)", e.Title, e.Minutes, missing))
	}
	l.official(w, sk)
	fmt.Fprintf(w, "\nLevels\n")
	for lv := curriculum.New; lv <= curriculum.Proves; lv++ {
		wrap(w, fmt.Sprintf("  %d  %-18s ", lv, lv), strings.Repeat(" ", 24), lv.Evidence())
	}
	return nil
}

func edges(w io.Writer, title string, list []curriculum.Edge, other func(curriculum.Edge) string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", title)
	for _, e := range list {
		wrap(w, fmt.Sprintf("  %-21s %3.0f %%  ", other(e), 100*e.Weight), strings.Repeat(" ", 31), e.Why)
	}
	fmt.Fprintf(w, "  (how much carries over is our judgment, not a measurement)\n")
}

// official says what public frameworks have near the skill.
func (l *learner) official(w io.Writer, sk *curriculum.Skill) {
	n := &l.facts.Frameworks.NICE
	fmt.Fprintf(w, "\nOfficial statements nearby\n")
	if len(sk.NICE)+len(sk.Competencies)+len(sk.Roles)+len(sk.DCWF) == 0 {
		fmt.Fprintf(w, "  none\n")
	}
	for _, id := range sk.NICE {
		wrap(w, fmt.Sprintf("  NICE %-10s ", id), strings.Repeat(" ", 18), n.Statements[id])
	}
	for _, id := range sk.Competencies {
		wrap(w, fmt.Sprintf("  NICE %-10s ", id), strings.Repeat(" ", 18), n.Competencies[id]+" (competency area)")
	}
	for _, id := range sk.Roles {
		wrap(w, fmt.Sprintf("  NICE %-10s ", id), strings.Repeat(" ", 18), n.Roles[id]+" (work role)")
	}
	if len(sk.DCWF) > 0 {
		wrap(w, "  DCWF ", strings.Repeat(" ", 7), strings.Join(sk.DCWF, ", "))
	}
}

func pathRole(l *learner) *cobra.Command {
	return &cobra.Command{
		Use:     "role",
		Short:   "What an AI security engineer does, beside an analyst, and what is said about pay",
		Example: "  quintain path role",
		Args:    args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if l.json {
				return encode(l.env, struct {
					Role       curriculum.Role       `json:"role"`
					Carried    []curriculum.Edge     `json:"carried_over"`
					Profiles   []curriculum.Profile  `json:"profiles"`
					Frameworks curriculum.Frameworks `json:"frameworks"`
					Sources    []curriculum.Source   `json:"sources"`
				}{l.facts.Role, l.facts.CarriedOver(), l.facts.Profiles, l.facts.Frameworks, l.facts.Sources})
			}
			l.writeRole(l.env.Stdout)
			return nil
		},
	}
}

// carriedShown is how many edges the role page lists.
const carriedShown = 8

func (l *learner) writeRole(w io.Writer) {
	c := l.facts
	for _, j := range []curriculum.Job{c.Role.Analyst, c.Role.Engineer} {
		fmt.Fprintf(w, "%s\n  asks: %s\n", j.Title, j.Question)
		for _, d := range j.Day {
			wrap(w, "  - ", "    ", d)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "What an analyst brings along (share that carries over: our judgment)\n")
	for _, e := range c.CarriedOver()[:carriedShown] {
		wrap(w, fmt.Sprintf("  %3.0f %%  ", 100*e.Weight), strings.Repeat(" ", 9), fmt.Sprintf("%s to %s: %s", c.Skill(e.From).Name, c.Skill(e.To).Name, e.Why))
	}
	fmt.Fprintf(w, "\nWhat differs by industry\n")
	for _, i := range c.Role.Industries {
		wrap(w, "  "+i.Name+": ", "    ", i.Different)
		wrap(w, "    ", "    ", i.Rule+" "+cite(i.Sources))
	}
	fmt.Fprintf(w, "\nFive jobs (for --profile)\n")
	for _, p := range c.Profiles {
		wrap(w, fmt.Sprintf("  %-21s ", p.ID), strings.Repeat(" ", 24), p.Name+": "+p.Does)
	}
	wrap(w, "  ", "  ", c.Role.Titles.Text+" "+cite(c.Role.Titles.Sources))
	fmt.Fprintf(w, "\nWhat you may hear, and what can be said\n")
	for _, cl := range c.Role.Claims {
		wrap(w, "  Heard:  ", "          ", fmt.Sprintf("%q (%s)", cl.Heard, cl.Verdict))
		wrap(w, "  Say:    ", "          ", cl.Say+" "+cite(cl.Sources))
		wrap(w, "  But:    ", "          ", cl.Caveat+" As of "+cl.Date+".")
		fmt.Fprintln(w)
	}
	f := &c.Frameworks
	fmt.Fprintf(w, "What official frameworks say\n")
	for _, n := range []curriculum.Note{{Finding: f.NICE.Finding, Sources: f.NICE.Sources}, {Finding: f.DCWF.Finding, Sources: f.DCWF.Sources}, f.ECSF, f.SFIA} {
		wrap(w, "  - ", "    ", n.Finding+" "+cite(n.Sources))
	}
	fmt.Fprintf(w, "\nSources\n")
	for _, s := range c.Sources {
		wrap(w, "  ["+s.ID+"] ", "    ", fmt.Sprintf("%s. %s, %s, read %s. Caution: %s.", s.Title, s.Publisher, cmp.Or(s.Date, "undated"), s.AsOf, s.Caution))
		fmt.Fprintf(w, "    %s\n", s.URL)
	}
}

// cite names sources.
func cite(ids []string) string { return "[" + strings.Join(ids, "] [") + "]" }

func pathPortfolio(l *learner) *cobra.Command {
	var file, name string
	cmd := &cobra.Command{
		Use:   "portfolio",
		Short: "Write what you have proved as a page to show",
		Long: "Write what you have proved as a page to show: HTML if the file ends in .html,\n" +
			"Markdown otherwise. It claims nothing without a proof.",
		Example: "  quintain path portfolio --name \"Ada Example\" -o portfolio.html",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := l.known(cmd.Context())
			if err != nil {
				return err
			}
			if name != "" {
				s.Name = name
			}
			p := l.facts.Portfolio(s, l.env.Now())
			if l.json {
				return encode(l.env, p)
			}
			out := p.Markdown()
			if ext := strings.ToLower(filepath.Ext(file)); ext == ".html" || ext == ".htm" {
				if out, err = p.HTML(); err != nil {
					return err
				}
			}
			if file == "" || file == "-" {
				_, err = l.env.Stdout.Write(out)
				return err
			}
			return writeFile(file, out)
		},
	}
	cmd.Flags().StringVarP(&file, "output", "o", "", "write to `file`, not to standard output")
	cmd.Flags().StringVar(&name, "name", "", "your name on the page (default: the one in the state)")
	return cmd
}
