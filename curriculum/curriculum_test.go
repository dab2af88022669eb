package curriculum

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"quintain/curriculum/challenge"
)

// TestData reads the embedded files and finds nothing wrong with them.
func TestData(t *testing.T) {
	c, err := read(files)
	if err != nil {
		t.Fatal(err)
	}
	if err := lint(c); err != nil {
		t.Error(err)
	}
	count := func(f Family) (n int) {
		for _, s := range c.Skills {
			if s.Family == f {
				n++
			}
		}
		return n
	}
	got := []int{len(c.Skills), count(Analyst), count(Bridge), count(AI), len(c.Transfer), len(c.Profiles), len(c.Exercises), len(c.Modules)}
	if want := []int{44, 14, 8, 22, 37, 5, 40, 9}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	var stages int
	for _, e := range c.Exercises {
		stages += len(e.Stages)
	}
	if stages != 88 {
		t.Errorf("got %d stages, want 88", stages)
	}
}

// TestLintFinds proves the lint: each change to the facts is found.
func TestLintFinds(t *testing.T) {
	for name, change := range map[string]func(c *Curriculum){
		"skill twice":       func(c *Curriculum) { c.Skills[1].ID = c.Skills[0].ID },
		"statement":         func(c *Curriculum) { c.Skills[0].NICE = []string{"K9999"} },
		"removed statement": func(c *Curriculum) { c.Skills[0].NICE = []string{"T1648"} },
		"work role":         func(c *Curriculum) { c.Skills[0].Roles = []string{"PD-WRL-999"} },
		"competency":        func(c *Curriculum) { c.Skills[0].Competencies = []string{"NF-COM-099"} },
		"dcwf":              func(c *Curriculum) { c.Skills[0].DCWF = []string{"0"} },
		"dangling edge":     func(c *Curriculum) { c.Transfer[3].To = "ai-nothing" },
		"edge of exercise":  func(c *Curriculum) { c.Transfer[3].First = "Z01" },
		"edge elsewhere":    func(c *Curriculum) { c.Transfer[3].First = "F02" },
		"edge unreasoned":   func(c *Curriculum) { c.Transfer[3].Why = "" },
		"weight":            func(c *Curriculum) { c.Transfer[3].Weight = 1.5 },
		"need of nothing":   func(c *Curriculum) { c.Profiles[0].Need = map[string]Level{"x": 1} },
		"need unreachable":  func(c *Curriculum) { c.Profiles[0].Need = map[string]Level{"ai-taxonomies": Proves} },
		"optional":          func(c *Curriculum) { c.Profiles[0].Optional = []string{"I02/z"} },
		"prereq":            func(c *Curriculum) { c.Exercises[5].Prereq = []string{"Q01"} },
		"prereq later":      func(c *Curriculum) { c.Exercises[5].Prereq = []string{"C01"} },
		"skill of exercise": func(c *Curriculum) { c.Exercises[5].Skills = []string{"ai-nothing"} },
		"untrained skill": func(c *Curriculum) {
			for i := range c.Exercises {
				c.Exercises[i].Skills = slices.DeleteFunc(slices.Clone(c.Exercises[i].Skills), func(s string) bool { return s == "ai-model-theft" })
			}
		},
		"no instead": func(c *Curriculum) { c.Exercises[5].Instead = "" },
		"source":     func(c *Curriculum) { c.Role.Claims[0].Sources = []string{"hearsay"} },
		"no caution": func(c *Curriculum) { c.Sources[0].Caution = "" },
		"no date":    func(c *Curriculum) { c.Sources[0].AsOf = "" },
		"unused source": func(c *Curriculum) {
			c.Sources = append(c.Sources, Source{"x", "x", "x", "https://x.example", "", "2026", "x"})
		},
		"claim undated":    func(c *Curriculum) { c.Role.Claims[0].Date = "" },
		"claim uncaveated": func(c *Curriculum) { c.Role.Claims[0].Caveat = "" },
		"chapter":          func(c *Curriculum) { c.roadmap.Chapters[0].Exercises = nil },
	} {
		c, err := read(files)
		if err != nil {
			t.Fatal(err)
		}
		change(c)
		if lint(c) == nil {
			t.Errorf("%s: the lint finds nothing", name)
		}
	}
}

// lint reports every id that refers to nothing and every fact without a source.
func lint(c *Curriculum) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	lintSkills(c, bad)
	lintExercises(c, bad)
	lintSources(c, bad)
	return errors.Join(errs...)
}

func lintSkills(c *Curriculum, bad func(string, ...any)) {
	seen := make(map[string]bool)
	f := &c.Frameworks
	for _, s := range c.Skills {
		if seen[s.ID] || s.Name == "" || s.About == "" || !slices.Contains([]Family{Analyst, Bridge, AI}, s.Family) {
			bad("skill %q: twice, or incomplete", s.ID)
		}
		seen[s.ID] = true
		for _, id := range s.NICE {
			if f.NICE.Statements[id] == "" || slices.Contains(f.NICE.Removed, id) {
				bad("%s: no statement %q", s.ID, id)
			}
		}
		for _, id := range s.Roles {
			if f.NICE.Roles[id] == "" {
				bad("%s: no work role %q", s.ID, id)
			}
		}
		for _, id := range s.Competencies {
			if f.NICE.Competencies[id] == "" {
				bad("%s: no competency area %q", s.ID, id)
			}
		}
		for _, id := range s.DCWF {
			if !slices.Contains(f.DCWF.Statements, id) {
				bad("%s: no statement %q of DCWF", s.ID, id)
			}
		}
		if len(c.Training(s.ID)) == 0 {
			bad("%s: no exercise trains it", s.ID)
		}
	}
	for _, e := range c.Transfer {
		ex := c.Exercise(e.First)
		switch {
		case c.Skill(e.From) == nil || c.Skill(e.To) == nil || e.From == e.To:
			bad("edge %s to %s: dangling", e.From, e.To)
		case ex == nil || !slices.Contains(ex.Skills, e.To):
			bad("edge %s to %s: %s does not train it", e.From, e.To, e.First)
		case e.Weight <= 0 || e.Weight > 1 || e.Why == "":
			bad("edge %s to %s: weight %v, reason %q", e.From, e.To, e.Weight, e.Why)
		}
	}
	for _, ch := range challenge.All() {
		for _, id := range ch.Skills {
			if c.Skill(id) == nil {
				bad("challenge %s: no skill %q", ch.ID, id)
			}
		}
	}
	lintProfiles(c, bad)
}

