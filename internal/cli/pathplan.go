package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"quintain/curriculum"
)

func pathPlan(l *learner) *cobra.Command {
	var o curriculum.PlanOptions
	var start, have string
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Plan the weeks ahead, with dates, from what you know and the hours you have",
		Long: "Plan 12 to 16 weeks with dates. The plan never takes more than your hours a week;\n" +
			"what does not fit is named. What you know already is offered as a test-out, and a\n" +
			"defense is never skipped.",
		Example: "  quintain path plan --weeks 14 --hours 7 --start 2027-01-04\n  quintain path plan --have an-malware=3,an-appsec=3 --profile ai-red-teamer",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := l.plan(cmd.Context(), o, start, have)
			if err != nil {
				return err
			}
			if l.json {
				return encode(l.env, p)
			}
			writePathPlan(l.env.Stdout, l.facts, p)
			return nil
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.Weeks, "weeks", 14, "length of the plan, 12 to 16")
	f.Float64Var(&o.Hours, "hours", 7, "hours a week that you have, 2 to 40")
	f.StringVar(&start, "start", "", "first `date`, as 2027-01-04 (default: next Monday)")
	f.StringVar(&have, "have", "", "what you say you can do, as `skill=level,...` with levels 0 to 4; for this plan only")
	return cmd
}

func (l *learner) plan(ctx context.Context, o curriculum.PlanOptions, start, have string) (*curriculum.Plan, error) {
	s, err := l.known(ctx)
	if err != nil {
		return nil, err
	}
	said, err := l.facts.ParseRatings(have)
	if err != nil {
		return nil, hint(usagef("--have: %w", err), "quintain path show lists the skills")
	}
	if s.Ratings == nil {
		s.Ratings = make(map[string]curriculum.Level)
	}
	maps.Copy(s.Ratings, said)
	now := l.env.Now()
	o.Start = now.AddDate(0, 0, (7-int(now.Weekday()-time.Monday))%7)
	if start != "" {
		if o.Start, err = time.Parse(time.DateOnly, start); err != nil {
			return nil, usagef("--start: %q is not a date such as 2027-01-04", start)
		}
	}
	if o.Weeks == 0 || o.Hours == 0 {
		return nil, usagef("a plan needs weeks and hours")
	}
	if o.Profile, err = l.job(); err != nil {
		return nil, err
	}
	o.Built, o.Exam = l.built, l.exam
	p, err := l.facts.Plan(s, o)
	if err != nil {
		return nil, &usageError{err}
	}
	return p, nil
}

// workNames are the kinds of work as a plan shows them.
var workNames = map[curriculum.Work]string{
	curriculum.WorkAssess: "assess", curriculum.WorkRead: "read", curriculum.WorkExercise: "do", curriculum.WorkTestOut: "test out",
	curriculum.WorkInstead: "instead", curriculum.WorkWrite: "write", curriculum.WorkExam: "exam",
}

func writePathPlan(w io.Writer, c *curriculum.Curriculum, p *curriculum.Plan) {
	fmt.Fprintf(w, "%s, %s to %s: %s in %d weeks\n", c.Profile(p.Profile).Name, p.Start, p.End, curriculum.Hours(p.Minutes), len(p.Weeks))
	for _, a := range p.Adapted {
		wrap(w, "  + ", "    ", a)
	}
	for _, n := range p.Notes {
		wrap(w, "  ! ", "    ", n)
	}
	for _, k := range p.Weeks {
		fmt.Fprintf(w, "\nWeek %d, %s to %s, %s\n", k.Number, k.From, k.To, curriculum.Hours(k.Minutes))
		if len(k.Focus) > 0 {
			wrap(w, "  ", "  ", strings.Join(k.Focus, "; "))
		}
		for _, it := range k.Items {
			writeItem(w, &it)
		}
		for _, out := range k.Leaves {
			wrap(w, "  leaves      ", "              ", out)
		}
	}
}

func writeItem(w io.Writer, it *curriculum.Item) {
	text := it.Text
	if it.Exercise != "" && it.Work != curriculum.WorkRead {
		id := it.Exercise
		if len(it.Stages) > 0 {
			id += " stage " + strings.Join(it.Stages, ", ")
		}
		text = id + "  " + text
	}
	switch it.Part {
	case "begin":
		text += " (begin)"
	case "continue":
		text += " (continue)"
	}
	if it.Optional {
		text += " (optional)"
	}
	wrap(w, fmt.Sprintf("  %-8s %4dm ", workNames[it.Work], it.Minutes), "                ", text)
}

// wrap writes text in lines of at most 78 characters.
func wrap(w io.Writer, first, next, text string) {
	line := first
	empty := true
	for word := range strings.FieldsSeq(oneLine(text)) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > 78 {
			fmt.Fprintln(w, line)
			line, empty = next, true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
	}
	fmt.Fprintln(w, line)
}
