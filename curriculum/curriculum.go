// Package curriculum is the learner's path: which skills the work asks for,
// which of them an analyst already has, what proves a skill, and what to do
// next with the hours there are.
//
// The facts are embedded data; [Default] returns them. What is known about a
// learner is a [State], and everything said about the learner is a pure
// function of facts, State and clock: [Curriculum.Standing], [Curriculum.Gap],
// [Curriculum.Next], [Curriculum.Plan] and [Curriculum.Portfolio].
//
// Which exercises exist is not known here. Callers pass the ids of those that
// the program was built with, and a plan says which are missing.
package curriculum

import (
	"slices"
	"strings"
)

// A Family says where a skill comes from.
type Family string

// The families.
const (
	Analyst Family = "analyst" // security analysts bring it along
	Bridge  Family = "bridge"  // how models work, for people who secure them
	AI      Family = "ai"      // securing AI systems
)

// A Skill is one thing that a person can be able to do.
type Skill struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Family Family `json:"family"`
	About  string `json:"about"`

	// Where official frameworks say something close to it; empty where they
	// say nothing.
	NICE         []string `json:"nice,omitempty"`         // statements of the NICE Framework
	Roles        []string `json:"roles,omitempty"`        // its work roles
	Competencies []string `json:"competencies,omitempty"` // its competency areas
	DCWF         []string `json:"dcwf,omitempty"`         // statements of the DoD framework
}

// An Edge says that one skill carries over to another.
type Edge struct {
	From   string  `json:"from"`
	To     string  `json:"to"`
	Weight float64 `json:"weight"` // share that carries over, from 0 to 1: our judgment
	Why    string  `json:"why"`
	First  string  `json:"first"` // the exercise that makes the step
}

// A Profile is a job, as the levels of skills that it needs.
type Profile struct {
	ID       string           `json:"id"`
	Name     string           `json:"name"`
	Does     string           `json:"does"`
	Capstone string           `json:"capstone"` // the capstone recommended for it
	Optional []string         `json:"optional"` // exercises ("D04") and stages ("I02/b") that it can do without
	Need     map[string]Level `json:"need"`
}

// A Mode is what a stage asks for.
type Mode string

// The modes.
const (
	Attack  Mode = "attack"
	Analyze Mode = "analyze"
	Defend  Mode = "defend"
)

// A Stage is one graded step of an exercise.
type Stage struct {
	ID     string `json:"id"`
	Mode   Mode   `json:"mode"`
	Linked bool   `json:"linked,omitempty"` // an analysis whose every claim links to evidence
}

// An Exercise is the facts about one exercise of the range.
type Exercise struct {
	ID       string   `json:"id"`
	Module   string   `json:"module"`
	Title    string   `json:"title"`
	Industry string   `json:"industry"`
	Minutes  int      `json:"minutes"` // of work on its stages
	Lesson   int      `json:"lesson"`  // minutes of reading before
	Prereq   []string `json:"prereq"`
	Skills   []string `json:"skills"`
	Stages   []Stage  `json:"stages"`
	LLM      bool     `json:"llm"`     // talks to a language model, or to the built-in stand-in
	Instead  string   `json:"instead"` // what to do as long as it is not built
}

// Defends reports whether the exercise has a stage of defense.
func (e *Exercise) Defends() bool {
	return slices.ContainsFunc(e.Stages, func(s Stage) bool { return s.Mode == Defend })
}

// A Module is a group of exercises.
type Module struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	About string `json:"about"`
}

// A Source says where a fact comes from, and how far to trust it.
type Source struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Publisher string `json:"publisher"`
	URL       string `json:"url"`
	Date      string `json:"date,omitempty"` // of the facts, as precisely as known
	AsOf      string `json:"as_of"`          // when we read it
	Caution   string `json:"caution"`
}

// A Curriculum is all facts of this package. It is never modified.
type Curriculum struct {
	Skills     []Skill
	Transfer   []Edge
	Profiles   []Profile
	Modules    []Module
	Exercises  []Exercise
	Sources    []Source
	Frameworks Frameworks
	Role       Role
	roadmap    roadmap
}

// Frameworks is what official catalogs of work say about these skills.
type Frameworks struct {
	NICE struct {
		Version      string            `json:"version"`
		Released     string            `json:"released"`
		Statements   map[string]string `json:"statements"`
		Roles        map[string]string `json:"roles"`
		Competencies map[string]string `json:"competencies"`
		Removed      []string          `json:"removed"` // statements that the version no longer has
		Finding      string            `json:"finding"`
		Sources      []string          `json:"sources"`
	} `json:"nice"`
	DCWF struct {
		Version    string            `json:"version"`
		Released   string            `json:"released"`
		Statements []string          `json:"statements"`
		Roles      map[string]string `json:"roles"`
		Finding    string            `json:"finding"`
		Sources    []string          `json:"sources"`
	} `json:"dcwf"`
	ECSF Note `json:"ecsf"`
	SFIA Note `json:"sfia"`
}

// A Note is a finding with its sources.
type Note struct {
	Finding string   `json:"finding"`
	Sources []string `json:"sources"`
}

// Skill returns the skill with the id, in American or British spelling, or nil.
func (c *Curriculum) Skill(id string) *Skill {
	id = strings.NewReplacer("tefact", "tifact", "fence", "fense").Replace(id)
	return find(c.Skills, func(s *Skill) bool { return s.ID == id })
}

// Exercise returns the exercise with the id, or nil.
func (c *Curriculum) Exercise(id string) *Exercise {
	return find(c.Exercises, func(e *Exercise) bool { return e.ID == id })
}

// Profile returns the profile with the id, or nil.
func (c *Curriculum) Profile(id string) *Profile {
	return find(c.Profiles, func(p *Profile) bool { return p.ID == id })
}

// Source returns the source with the id, or nil.
func (c *Curriculum) Source(id string) *Source {
	return find(c.Sources, func(s *Source) bool { return s.ID == id })
}

// Training returns the exercises that train a skill, in the order of the course.
func (c *Curriculum) Training(skill string) []*Exercise {
	var out []*Exercise
	for i := range c.Exercises {
		if slices.Contains(c.Exercises[i].Skills, skill) {
			out = append(out, &c.Exercises[i])
		}
	}
	return out
}

func find[T any](of []T, is func(*T) bool) *T {
	for i := range of {
		if is(&of[i]) {
			return &of[i]
		}
	}
	return nil
}
