package web

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"

	"quintain/curriculum"
)

// A pathPage is the learner's way: the map of skills, the gap to a role, and
// what to do next.
type pathPage struct {
	Profiles []profileTab
	Profile  *curriculum.Profile
	Map      skillMap
	Gaps     []gap
	Steps    []step
	Plan     *curriculum.Plan
	Hours    float64
	Weeks    int
	Tab      string
	Proved   int // skills with a level
}

type profileTab struct {
	*curriculum.Profile

	On bool
}

// A gap is a skill that the role needs and that is not proved yet.
type gap struct {
	curriculum.Gap

	Name  string
	Why   string
	First *link
}

// A step is an exercise worth doing now.
type step struct {
	curriculum.Step

	Task   *task
	Skills []string // names
}

// learner returns what is known, and the profile that the request asks for.
func (w *Workbench) learner(r *http.Request) (*curriculum.State, *curriculum.Profile, error) {
	if w.o.Curriculum == nil || len(w.o.Curriculum.Profiles) == 0 {
		return nil, nil, notFound("there is no page %q", r.URL.Path)
	}
	s := curriculum.NewState()
	if w.o.Learner != nil {
		var err error
		if s, err = w.o.Learner(r.Context()); err != nil {
			return nil, nil, err
		}
	}
	p := &w.o.Curriculum.Profiles[0]
	if id := r.URL.Query().Get("role"); id != "" {
		if p = w.o.Curriculum.Profile(id); p == nil {
			return nil, nil, notFound("there is no role %q", id)
		}
	}
	return s, p, nil
}

func (w *Workbench) path(r *http.Request) (*page, error) {
	s, profile, err := w.learner(r)
	if err != nil {
		return nil, err
	}
	c, now := w.o.Curriculum, w.o.Now()
	p := pathPage{Profile: profile, Tab: "path"}
	for i := range c.Profiles {
		p.Profiles = append(p.Profiles, profileTab{&c.Profiles[i], &c.Profiles[i] == profile})
	}
	standing := c.Standing(s, now)
	for _, st := range standing {
		if st.Level > curriculum.New {
			p.Proved++
		}
	}
	p.Map = mapOf(c, standing, profile)
	for _, g := range c.Gap(s, profile, now) {
		one := gap{Gap: g, Name: c.Skill(g.Skill).Name}
		if g.Carry != nil {
			one.Why = c.Skill(g.Carry.From).Name + " carries over: " + g.Carry.Why
		}
		one.First = w.firstFor(g.Skill)
		p.Gaps = append(p.Gaps, one)
	}
	if p.Steps, err = w.steps(r.Context(), c.Next(s, profile, w.built(), now)); err != nil {
		return nil, err
	}
	p.Hours, p.Weeks = number(r, "hours", 7), int(number(r, "weeks", 14))
	p.Plan, err = c.Plan(s, curriculum.PlanOptions{Weeks: p.Weeks, Hours: p.Hours, Start: now, Profile: profile, Built: w.built()})
	if err != nil {
		return nil, &problem{err, http.StatusBadRequest, ""}
	}
	return &page{Name: "path", Title: "Path", Section: "Path", Command: "quintain path --profile " + profile.ID, Data: p}, nil
}

// number returns a number of the request, or what is usual.
func number(r *http.Request, name string, usual float64) float64 {
	if x, err := strconv.ParseFloat(r.URL.Query().Get(name), 64); err == nil && x >= 0 && x <= 100 {
		return x
	}
	return usual
}

// built returns the ids of the exercises that there are.
func (w *Workbench) built() []string {
	var ids []string
	for _, e := range w.o.Range.Exercises() {
		ids = append(ids, e.ID)
	}
	return ids
}

// firstFor returns the first exercise that there is for a skill, or nil.
func (w *Workbench) firstFor(skill string) *link {
	for _, e := range w.o.Curriculum.Training(skill) {
		if have, err := w.o.Range.Exercise(e.ID); err == nil {
			return &link{have.ID, have.Title, "/exercises/" + have.ID}
		}
	}
	return nil
}

func (w *Workbench) steps(ctx context.Context, list []curriculum.Step) ([]step, error) {
	all, err := w.o.Range.List(ctx)
	if err != nil {
		return nil, err
	}
	var out []step
	for _, s := range list {
		one := step{Step: s}
		for _, st := range all {
			if st.ID == s.Exercise.ID {
				t := w.taskOf(st)
				one.Task = &t
			}
		}
		for _, id := range s.Skills {
			one.Skills = append(one.Skills, w.o.Curriculum.Skill(id).Name)
		}
		out = append(out, one)
	}
	return out, nil
}

