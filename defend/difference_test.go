package defend

import (
	"math"
	"math/rand/v2"
	"testing"

	"quintain"
)

// pairs makes trials of which so many hit in both, in the first only, in the
// second only, and in neither.
func pairs(both, one, two, none int) (first, second []bool) {
	for n, hit := range map[int][2]bool{0: {true, true}, 1: {true, false}, 2: {false, true}, 3: {false, false}} {
		for range []int{both, one, two, none}[n] {
			first, second = append(first, hit[0]), append(second, hit[1])
		}
	}
	return first, second
}

// TestPairedSymmetric knows what the interval has to be like: around the
// difference, mirrored when sides change, narrower for paired trials than for
// those that have nothing to do with each other.
func TestPairedSymmetric(t *testing.T) {
	first, second := pairs(40, 20, 5, 35)
	m, back := paired("d", first, second, 1), paired("d", second, first, 1)
	if math.Abs(m.Value-0.15) > 1e-12 || math.Abs(m.Low+back.High) > 1e-12 || math.Abs(m.High+back.Low) > 1e-12 {
		t.Errorf("%+v and %+v, want 0.15 and its mirror", m, back)
	}
	loose := difference("d", "mover", wilson("a", first, 1), wilson("b", second, 1), 0, 1)
	if m.High-m.Low >= loose.High-loose.Low {
		t.Errorf("paired interval [%v, %v] is no narrower than [%v, %v]", m.Low, m.High, loose.Low, loose.High)
	}
	if p := discordance(first, second); math.Abs(p-0.00408) > 1e-5 {
		t.Errorf("McNemar of 20 and 5: %v, want 0.00408", p)
	}
}

// TestCoverage draws from known rates: 95% intervals must hold the truth about
// that often.
func TestCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const runs, n = 2000, 120
	held := 0
	for range runs {
		first, second := make([]bool, n), make([]bool, n)
		for i := range n { // truth: 0.6 and 0.4, second mostly within first
			u := rng.Float64()
			first[i], second[i] = u < 0.6, u < 0.35 || u >= 0.95
		}
		if m := paired("d", first, second, 1); m.Low <= 0.2 && 0.2 <= m.High {
			held++
		}
	}
	if got := float64(held) / runs; got < 0.935 || got > 0.985 {
		t.Errorf("95%% intervals held the truth in %.3f of runs", got)
	}
}

// TestMover knows the interval of a difference of two measures by hand.
func TestMover(t *testing.T) {
	a := quintain.Measure{Value: 0.8, Low: 0.7, High: 0.9, Trials: 10}
	b := quintain.Measure{Value: 0.5, Low: 0.45, High: 0.52, Trials: 20}
	m := difference("d", "mover", a, b, 0, 1)
	if math.Abs(m.Low-(0.3-math.Hypot(0.1, 0.02))) > 1e-12 || math.Abs(m.High-(0.3+math.Hypot(0.1, 0.05))) > 1e-12 || m.Trials != 10 {
		t.Errorf("%+v", m)
	}
}
