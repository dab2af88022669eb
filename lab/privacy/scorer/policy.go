package scorer

import (
	"quintain/attack/extraction"
	"quintain/lab"
	"quintain/ml/watch"
)

// A policy is what policy.yaml holds.
type policy struct {
	Answers string  `yaml:"answers"`
	PerDay  int     `yaml:"per-day"`
	Window  int     `yaml:"window"`
	Share   float64 `yaml:"share"`
	Mark    float64 `yaml:"mark"`

	answers extraction.Answers
}

// openHouse is what the competitor met: everything is answered, to everybody.
var openHouse = policy{Answers: "scores"}

func readPolicy(a *lab.Attempt, name string) (policy, error) {
	var p policy
	if err := a.YAML(name, &p); err != nil {
		return p, err
	}
	var err error
	if p.answers, err = extraction.ParseAnswers(p.Answers); err != nil {
		f := lab.Faultf(name, "%s", err)
		f.Hint = "answers: labels"
		return p, f
	}
	switch {
	case p.answers.Noise() > 0:
		return p, lab.Faultf(name, "answers are %q, and this scorer must not lie to anybody", p.Answers)
	case p.PerDay < 0 || p.PerDay > 1_000_000:
		return p, lab.Faultf(name, "per-day is %d, want 0 for no limit, or up to 1000000", p.PerDay)
	case p.Window < 0 || p.Window > 1000:
		return p, lab.Faultf(name, "window is %d, want 0 to watch nothing, or up to 1000", p.Window)
	case !(p.Share >= 0 && p.Share <= 1):
		return p, lab.Faultf(name, "share is %v, want a number from 0 to 1", p.Share)
	case !(p.Mark >= 0 && p.Mark <= 2):
		return p, lab.Faultf(name, "mark is %v, want a number from 0 to 2", p.Mark)
	}
	return p, nil
}

// A gate lets the calls of one account through, or not.
type gate struct {
	p     policy
	watch *watch.Novelty
	cut   bool
	day   int
	today int
}

func (b *bureau) gate(p policy) *gate {
	g := &gate{p: p}
	if p.Window > 0 {
		g.watch = &watch.Novelty{Profile: b.profile, Share: p.Share, Window: p.Window}
	}
	return g
}

// pass reports whether a call is answered.
func (g *gate) pass(day int, row []float32) bool {
	if day != g.day {
		g.day, g.today = day, 0
	}
	g.today++
	if g.cut || g.p.PerDay > 0 && g.today > g.p.PerDay {
		return false
	}
	if g.watch != nil && g.watch.See(watch.Request{Row: row}) {
		g.cut = true
	}
	return !g.cut
}
