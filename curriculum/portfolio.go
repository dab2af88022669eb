package curriculum

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A Portfolio is what a learner can show: what was proved, when, and where it
// can be looked up. It claims nothing that has no proof.
type Portfolio struct {
	Name   string  `json:"name"`
	Date   string  `json:"date"`
	Skills []Shown `json:"skills"` // proved, strongest first
	Proofs []Done  `json:"proofs"` // of stages and exams, newest first
	Links  []Link  `json:"links"`
	Note   string  `json:"note"` // what such a page is worth
}

// A Shown is a proved skill.
type Shown struct {
	Name     string `json:"name"`
	About    string `json:"about"`
	Level    Level  `json:"level"`
	Since    string `json:"since"`
	Stale    bool   `json:"stale"`
	Official string `json:"official"` // ids of frameworks
}

// A Done is one thing that was proved.
type Done struct {
	Date     string `json:"date"`
	ID       string `json:"id"` // of the stage, such as "L01/c"
	Title    string `json:"title"`
	How      string `json:"how"`
	Evidence string `json:"evidence"`
}

// portfolioNote says what a portfolio is worth.
const portfolioNote = "Self-attested: made from the learner's own record on the learner's own machine. Each entry names its evidence; with it, the result can be graded again."

// Portfolio collects what s proves.
func (c *Curriculum) Portfolio(s *State, now time.Time) *Portfolio {
	p := &Portfolio{Name: strings.TrimSpace(s.Name), Date: now.Format(day), Links: s.Links, Note: portfolioNote}
	if p.Name == "" {
		p.Name = "Portfolio"
	}
	for _, st := range c.Standing(s, now) {
		if st.Level == New {
			continue
		}
		sk := c.Skill(st.Skill)
		p.Skills = append(p.Skills, Shown{
			Name: sk.Name, About: sk.About, Level: st.Level, Since: st.Since.Format(day), Stale: st.Stale,
			Official: strings.Join(slices.Concat(sk.NICE, sk.Competencies, prefixed("DCWF ", sk.DCWF)), ", "),
		})
	}
	slices.SortStableFunc(p.Skills, func(a, b Shown) int { return int(b.Level - a.Level) })
	for i := range s.Proofs {
		pr := &s.Proofs[i]
		e := c.Exercise(pr.Exercise)
		if pr.Kind == ByChallenge || e == nil {
			continue // twelve small tasks are no work to show
		}
		p.Proofs = append(p.Proofs, Done{
			Date: pr.Time.Format(day), ID: e.ID + "/" + pr.Stage, Title: e.Title, How: how(c, pr), Evidence: pr.Evidence,
		})
	}
	slices.SortStableFunc(p.Proofs, func(a, b Done) int { return strings.Compare(b.Date, a.Date) })
	return p
}

func prefixed(with string, ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = with + id
	}
	return out
}

// how says how a stage was passed.
func how(c *Curriculum, p *Proof) string {
	parts := []string{c.Level(p).String()}
	if p.Kind == ByExam {
		parts = append(parts, "in an exam")
	}
	switch {
	case p.Hints == 1:
		parts = append(parts, "1 hint")
	case p.Hints > 1:
		parts = append(parts, fmt.Sprintf("%d hints", p.Hints))
	case p.Fresh:
		parts = append(parts, "no hints, fresh seed")
	default:
		parts = append(parts, "no hints, known seed")
	}
	return strings.Join(parts, ", ")
}

//go:embed portfolio.html
var portfolioHTML string

// HTML returns the portfolio as one file that needs no other and runs nothing.
func (p *Portfolio) HTML() ([]byte, error) {
	t, err := template.New("portfolio").Parse(portfolioHTML)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, p)
	return b.Bytes(), err
}

// Markdown returns the portfolio as Markdown in which what the learner wrote
// is text.
func (p *Portfolio) Markdown() []byte {
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# %s\n\nAI security, as of %s. %s", plain(p.Name), p.Date, p.Note)
	line("\n## Skills proved\n")
	if len(p.Skills) == 0 {
		line("None yet.")
	} else {
		line("| skill | level | proved | official statements nearby |\n|---|---|---|---|")
	}
	for _, s := range p.Skills {
		since := s.Since
		if s.Stale {
			since += " (over 60 days ago)"
		}
		line("| %s: %s | %d, %s | %s | %s |", s.Name, s.About, s.Level, s.Level, since, s.Official)
	}
	line("\n## Work done\n")
	if len(p.Proofs) == 0 {
		line("None yet.")
	}
	for _, d := range p.Proofs {
		line("- %s, %s %s: %s. Evidence: %s", d.Date, d.ID, d.Title, d.How, plain(d.Evidence))
	}
	if len(p.Links) > 0 {
		line("\n## Also\n")
	}
	for _, l := range p.Links {
		to := plain(l.URL)
		if validLink(&l) == nil {
			to = "<" + address(l.URL) + ">"
		}
		line("- %s: %s %s", plain(l.Title), to, plain(l.Note))
	}
	return b.Bytes()
}

// plain makes text safe inside a line of Markdown.
func plain(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029:
			b.WriteByte(' ')
		case r == '<' || r == '>' || r == '&':
			b.WriteString(map[rune]string{'<': "&lt;", '>': "&gt;", '&': "&amp;"}[r])
		case strings.ContainsRune("\\`*_{}[]()#+!|~:@", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

// address makes an address safe between angle brackets.
func address(s string) string {
	return strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20", "\n", "%0A", "\r", "%0D", "\\", "%5C").Replace(s)
}
