package curriculum

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"quintain/curriculum/challenge"
)

// proves reports whether the challenge is known and proves these skills.
func proves(id string, skills []string) bool {
	ch := challenge.Find(id)
	return ch != nil && len(skills) > 0 && !slices.ContainsFunc(skills, func(s string) bool { return !slices.Contains(ch.Skills, s) })
}

// NextChallenge chooses what to ask next in an assessment, after the tries
// already made in it, or returns nil when nothing more is worth asking.
//
// It asks for the skills that carry over most (the weights of their edges),
// rather for those the learner claims, rather for those that something just
// answered right leads to, and later for those that something answered wrong
// leads to. A skill proved before is not asked for.
func (c *Curriculum) NextChallenge(s *State, asked []Try, now time.Time) *challenge.Challenge {
	have := c.levels(s, now)
	var best *challenge.Challenge
	var most float64
	for _, ch := range challenge.All() {
		if slices.ContainsFunc(asked, func(t Try) bool { return t.Challenge == ch.ID }) {
			continue
		}
		var worth float64
		for _, skill := range ch.Skills {
			if have[skill] > New {
				continue
			}
			worth += (1 + c.leads(skill)) * (0.5 + float64(s.Ratings[skill])/8) * c.hint(skill, asked)
		}
		if worth > most {
			best, most = ch, worth
		}
	}
	return best
}

// leads returns the sum of the weights of the edges that leave a skill.
func (c *Curriculum) leads(skill string) (sum float64) {
	for i := range c.Transfer {
		if c.Transfer[i].From == skill {
			sum += c.Transfer[i].Weight
		}
	}
	return sum
}

// hint returns how much the answers so far raise or lower the interest in a
// skill: an edge from a skill answered right raises it, from one answered
// wrong lowers it.
func (c *Curriculum) hint(skill string, asked []Try) float64 {
	f := 1.0
	for _, t := range asked {
		ch := challenge.Find(t.Challenge)
		for i := range c.Transfer {
			if e := &c.Transfer[i]; ch != nil && e.To == skill && slices.Contains(ch.Skills, e.From) {
				if t.Right {
					f *= 1 + e.Weight
				} else {
					f *= 1 - e.Weight/2
				}
			}
		}
	}
	return f
}

// Answer grades an answer to a micro-challenge and notes it in s. One that is
// right adds a proof, unless this seed was tried before: then its answer may be
// known, and proved is false.
func (c *Curriculum) Answer(s *State, in *challenge.Instance, a challenge.Answer, now time.Time) (res challenge.Result, proved bool) {
	res = in.Grade(a)
	again := slices.ContainsFunc(s.Tries, func(t Try) bool { return t.Challenge == in.ID && t.Seed == in.Seed })
	s.Tries = append(s.Tries, Try{Challenge: in.ID, Seed: in.Seed, Right: res.Right, Time: now})
	if !res.Right || again {
		return res, false
	}
	s.Proofs = append(s.Proofs, Proof{
		Kind: ByChallenge, Challenge: in.ID, Skills: slices.Clone(in.Challenge.Skills), Time: now, Seed: in.Seed, Fresh: true,
		Evidence: fmt.Sprintf("challenge %s, seed %d", in.ID, in.Seed),
	})
	return res, true
}

// A TestOut is an exercise offered without its lesson, because of a skill.
type TestOut struct {
	Stages []string `json:"stages"` // "S01", or "D02/a" for a single stage
	Why    string   `json:"why"`
}

// TestOuts returns what a learner may try to pass without preparing. A test-out
// is the exercise itself with its own graders, no hints and a fresh seed, so
// no stage of defense is ever skipped by it.
func (c *Curriculum) TestOuts(s *State, now time.Time) []TestOut {
	l := c.claimed(s, now)
	var out []TestOut
	if l["an-malware"] >= Alone || l["an-vuln-mgmt"] >= Alone {
		out = append(out, TestOut{[]string{"S01", "S02"}, "you know malware triage or vulnerability management; both in one sitting"})
	}
	if l["an-appsec"] >= Alone {
		out = append(out, TestOut{[]string{"L03"}, "you know web security"})
	}
	if l["an-log-hunting"] >= Alone && l["an-incident-response"] >= Alone {
		out = append(out, TestOut{[]string{"D02/a", "D03/a"}, "you hunt in logs and handle incidents; the defenses of both stay"})
	}
	if l["br-ml-metrics"] >= Alone {
		out = append(out, TestOut{[]string{"F01"}, "you know model metrics"})
	}
	return out
}

// claimed returns the higher of what is proved and what is said, by skill. It
// orders plans and proves nothing.
func (c *Curriculum) claimed(s *State, now time.Time) map[string]Level {
	out := c.levels(s, now)
	for id, l := range s.Ratings {
		out[id] = max(out[id], l)
	}
	return out
}

// ParseRatings reads "an-malware=3,br-rag=1".
func (c *Curriculum) ParseRatings(text string) (map[string]Level, error) {
	out := make(map[string]Level)
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		id, level, ok := strings.Cut(part, "=")
		skill := c.Skill(strings.TrimSpace(id))
		if !ok || skill == nil {
			return nil, fmt.Errorf("%q is not skill=level with a known skill", part)
		}
		level = strings.TrimSpace(level)
		if len(level) != 1 || level[0] < '0' || level[0] > '4' {
			return nil, fmt.Errorf("level %q of %s is not 0, 1, 2, 3 or 4", level, skill.ID)
		}
		out[skill.ID] = Level(level[0] - '0')
	}
	return out, nil
}
