package dp_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"quintain/ml/dp"
)

// A machine is DP-SGD on canaries that each have a direction of their own, so
// that what one gets to see of a canary is what anybody can get to see. It
// returns, for each canary, the noisy sums of all steps along its direction.
type machine struct {
	claim    dp.SGD
	length   float64 // of a gradient before clipping
	clips    bool
	scales   float64 // what the noise is multiplied by; 1 is right
	reuses   bool    // the same noise in every step
	shuffles bool    // every row is in one batch of each epoch
}

func (m machine) run(in []bool, rng *rand.Rand) [][]float64 {
	length := m.length
	if m.clips {
		length = min(length, 1)
	}
	out := make([][]float64, len(in))
	for i := range in {
		trace := make([]float64, m.claim.Steps)
		fixed := rng.NormFloat64()
		epoch := int(math.Round(1 / m.claim.Rate))
		turn := 0
		for t := range trace {
			noise := rng.NormFloat64()
			if m.reuses {
				noise = fixed
			}
			trace[t] = m.claim.Noise * m.scales * noise
			if t%epoch == 0 {
				turn = rng.IntN(epoch)
			}
			drawn := rng.Float64() < m.claim.Rate
			if m.shuffles {
				drawn = t%epoch == turn
			}
			if in[i] && drawn {
				trace[t] += length
			}
		}
		out[i] = trace
	}
	return out
}

// The auditor's scores: the sum of all steps, and how far steps lie apart.
var auditors = map[string]func([]float64) float64{
	"sum": func(x []float64) float64 {
		var s float64
		for _, v := range x {
			s += v
		}
		return s
	},
	"span": func(x []float64) float64 { return slices.Max(x) - slices.Min(x) },
}

// caught reports whether an audit contradicts the accountant: by a point, or by
// the curve. One half of the canaries chooses the threshold, the other is
// counted.
func caught(t *testing.T, m machine, score func([]float64) float64, seed uint64) (point, whole bool) {
	t.Helper()
	const canaries, delta = 8000, 1e-5
	rng := rand.New(rand.NewPCG(seed, 1))
	in := make([]bool, canaries)
	for i := range in {
		in[i] = rng.IntN(2) == 0
	}
	traces := m.run(in, rng)
	p, err := m.claim.PLD(1e-3)
	if err != nil {
		t.Fatal(err)
	}
	claimed := p.Epsilon(delta)
	count := func(from, to int, threshold float64) (tp, pos, fp, neg int) {
		for i := from; i < to; i++ {
			hit := score(traces[i]) >= threshold
			if in[i] {
				pos++
				if hit {
					tp++
				}
			} else {
				neg++
				if hit {
					fp++
				}
			}
		}
		return tp, pos, fp, neg
	}
	best, at, bestGap, atGap := -1.0, 0.0, -1.0, 0.0
	for i := 0; i < canaries/2; i += 20 {
		threshold := score(traces[i])
		tp, pos, fp, neg := count(0, canaries/2, threshold)
		if b := dp.LowerBound(tp, pos, fp, neg, delta, 0.95); b > best {
			best, at = b, threshold
		}
		if gap := float64(tp)/float64(pos) - float64(fp)/float64(neg); gap > bestGap {
			bestGap, atGap = gap, threshold
		}
	}
	tp, pos, fp, neg := count(canaries/2, canaries, at)
	point = dp.LowerBound(tp, pos, fp, neg, delta, 0.95) > claimed
	tp, pos, fp, neg = count(canaries/2, canaries, atGap)
	tpr, fpr := dp.Rates(tp, pos, fp, neg, 0.95)
	return point, !p.Allows(tpr, fpr)
}

// TestBrokenMachines holds the claim of each machine against an audit. What does
// as it says is never caught; what does not is, by the auditor that fits.
func TestBrokenMachines(t *testing.T) {
	good := dp.SGD{Rate: 0.1, Noise: 2, Steps: 30}
	few := dp.SGD{Rate: 0.1, Noise: 0.2, Steps: 10}
	for _, c := range []struct {
		name    string
		m       machine
		auditor string // that catches it; none for what is right
	}{
		{"right", machine{claim: good, length: 20, clips: true, scales: 1}, ""},
		{"right, little noise", machine{claim: few, length: 20, clips: true, scales: 1}, ""},
		{"no clipping", machine{claim: good, length: 20, scales: 1}, "sum"},
		{"noise not scaled", machine{claim: good, length: 1, clips: true, scales: 0.05}, "sum"},
		{"noise reused", machine{claim: good, length: 1, clips: true, scales: 1, reuses: true}, "span"},
		{"shuffled", machine{claim: few, length: 1, clips: true, scales: 1, shuffles: true}, "span"},
	} {
		for name, score := range auditors {
			point, whole := caught(t, c.m, score, 3)
			switch {
			case c.auditor == "" && (point || whole):
				t.Errorf("%s: caught by the %s, though it does as it says", c.name, name)
			case c.auditor == name && !point && !whole:
				t.Errorf("%s: not caught by the %s", c.name, name)
			}
		}
	}
}
