package privacy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"quintain"
	"quintain/stats"
)

const exposedRows = 10

// exposed lists the rows that give themselves away most, for owners who want to
// remove or reweight them, and how often who accuses the rows with the highest
// scores is right.
func (g *figures) exposed(ctx context.Context, s *subject, values []float64, rec quintain.Recorder) ([]quintain.Evidence, error) {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(values[j], values[i]) })
	var table strings.Builder
	table.WriteString("most exposed rows of the training data, the first the most\n row  label     score  rank\n")
	listed, hits := 0, 0
	for at, i := range order {
		if !s.in[i] {
			continue
		}
		if listed < exposedRows && values[i] >= g.single.Threshold {
			listed++
			fmt.Fprintf(&table, "%4d  %5d  %8.4g  %4d\n", s.row[i], s.labels[i], values[i], at+1)
		}
		if at < exposedRows {
			hits++
		}
	}
	first := quintain.Evidence{
		Summary: fmt.Sprintf("%d of %d members are identified while %d of %d others is accused; of the %d highest scores %d are members'",
			g.single.TP, g.single.Pos, g.single.FP, g.single.Neg, exposedRows, hits),
	}
	if listed > 0 {
		first.Excerpt = quintain.Excerpt(table.String())
	}
	f := s.precision(order, g.seed)
	blob, err := f.Attach(ctx, rec)
	if err != nil {
		return nil, err
	}
	n := min(exposedRows, len(order))
	m := stats.Proportion(fmt.Sprintf("members among the %d highest scores", n), hits, n, g.seed)
	return []quintain.Evidence{first, {Summary: "figure: " + f.Title, Blob: blob, Measure: &m}}, nil
}

// precision draws how many of the rows with the highest scores are members,
// over how many are looked at.
func (s *subject) precision(order []int, seed uint64) *quintain.Figure {
	const points = 60
	line := quintain.Line{Name: "members among the rows accused"}
	hits, next := 0, 1
	for at, i := range order {
		if s.in[i] {
			hits++
		}
		if n := at + 1; n >= next || n == len(order) {
			m := stats.Proportion("precision", hits, n, seed)
			line.X, line.Y = append(line.X, float64(n)), append(line.Y, m.Value)
			line.Low, line.High = append(line.Low, m.Low), append(line.High, m.High)
			next = max(n+1, n*(points+8)/points) // finer at first
		}
	}
	base := float64(hits) / float64(len(order))
	return &quintain.Figure{
		Title: "precision over the number of rows accused, the most exposed first, with 95% intervals",
		X:     quintain.Axis{Label: "rows accused", Low: 1, High: float64(max(2, len(order))), Log: true},
		Y:     quintain.Axis{Label: "share of members", High: 1},
		Lines: []quintain.Line{line, {Name: "chance", X: []float64{1, float64(max(2, len(order)))}, Y: []float64{base, base}, Soft: true}},
	}
}
