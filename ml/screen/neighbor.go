package screen

import (
	"context"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"quintain/ml"
	"quintain/ml/kernel"
)

// near lists for each row of b listed in rows its most nearest other rows, the
// nearest first, of equals the one that comes first. Distances are Euclidean
// in features of unit range.
func near(ctx context.Context, b ml.Batch, rows []int, most int) ([][]int32, error) {
	x := Unit(b)
	n, d := x.Rows(), x.Dim
	most = min(most, n-1)
	norm := make([]float32, n)
	for i := range n {
		for _, v := range x.Row(i) {
			norm[i] += v * v
		}
	}
	right := make([]float32, kernel.RightSize(d, n))
	kernel.PackRight(right, x.X, d, n, 1, d)
	out := make([][]int32, len(rows))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	const block = 32
	for at := 0; at < len(rows); at += block {
		g.Go(func() error {
			part := rows[at:min(at+block, len(rows))]
			some := x.Pick(part)
			left := make([]float32, kernel.LeftSize(len(part), d))
			kernel.PackLeft(left, some.X, len(part), d, d, 1)
			dot := make([]float32, len(part)*n)
			kernel.Mul(dot, n, len(part), n, d, left, right, false)
			for k, i := range part {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				out[at+k] = nearest(dot[k*n:(k+1)*n], norm, i, most)
			}
			return nil
		})
	}
	return out, g.Wait()
}

// nearest returns the most rows with the least norm - 2·dot, without self.
func nearest(dot, norm []float32, self, most int) []int32 {
	for j, p := range dot {
		dot[j] = norm[j] - 2*p // the norm of the row itself changes no order
	}
	order := make([]int32, 0, len(dot)-1)
	for j := range dot {
		if j != self {
			order = append(order, int32(j))
		}
	}
	less := func(a, b int32) int {
		switch {
		case dot[a] < dot[b]:
			return -1
		case dot[a] > dot[b]:
			return 1
		}
		return int(a - b)
	}
	slices.SortFunc(order, less)
	return slices.Clone(order[:most])
}

// vote returns the label that most of the rows have, the smallest of equals,
// or -1 if there are no rows.
func vote(y []int32, rows []int32) int32 {
	votes := map[int32]int{}
	for _, r := range rows {
		votes[y[r]]++
	}
	label, count := int32(-1), 0
	for l, c := range votes {
		if c > count || c == count && l < label {
			label, count = l, c
		}
	}
	return label
}

// Disagree lists the rows of b of whose k nearest neighbors, of which there
// have to be that many, at least as many as least have one and the same other
// label; half of k is a plain vote (Wilson editing, 1972).
func Disagree(ctx context.Context, b ml.Batch, k, least int) ([]int, error) {
	all := make([]int, b.Rows())
	for i := range all {
		all[i] = i
	}
	around, err := near(ctx, b, all, k)
	if err != nil {
		return nil, err
	}
	var out []int
	for i, rows := range around {
		l, votes := vote(b.Y, rows), 0
		for _, r := range rows {
			if b.Y[r] == l {
				votes++
			}
		}
		if l != b.Y[i] && votes >= least {
			out = append(out, i)
		}
	}
	return out, nil
}
