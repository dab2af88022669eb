package badge

import (
	"context"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"quintain/lab"
	"quintain/ml"
	"quintain/ml/train"
)

const policyFile = "policy.yaml"

// A policy is what policy.yaml holds: what a door tells, and to whom how often.
type policy struct {
	Answers string  `yaml:"answers" need:"true"` // confidences, round:N, label or none
	Quota   int     `yaml:"quota"`               // questions of an identity in a day; 0 is no limit
	Noise   float64 `yaml:"noise"`               // standard deviation that each confidence gets

	digits int // after the point; -1 for all
}

// openDoor tells everything to everybody.
var openDoor = policy{Answers: "confidences", digits: -1}

func readPolicy(a *lab.Attempt) (policy, error) {
	var p policy
	if err := a.YAML(policyFile, &p); err != nil {
		return p, err
	}
	p.digits = -1
	if n, ok := strings.CutPrefix(p.Answers, "round:"); ok {
		d, err := strconv.Atoi(n)
		if err != nil || d < 1 || d > 9 {
			return p, lab.Faultf(policyFile, "answers is %.40q, want 1 to 9 digits, such as round:2", p.Answers)
		}
		p.digits = d
	} else if p.Answers != "confidences" && p.Answers != "label" && p.Answers != "none" {
		return p, lab.Faultf(policyFile, "answers is %.40q, want confidences, round:N, label or none", p.Answers)
	}
	switch {
	case p.Quota < 0 || p.Quota > 1_000_000:
		return p, lab.Faultf(policyFile, "quota is %d, want 0 for no limit, or up to 1000000", p.Quota)
	case !(p.Noise >= 0 && p.Noise <= 1):
		return p, lab.Faultf(policyFile, "noise is %v, want 0 to 1", p.Noise)
	}
	return p, nil
}

// A guest is one identity on one day.
type guest struct {
	p     policy
	net   ml.Oracle
	rng   *rand.Rand
	asked int
}

// ask returns what the door tells of an image, one number a class; nil if it
// tells nothing.
func (g *guest) ask(ctx context.Context, x []float32) ([]float64, error) {
	g.asked++
	if g.p.Answers == "none" || g.p.Quota > 0 && g.asked > g.p.Quota {
		return nil, nil
	}
	z, err := g.net.Predict(ctx, ml.Batch{X: x, Dim: pixels})
	if err != nil {
		return nil, err
	}
	e := make([]float32, len(z))
	train.Softmax(z, e)
	p := make([]float64, len(z))
	for i := range p {
		p[i] = float64(e[i])
		if g.p.Noise > 0 {
			p[i] = min(max(p[i]+g.p.Noise*g.rng.NormFloat64(), 0), 1)
		}
	}
	if g.p.Answers == "label" {
		y := largest(p)
		clear(p)
		p[y] = 1
	}
	if g.p.digits >= 0 {
		unit := math.Pow10(g.p.digits)
		for i, v := range p {
			p[i] = math.Round(v*unit) / unit
		}
	}
	return p, nil
}

// largest returns the class with the largest number. A door in doubt stays
// closed.
func largest(p []float64) int {
	y := noBadge
	for k, v := range p {
		if v > p[y] {
			y = k
		}
	}
	return y
}
