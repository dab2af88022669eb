package dpa

import (
	"context"
	"math"

	"quintain/ml"
)

// A RunOff is a vote in two rounds (Rezaei, Banihashem, Chegini and Feizi: Run-Off
// Election: Improved Provable Defense against Data Poisoning Attacks, ICML 2023,
// arXiv:2302.02300): the two classes with most votes are put to the vote again,
// and those who voted for a third choose between the two. An attacker has to
// get a class into the final and make it win there.
//
// Its logits are the votes of the first round; those of the finalists are the
// number of classifiers plus their votes in the final.
type RunOff struct{ *Vote }

// Predict implements [ml.Oracle].
func (r RunOff) Predict(ctx context.Context, x ml.Batch) ([]float32, error) {
	out := make([]float32, 0, x.Rows()*r.spec.Classes)
	for i := range x.Rows() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out = append(out, hold(r.far(x.Row(i))).logits()...)
	}
	return out, nil
}

// Certified returns for every row of b how many training rows may be replaced,
// or added at the end, without a change of the answer, or -1 if the answer is
// wrong as it is.
func (r RunOff) Certified(ctx context.Context, b ml.Batch) ([]int, error) {
	out := make([]int, b.Rows())
	for i := range out {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out[i] = -1
		if e := hold(r.far(b.Row(i))); e.winner == int(b.Y[i]) {
			out[i] = e.radius()
		}
	}
	return out, nil
}

// far returns how far x is from each class, for each part.
func (v *Vote) far(x []float32) [][]float64 {
	out := make([][]float64, len(v.means))
	for p := range out {
		for y, known := range v.known[p] {
			d := math.Inf(1)
			if known {
				d = v.distance(p, y, x)
			}
			out[p] = append(out[p], d)
		}
	}
	return out
}

// An election is one row put to the vote.
type election struct {
	far    [][]float64 // of each class, by part
	votes  []int       // in the first round
	final  [2]int      // classes in the final, the first with more votes in the first round
	winner int
}

// hold holds both rounds. Of equals the lower class wins.
func hold(far [][]float64) election {
	e := election{far: far, votes: make([]int, len(far[0]))}
	for _, d := range far {
		best := 0
		for y := range d {
			if d[y] < d[best] {
				best = y
			}
		}
		e.votes[best]++
	}
	e.final = [2]int{-1, -1}
	for y := range e.votes {
		switch {
		case e.final[0] < 0 || e.votes[y] > e.votes[e.final[0]]:
			e.final = [2]int{y, e.final[0]}
		case e.final[1] < 0 || e.votes[y] > e.votes[e.final[1]]:
			e.final[1] = y
		}
	}
	e.winner = e.final[0]
	if o := e.final[1]; o >= 0 && short(e.lead(e.winner, o), e.winner, o) <= 0 {
		e.winner = o
	}
	return e
}

// lead returns by how many votes a is ahead of b if only these two stand. Who
// knows only one of them abstains.
func (e election) lead(a, b int) (n int) {
	for _, d := range e.far {
		switch {
		case math.IsInf(d[a], 1) || math.IsInf(d[b], 1):
		case d[a] < d[b] || d[a] == d[b] && a < b:
			n++
		default:
			n--
		}
	}
	return n
}

// logits says more of the finalists than of the others.
func (e election) logits() []float32 {
	z := make([]float32, len(e.votes))
	for y, n := range e.votes {
		z[y] = float32(n)
	}
	if a, b := e.final[0], e.final[1]; b >= 0 {
		n := len(e.far)
		z[a] = float32(n + (n+e.lead(a, b))/2)
		z[b] = float32(n + (n-e.lead(a, b))/2)
	}
	return z
}

// short returns how many votes a class b, which a leads, is short of winning
// against it. Of equals the lower class wins.
func short(lead, a, b int) int {
	if a < b {
		return lead + 1
	}
	return lead
}

// half returns how many parts have to change sides to make up for n votes.
func half(n int) int { return max(0, (n+1)/2) }

// radius returns how many parts may vote as they like in both rounds without
// another winner. One that changes sides makes up two votes between two
// classes. Either the winner is kept out of the final, by two classes that get
// ahead of it: what is taken from it and given to one of them makes up three
// votes between it and the two. Or another class gets ahead of all third ones,
// and wins the final.
func (e election) radius() int {
	w := e.winner
	least := len(e.far) + 1
	for c := range e.votes {
		if c == w {
			continue
		}
		out := short(e.votes[w]-e.votes[c], w, c)
		win := half(short(e.lead(w, c), w, c))
		for d := range e.votes {
			if d == w || d == c {
				continue
			}
			win = max(win, half(short(e.votes[d]-e.votes[c], d, c)))
			also := short(e.votes[w]-e.votes[d], w, d)
			least = min(least, max(half(out), half(also), (out+also+2)/3))
		}
		least = min(least, win)
	}
	return max(0, least-1)
}
