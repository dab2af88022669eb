package defend

import (
	"math"

	"quintain"
	"quintain/stats"
)

// difference returns by how much a exceeds b, two measures whose estimates
// have correlation phi, with the interval that the intervals of both imply
// (Zou and Donner, Statistics in Medicine 27, 2008: MOVER).
func difference(name, method string, a, b quintain.Measure, phi float64, seed uint64) quintain.Measure {
	side := func(p, q float64) float64 { return math.Sqrt(max(0, p*p-2*phi*p*q+q*q)) }
	d := a.Value - b.Value
	return quintain.Measure{
		Name: name, Value: d, Trials: min(a.Trials, b.Trials), Method: method, Seed: seed,
		Low: d - side(a.Value-a.Low, b.High-b.Value), High: d + side(a.High-a.Value, b.Value-b.Low),
	}
}

// paired returns by how much the share of trues in first exceeds that in
// second, trials of the same units, with Newcombe's interval for paired
// proportions (Statistics in Medicine 17, 1998, method 10).
func paired(name string, first, second []bool, seed uint64) quintain.Measure {
	var n [2][2]int
	for i, f := range first {
		n[index(f)][index(second[i])]++
	}
	both, one, two, none := float64(n[1][1]), float64(n[1][0]), float64(n[0][1]), float64(n[0][0])
	var phi float64
	if rows := (both + one) * (two + none) * (both + two) * (one + none); rows > 0 {
		top := both*none - one*two
		if top > 0 { // corrected for continuity, as the method has it
			top = max(0, top-float64(len(first))/2)
		}
		phi = top / math.Sqrt(rows)
	}
	return difference(name, "newcombe-paired", wilson(name, first, seed), wilson(name, second, seed), phi, seed)
}

// Share returns k of n with Wilson's 95% interval, for the evidence of a
// defense.
func Share(name string, k, n int, seed uint64) quintain.Measure {
	lo, hi := stats.Wilson(k, n, 0.95)
	return quintain.Measure{Name: name, Value: float64(k) / float64(max(1, n)), Trials: n, Low: lo, High: hi, Method: "wilson", Seed: seed}
}

// wilson returns the share of trues with Wilson's interval.
func wilson(name string, x []bool, seed uint64) quintain.Measure {
	return Share(name, count(x), len(x), seed)
}

// discordance returns the exact p-value of McNemar's test that first and second
// do not differ.
func discordance(first, second []bool) float64 {
	var one, two int
	for i, f := range first {
		switch {
		case f && !second[i]:
			one++
		case !f && second[i]:
			two++
		}
	}
	return stats.McNemar(one, two)
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

func count(x []bool) (n int) {
	for _, v := range x {
		n += index(v)
	}
	return n
}
