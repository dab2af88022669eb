package screen

import (
	"context"

	"quintain/ml"
)

// A Vote is what the neighbors of a row say.
type Vote struct {
	Label int32 // that most of them have; -1 without any
	Count int   // of them
}

// Votes returns for each judged row of b what its k nearest voters say. Rows of
// a source that is not trusted are judged best by rows of others: whoever
// flips half a class has neighbors that lie as well. A row has no vote on
// itself.
func Votes(ctx context.Context, b ml.Batch, judged, voters []int, k int) ([]Vote, error) {
	may := make([]bool, b.Rows())
	for _, i := range voters {
		may[i] = true
	}
	out := make([]Vote, 0, len(judged))
	const block = 64 // a row has as many neighbors as there are rows
	for at := 0; at < len(judged); at += block {
		around, err := near(ctx, b, judged[at:min(at+block, len(judged))], b.Rows())
		if err != nil {
			return nil, err
		}
		for _, rows := range around {
			out = append(out, count(b.Y, rows, may, k))
		}
	}
	return out, nil
}

// count holds an election among the first k rows that may vote.
func count(y, rows []int32, may []bool, k int) Vote {
	var heard []int32
	for _, r := range rows {
		if may[r] && len(heard) < k {
			heard = append(heard, r)
		}
	}
	v := Vote{Label: vote(y, heard)}
	for _, r := range heard {
		if y[r] == v.Label {
			v.Count++
		}
	}
	return v
}
