package curriculum

import (
	"cmp"
	"slices"
	"time"
)

// A Gap is a skill that a profile needs at a level not proved yet.
type Gap struct {
	Standing
	Need  Level `json:"need"`
	Carry *Edge `json:"carry,omitempty"` // the strongest skill, proved or rated 2 and more, that leads to it
}

// Gap returns what a profile needs and the learner has not proved, largest
// first. Stale levels are no gap; [Standing.Stale] is for the caller to show.
func (c *Curriculum) Gap(s *State, p *Profile, now time.Time) []Gap {
	var out []Gap
	for _, st := range c.Standing(s, now) {
		if need := p.Need[st.Skill]; need > st.Level {
			out = append(out, Gap{Standing: st, Need: need, Carry: c.carry(s, st.Skill, now)})
		}
	}
	slices.SortStableFunc(out, func(a, b Gap) int { return cmp.Compare(b.Need-b.Level, a.Need-a.Level) })
	return out
}

// carry returns the edge to skill that carries most of what the learner has.
func (c *Curriculum) carry(s *State, skill string, now time.Time) *Edge {
	have := c.levels(s, now)
	var best *Edge
	var most float64
	for i := range c.Transfer {
		e := &c.Transfer[i]
		l := max(have[e.From], s.Ratings[e.From])
		if w := e.Weight * float64(l); e.To == skill && l >= Helped && w > most {
			best, most = e, w
		}
	}
	return best
}

// A Step is an exercise worth doing now.
type Step struct {
	Exercise *Exercise `json:"exercise"`
	Gain     float64   `json:"gain"`  // levels that the way through it can close
	Hours    float64   `json:"hours"` // of the way, lessons included
	Skills   []string  `json:"skills"`
	Opens    string    `json:"opens,omitempty"` // the exercise that most of the gain comes from, if another
}

// PerHour returns the gain in levels per hour.
func (s *Step) PerHour() float64 { return s.Gain / s.Hours }

// Next returns at most three exercises that can be started now, those first
// that lead to the largest gain per hour. An exercise whose prerequisites are
// not passed counts for the first of them, with the hours of all. Only built
// exercises are offered. Self-ratings break ties and no more.
func (c *Curriculum) Next(s *State, p *Profile, built []string, now time.Time) []Step {
	have := c.levels(s, now)
	var all []Step
	for i := range c.Exercises {
		if st, ok := c.way(s, &c.Exercises[i], p, have, built, now); ok {
			all = append(all, st)
		}
	}
	slices.SortStableFunc(all, func(a, b Step) int { return cmp.Compare(b.PerHour(), a.PerHour()) })
	var out []Step
	for _, st := range all {
		if len(out) < 3 && !slices.ContainsFunc(out, func(o Step) bool { return o.Exercise == st.Exercise }) {
			out = append(out, st)
		}
	}
	return out
}

// way returns the first step of the way to an exercise and what it gains.
func (c *Curriculum) way(s *State, goal *Exercise, p *Profile, have map[string]Level, built []string, now time.Time) (Step, bool) {
	var route []*Exercise
	c.route(s, goal, &route)
	gains, minutes := make(map[string]Level), 0
	for _, e := range route {
		if !slices.Contains(built, e.ID) {
			return Step{}, false
		}
		minutes += e.Minutes + e.Lesson
		for _, skill := range e.Skills {
			reach := min(p.Need[skill], Alone)
			if e.Defends() || slices.ContainsFunc(e.Stages, func(st Stage) bool { return st.Linked }) {
				reach = p.Need[skill]
			}
			gains[skill] = max(gains[skill], reach-have[skill])
		}
	}
	if len(route) == 0 {
		return Step{}, false
	}
	step := Step{Exercise: route[0], Hours: float64(minutes) / 60}
	for i := range c.Skills {
		id := c.Skills[i].ID
		if g := gains[id]; g > 0 {
			step.Gain += float64(g)
			step.Skills = append(step.Skills, id)
			if c.carry(s, id, now) != nil {
				step.Gain += 1e-3 // what carries over is learned faster: enough to break a tie
			}
		}
	}
	if route[0] != goal {
		step.Opens = goal.ID
	}
	return step, step.Gain > 0
}

// route appends what is left to pass up to and including e, in order.
func (c *Curriculum) route(s *State, e *Exercise, to *[]*Exercise) {
	if slices.Contains(*to, e) || c.mastered(s, e) {
		return
	}
	for _, id := range e.Prereq {
		if !c.Passed(s, id) {
			c.route(s, c.Exercise(id), to)
		}
	}
	*to = append(*to, e)
}

// mastered reports whether every stage was passed alone.
func (c *Curriculum) mastered(s *State, e *Exercise) bool {
	got := c.stageLevels(s)
	return !slices.ContainsFunc(e.Stages, func(st Stage) bool { return got[e.ID+"/"+st.ID] < Alone })
}
