package curriculum

import (
	"slices"
	"time"
)

// A Level is how far a skill goes.
type Level int

// The levels.
const (
	New      Level = iota // nothing proved
	Explains              // passed a micro-challenge
	Helped                // passed a stage with hints, or on a seed already seen
	Alone                 // passed a stage without hints, on a fresh seed
	Proves                // defends: held against unseen attacks with the work still done, or an exam
)

var levelNames = [...]struct{ name, evidence string }{
	{"new", "nothing proved yet"},
	{"explains", "a micro-challenge passed"},
	{"does with help", "a stage passed with hints, or on a seed already seen"},
	{"does alone", "a stage passed without hints, on a fresh seed"},
	{"defends and proves", "a defense that held against attacks it had not seen while the work went on, or an exam"},
}

// String returns the name of the level.
func (l Level) String() string {
	if l < New || l > Proves {
		return "unknown"
	}
	return levelNames[l].name
}

// Evidence says what proves the level.
func (l Level) Evidence() string {
	if l < New || l > Proves {
		return "unknown"
	}
	return levelNames[l].evidence
}

// StaleAfter is how long a proof counts as fresh.
const StaleAfter = 60 * 24 * time.Hour

// A Standing is where a learner stands in one skill.
type Standing struct {
	Skill string `json:"skill"`
	Level Level  `json:"level"` // the highest that was proved
	Rated Level  `json:"rated"` // what the learner says
	// Stale says that the newest proof of the level is older than
	// [StaleAfter]. A stale level stays what it is.
	Stale bool      `json:"stale"`
	Since time.Time `json:"since,omitzero"` // of the newest proof of the level
	Proof *Proof    `json:"proof,omitempty"`
}

// Level returns what one proof proves.
func (c *Curriculum) Level(p *Proof) Level {
	if p.Kind == ByChallenge {
		return Explains
	}
	e := c.Exercise(p.Exercise)
	if e == nil {
		return New
	}
	s := find(e.Stages, func(s *Stage) bool { return s.ID == p.Stage })
	switch {
	case s == nil:
		return New
	case p.Hints > 0 || !p.Fresh:
		return Helped
	case s.Mode == Defend, s.Linked, p.Kind == ByExam && s.Mode != Attack:
		return Proves
	default:
		return Alone
	}
}

// proved returns the skills that a proof concerns.
func (c *Curriculum) proved(p *Proof) []string {
	if e := c.Exercise(p.Exercise); e != nil && p.Kind != ByChallenge {
		return e.Skills
	}
	return p.Skills
}

// Standing returns where a learner stands in every skill, in the order of the
// skills. A self-rating is shown beside and raises nothing. Proofs from the
// future of now count, but never as stale.
func (c *Curriculum) Standing(s *State, now time.Time) []Standing {
	out := make([]Standing, len(c.Skills))
	for i := range c.Skills {
		out[i] = Standing{Skill: c.Skills[i].ID, Rated: s.Ratings[c.Skills[i].ID]}
	}
	for i := range s.Proofs {
		p := &s.Proofs[i]
		l, skills := c.Level(p), c.proved(p)
		for j := range out {
			st := &out[j]
			if slices.Contains(skills, st.Skill) && (l > st.Level || l == st.Level && l > New && p.Time.After(st.Since)) {
				st.Level, st.Since, st.Proof = l, p.Time, p
			}
		}
	}
	for j := range out {
		out[j].Stale = out[j].Level > New && now.Sub(out[j].Since) > StaleAfter
	}
	return out
}

// levels returns the proved level of every skill.
func (c *Curriculum) levels(s *State, now time.Time) map[string]Level {
	out := make(map[string]Level, len(c.Skills))
	for _, st := range c.Standing(s, now) {
		out[st.Skill] = st.Level
	}
	return out
}

// stageLevels returns the highest level proved by each stage, by "F03/b".
func (c *Curriculum) stageLevels(s *State) map[string]Level {
	out := make(map[string]Level)
	for i := range s.Proofs {
		if p := &s.Proofs[i]; p.Kind != ByChallenge {
			key := p.Exercise + "/" + p.Stage
			out[key] = max(out[key], c.Level(p))
		}
	}
	return out
}

// Passed reports whether every stage of the exercise was passed, with help or
// without.
func (c *Curriculum) Passed(s *State, id string) bool {
	e, got := c.Exercise(id), c.stageLevels(s)
	return e != nil && !slices.ContainsFunc(e.Stages, func(st Stage) bool { return got[id+"/"+st.ID] == New })
}