// A rolePage is about the job.
type rolePage struct {
	curriculum.Role

	Carry      []carry
	Claims     []claim
	Industries []industry
	Titles     cited
	Tab        string
}

// A claim is what one hears, with links to where the answer comes from.
type claim struct {
	curriculum.Claim

	From []curriculum.Source
}

type industry struct {
	curriculum.Industry

	From []curriculum.Source
}

type cited struct {
	Text string
	From []curriculum.Source
}

// from returns the sources with the ids.
func (w *Workbench) from(ids []string) []curriculum.Source {
	var out []curriculum.Source
	for _, id := range ids {
		if s := w.o.Curriculum.Source(id); s != nil {
			out = append(out, *s)
		}
	}
	return out
}

// A carry is a skill that an analyst brings along.
type carry struct {
	From, To, Why string
	Share         int // of 100
	First         *link
}

func (w *Workbench) role(r *http.Request) (*page, error) {
	if w.o.Curriculum == nil {
		return w.nothing(r)
	}
	return &page{Name: "role", Title: "The role", Section: "Path", Command: "quintain path role", Once: func() any { return w.job() }}, nil
}

// job is what the page about the role shows.
func (w *Workbench) job() rolePage {
	c := w.o.Curriculum
	p := rolePage{Role: c.Role, Tab: "role", Titles: cited{c.Role.Titles.Text, w.from(c.Role.Titles.Sources)}}
	for _, one := range c.Role.Claims {
		p.Claims = append(p.Claims, claim{one, w.from(one.Sources)})
	}
	for _, one := range c.Role.Industries {
		p.Industries = append(p.Industries, industry{one, w.from(one.Sources)})
	}
	for _, e := range c.CarriedOver() {
		p.Carry = append(p.Carry, carry{c.Skill(e.From).Name, c.Skill(e.To).Name, e.Why, int(e.Weight*100 + .5), w.firstFor(e.To)})
	}
	return p
}

// A ratingPage asks what the learner thinks of their skills.
type ratingPage struct {
	Families []family
	Levels   []string
	Tab      string
}

type family struct {
	Family     curriculum.Family
	Title, Doc string
	Skills     []rated
}

type rated struct {
	curriculum.Skill

	Rated  int
	Levels []string
	Row    template.HTML
}

// families are the families of skills with what they are for.
var families = []family{
	{Family: curriculum.Analyst, Title: "Analyst", Doc: "What security analysts bring along."},
	{Family: curriculum.Bridge, Title: "Bridge", Doc: "How models work, for people who secure them."},
	{Family: curriculum.AI, Title: "AI security", Doc: "Securing AI systems."},
}

func (w *Workbench) selfAssessment(r *http.Request) (*page, error) {
	s, _, err := w.learner(r)
	if err != nil {
		return nil, err
	}
	p := ratingPage{Tab: "assessment", Families: slices.Clone(families)}
	for l := curriculum.New; l <= curriculum.Proves; l++ {
		p.Levels = append(p.Levels, l.String())
	}
	for i, st := range w.o.Curriculum.Standing(s, w.o.Now()) {
		skill := w.o.Curriculum.Skills[i]
		for j := range p.Families {
			if p.Families[j].Family == skill.Family {
				one := rated{Skill: skill, Rated: int(st.Rated), Levels: p.Levels}
				one.Row = w.part("raterow", fmt.Sprintf("%s|%d", skill.ID, st.Rated), one)
				p.Families[j].Skills = append(p.Families[j].Skills, one)
			}
		}
	}
	return &page{Name: "rating", Title: "Self-assessment", Section: "Path", Command: "quintain path assess", Data: p}, nil
}

// rate keeps what the learner thinks of their skills.
func (w *Workbench) rate(r *http.Request) (string, error) {
	if w.o.Change == nil || w.o.Curriculum == nil {
		return "", notFound("nothing is kept about the learner")
	}
	if err := r.ParseForm(); err != nil {
		return "", &problem{err, http.StatusBadRequest, ""}
	}
	return "/path", w.o.Change(r.Context(), func(s *curriculum.State) error {
		for _, skill := range w.o.Curriculum.Skills {
			text := r.PostFormValue("skill:" + skill.ID)
			if text == "" {
				continue
			}
			n, err := strconv.Atoi(text)
			if err != nil || n < int(curriculum.New) || n > int(curriculum.Proves) {
				return &problem{fmt.Errorf("%q is no level of %s", text, skill.ID), http.StatusBadRequest, ""}
			}
			if s.Ratings == nil {
				s.Ratings = make(map[string]curriculum.Level)
			}
			s.Ratings[skill.ID] = curriculum.Level(n)
		}
		return nil
	})
}
