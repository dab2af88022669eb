package curriculum

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// PlanOptions say what a plan has to work with.
type PlanOptions struct {
	Weeks   int       // 12 to 16; 0 means 14
	Hours   float64   // a week, never exceeded; 0 means 7
	Start   time.Time // first day of the first week; only the date counts
	Profile *Profile  // nil means the first one
	Built   []string  // ids of the exercises that exist
	Exam    bool      // the exam exists
}

// A Plan is what to do in which week.
type Plan struct {
	Profile string   `json:"profile"`
	Start   string   `json:"start"` // dates are written 2026-11-30
	End     string   `json:"end"`
	Hours   float64  `json:"hours_a_week"` // that the learner has
	Weeks   []Week   `json:"weeks"`
	Minutes int      `json:"minutes"` // planned, all weeks
	Adapted []string `json:"adapted"` // how it differs from the plan for everybody, and why
	Missing []string `json:"missing"` // exercises that are not built yet; other work is planned for them

	// Over is how many minutes do not fit, before anything is dropped.
	Over    int      `json:"over"`
	Dropped []Item   `json:"dropped"` // what to drop so that the rest fits, in this order
	Left    []Item   `json:"left"`    // what still does not fit and must not be dropped
	Notes   []string `json:"notes"`
}

// A Week is one week of a plan.
type Week struct {
	Number  int      `json:"number"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Focus   []string `json:"focus"`
	Items   []Item   `json:"items"`
	Minutes int      `json:"minutes"`
	Leaves  []string `json:"leaves"` // what exists afterwards
}

// A Work is a kind of work.
type Work string

// The kinds of work.
const (
	WorkAssess   Work = "assess"
	WorkRead     Work = "read"     // the lesson before an exercise
	WorkExercise Work = "exercise" // on the range
	WorkTestOut  Work = "test-out" // the exercise without its lesson
	WorkInstead  Work = "instead"  // of an exercise that is not built
	WorkWrite    Work = "write"
	WorkExam     Work = "exam"
)

// An Item is one piece of work. One that is longer than what is left of a week
// is continued in the next.
type Item struct {
	Work     Work     `json:"work"`
	Exercise string   `json:"exercise,omitempty"`
	Stages   []string `json:"stages,omitempty"` // of the exercise, if not all
	Text     string   `json:"text"`
	Minutes  int      `json:"minutes"`
	Part     string   `json:"part,omitempty"` // "begin" or "continue", of work that spans weeks
	Optional bool     `json:"optional,omitempty"`
	Defends  bool     `json:"defends,omitempty"` // has a stage of defense that is not passed yet

	focus, leaves string
	whole         bool // may not be split
}

const day = "2006-01-02"

// Plan returns a dated plan for what the learner has not proved yet. It
// respects the hours; what does not fit is named, never squeezed in.
func (c *Curriculum) Plan(s *State, o PlanOptions) (*Plan, error) {
	if err := c.complete(&o); err != nil {
		return nil, err
	}
	now := o.Start
	p := &Plan{Profile: o.Profile.ID, Hours: o.Hours, Adapted: []string{}, Missing: []string{}, Dropped: []Item{}, Left: []Item{}, Notes: []string{}}
	if o.Hours < 5 && o.Weeks < c.roadmap.MaxWeeks {
		o.Weeks = c.roadmap.MaxWeeks
		p.adapt("under 5 hours a week the plan takes %d weeks", o.Weeks)
	}
	w := &writer{c: c, s: s, o: &o, plan: p, claimed: c.claimed(s, now), got: c.stageLevels(s)}
	items := w.items()
	capacity := int(math.Round(o.Hours*60)) / 5 * 5
	weeks, rest := pack(items, capacity, o.Weeks)
	for _, it := range rest {
		p.Over += it.Minutes
	}
	for len(rest) > 0 {
		i := w.expendable(items)
		if i < 0 {
			break
		}
		p.Dropped = append(p.Dropped, items[i])
		items = slices.Delete(items, i, i+1)
		weeks, rest = pack(items, capacity, o.Weeks)
	}
	p.Left = append(p.Left, rest...)
	p.date(weeks, o.Start)
	w.notes(capacity)
	return p, nil
}

// complete fills in defaults and refuses what no plan can be made of.
func (c *Curriculum) complete(o *PlanOptions) error {
	if o.Weeks == 0 {
		o.Weeks = c.roadmap.Weeks
	}
	if o.Hours == 0 {
		o.Hours = float64(c.roadmap.Hours)
	}
	if o.Profile == nil {
		o.Profile = &c.Profiles[0]
	}
	if o.Weeks < c.roadmap.MinWeeks || o.Weeks > c.roadmap.MaxWeeks {
		return fmt.Errorf("a plan takes %d to %d weeks, not %d", c.roadmap.MinWeeks, c.roadmap.MaxWeeks, o.Weeks)
	}
	if !(o.Hours >= 2 && o.Hours <= 40) {
		return fmt.Errorf("a plan takes 2 to 40 hours a week, not %v", o.Hours)
	}
	if o.Start.IsZero() || o.Start.Year() > 9000 {
		return fmt.Errorf("no date to start on")
	}
	y, m, d := o.Start.Date()
	o.Start = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return nil
}

func (p *Plan) adapt(format string, args ...any) {
	p.Adapted = append(p.Adapted, fmt.Sprintf(format, args...))
}

// date gives the packed weeks their dates and sums.
func (p *Plan) date(weeks [][]Item, start time.Time) {
	for i, items := range weeks {
		from := start.AddDate(0, 0, 7*i)
		w := Week{Number: i + 1, From: from.Format(day), To: from.AddDate(0, 0, 6).Format(day), Items: items, Focus: []string{}, Leaves: []string{}}
		for _, it := range items {
			w.Minutes += it.Minutes
			if it.focus != "" && !slices.Contains(w.Focus, it.focus) {
				w.Focus = append(w.Focus, it.focus)
			}
			if it.leaves != "" && it.Part != "begin" {
				w.Leaves = append(w.Leaves, it.leaves)
			}
		}
		if len(w.Leaves) == 0 {
			w.Leaves = remains(items, w.Focus)
		}
		p.Minutes += w.Minutes
		p.Weeks = append(p.Weeks, w)
	}
	p.Start = start.Format(day)
	p.End = start.AddDate(0, 0, 7*len(weeks)-1).Format(day)
}

// remains says what a week leaves behind in which nothing was written up.
func remains(items []Item, focus []string) []string {
	var passed []string
	for _, it := range items {
		if (it.Work == WorkExercise || it.Work == WorkTestOut) && it.Part != "begin" && !slices.Contains(passed, it.Exercise) {
			passed = append(passed, it.Exercise)
		}
	}
	switch {
	case len(passed) > 0:
		return []string{"graded in your record: " + strings.Join(passed, ", ")}
	case len(focus) > 0:
		return []string{"your notes on: " + strings.Join(focus, "; ")}
	default:
		return []string{}
	}
}

// minPart is the shortest part of work that is worth splitting off.
const minPart = 15

// pack puts items into weeks in their order, none of more minutes than room.
// Work is spread evenly, so that the last weeks are as full as the first. What
// does not fit is returned as rest.
func pack(items []Item, room, weeks int) (out [][]Item, rest []Item) {
	total := 0
	for _, it := range items {
		total += it.Minutes
	}
	// A little more than the even share each week: whole sittings need play.
	for share := (total/weeks + 9) / 5 * 5; ; share += 5 {
		out, rest = fill(items, min(share, room), room, weeks)
		if len(rest) == 0 || share >= room {
			return out, rest
		}
	}
}

// fill packs with a share for each week; only work that cannot be split may
// go beyond the share, up to room.
func fill(items []Item, share, room, weeks int) (out [][]Item, rest []Item) {
	out = make([][]Item, weeks)
	w, used := 0, 0
	next := func() { w, used = w+1, 0 }
	queue := slices.Clone(items)
	for len(queue) > 0 && w < weeks {
		it := queue[0]
		left := share - used
		switch {
		case it.whole && used+it.Minutes <= room, it.Minutes <= left:
			out[w] = append(out[w], it)
			used += it.Minutes
			queue = queue[1:]
		case it.whole && used == 0: // does not fit into any week
			rest = append(rest, it)
			queue = queue[1:]
		case !it.whole && left >= minPart && it.Minutes-left >= minPart:
			first := it
			first.Minutes, first.Part = left, "begin"
			if it.Part != "" {
				first.Part = "continue"
			}
			out[w] = append(out[w], first)
			queue[0].Minutes -= left
			queue[0].Part = "continue"
			next()
		default:
			next()
		}
	}
	return out, append(rest, queue...)
}
