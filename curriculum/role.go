package curriculum

import (
	"cmp"
	"slices"
)

// A Role is the page about the job: what is known, from whom, and how well.
type Role struct {
	Analyst    Job        `json:"analyst"`
	Engineer   Job        `json:"engineer"`
	Titles     Cited      `json:"titles"` // what openings are called
	Industries []Industry `json:"industries"`
	Claims     []Claim    `json:"claims"`
}

// A Job is what somebody does all day.
type Job struct {
	Title    string   `json:"title"`
	Question string   `json:"question"` // that the work answers
	Day      []string `json:"day"`
}

// A Cited is a text with its sources.
type Cited struct {
	Text    string   `json:"text"`
	Sources []string `json:"sources"`
}

// An Industry says what is different there.
type Industry struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Different string   `json:"different"`
	Rule      string   `json:"rule"` // one that is worth knowing on the first day
	Sources   []string `json:"sources"`
}

// A Claim is something one hears about the job, and what can be said instead.
type Claim struct {
	Topic   string   `json:"topic"` // "pay", "demand", "skills", "time"
	Heard   string   `json:"heard"`
	Verdict string   `json:"verdict"`
	Say     string   `json:"say"`
	Caveat  string   `json:"caveat"`
	Date    string   `json:"date"`
	Sources []string `json:"sources"`
}

// CarriedOver returns the edges from skills of analysts, strongest first: what
// an analyst brings to the work.
func (c *Curriculum) CarriedOver() []Edge {
	var out []Edge
	for _, e := range c.Transfer {
		if c.Skill(e.From).Family == Analyst {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b Edge) int { return cmp.Compare(b.Weight, a.Weight) })
	return out
}