func lintProfiles(c *Curriculum, bad func(string, ...any)) {
	for _, p := range c.Profiles {
		if e := c.Exercise(p.Capstone); e == nil || e.Module != "M9" || p.Does == "" {
			bad("profile %s: no capstone %q, or no text", p.ID, p.Capstone)
		}
		for skill, need := range p.Need {
			top := New
			for _, e := range c.Training(skill) {
				for _, st := range e.Stages {
					top = max(top, c.Level(&Proof{Kind: ByStage, Exercise: e.ID, Stage: st.ID, Fresh: true}))
				}
			}
			if c.Skill(skill) == nil || need < Explains || need > top {
				bad("profile %s: %s at %d, where %d can be proved", p.ID, skill, need, top)
			}
		}
		for _, o := range p.Optional {
			id, stage, one := strings.Cut(o, "/")
			e := c.Exercise(id)
			if e == nil || one && !slices.ContainsFunc(e.Stages, func(s Stage) bool { return s.ID == stage }) {
				bad("profile %s: no %q", p.ID, o)
			}
		}
	}
}

func lintExercises(c *Curriculum, bad func(string, ...any)) {
	seen, chapter := make(map[string]bool), make(map[string]bool)
	for _, e := range c.Exercises {
		for _, id := range e.Prereq {
			if !seen[id] {
				bad("%s: prerequisite %q does not come before it", e.ID, id)
			}
		}
		for _, id := range e.Skills {
			if c.Skill(id) == nil {
				bad("%s: no skill %q", e.ID, id)
			}
		}
		if seen[e.ID] || e.Title == "" || e.Minutes <= 0 || e.Instead == "" || len(e.Stages) == 0 ||
			!slices.ContainsFunc(c.Modules, func(m Module) bool { return m.ID == e.Module }) ||
			!slices.ContainsFunc(c.Role.Industries, func(i Industry) bool { return i.ID == e.Industry }) {
			bad("%s: twice, or incomplete", e.ID)
		}
		seen[e.ID] = true
	}
	for _, ch := range c.roadmap.Chapters {
		for _, id := range ch.Exercises {
			if chapter[id] || !seen[id] {
				bad("chapter %q: %q is unknown or in two chapters", ch.Focus, id)
			}
			chapter[id] = true
		}
	}
	for _, e := range c.Exercises {
		if e.Module != "M9" && !chapter[e.ID] {
			bad("%s: in no chapter", e.ID)
		}
	}
}

func lintSources(c *Curriculum, bad func(string, ...any)) {
	used := make(map[string]bool)
	cite := func(what string, ids []string) {
		if len(ids) == 0 {
			bad("%s: no source", what)
		}
		for _, id := range ids {
			used[id] = true
			if c.Source(id) == nil {
				bad("%s: no source %q", what, id)
			}
		}
	}
	f := &c.Frameworks
	for what, ids := range map[string][]string{"NICE": f.NICE.Sources, "DCWF": f.DCWF.Sources, "ECSF": f.ECSF.Sources, "SFIA": f.SFIA.Sources, "titles": c.Role.Titles.Sources} {
		cite(what, ids)
	}
	for _, i := range c.Role.Industries {
		cite(i.ID, i.Sources)
	}
	for _, cl := range c.Role.Claims {
		cite(cl.Heard, cl.Sources)
		if cl.Date == "" || cl.Caveat == "" || cl.Say == "" || cl.Verdict == "" {
			bad("claim %q: incomplete", cl.Heard)
		}
	}
	for _, s := range c.Sources {
		if s.Title == "" || s.Publisher == "" || !strings.HasPrefix(s.URL, "https://") || s.AsOf == "" || s.Caution == "" || !used[s.ID] {
			bad("source %q: incomplete, or never cited", s.ID)
		}
	}
}

// TestBrokenData: a broken file is an error that names it.
func TestBrokenData(t *testing.T) {
	fsys := make(fstest.MapFS)
	for _, name := range []string{"skills", "transfer", "profiles", "modules", "exercises", "sources", "frameworks", "role", "roadmap"} {
		b, err := files.ReadFile("data/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		fsys["data/"+name+".json"] = &fstest.MapFile{Data: b}
	}
	fsys["data/skills.json"] = &fstest.MapFile{Data: []byte(`[{"id": 7}]`)}
	fsys["data/role.json"] = &fstest.MapFile{Data: []byte(`{"anlyst": {}}`)}
	_, err := read(fsys)
	if err == nil || !strings.Contains(err.Error(), "data/skills.json") || !strings.Contains(err.Error(), "data/role.json") {
		t.Errorf("got %v, want both files named", err)
	}
}
