// Package cleanse looks for a backdoor in a trained model.
package cleanse

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"quintain"
	"quintain/attack/poisoning"
	"quintain/ml"
	"quintain/ml/screen"
	"quintain/stats"
)

//go:embed cleanse.md
var doc string

// Attack is no attack but the search for what one has left in a model.
var Attack = &poisoning.Attack{
	Check: quintain.Check{
		Name:       "attack/poisoning/cleanse",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0018.000", "AML.T0043.004", "ML10:2023", "ML06:2023"},
		Accepts:    []quintain.Kind{quintain.KindClassifier},
	},
	Paper: "Wang, Yao, Shan, Li, Viswanath, Zheng, Zhao: Neural Cleanse: Identifying and Mitigating Backdoor Attacks in Neural " +
		"Networks, IEEE S&P 2019; beside it STRIP (Gao et al., ACSAC 2019, arXiv:1902.06531), activation clustering (Chen et al., " +
		"2018, arXiv:1811.03728), spectral signatures (Tran, Li, Madry, 2018, arXiv:1811.00636) and weights of the last layer " +
		"(Fields et al., 2021)",
	Inspect: inspect,
}

const (
	fewClasses = 5    // below that a median of classes means nothing
	leastFlips = 0.75 // share of rows that a mask has to turn to be a key
	refused    = 0.01 // of honest rows, by STRIP
	leastRows  = 100  // to set such a threshold
	mostRows   = 400  // that are blended
	blends     = 100
)

func inspect(ctx context.Context, s *poisoning.Suspect) (*poisoning.Suspicion, error) {
	if err := s.Model.Gradients(); err != nil {
		return nil, fmt.Errorf("%w: %w", poisoning.ErrUnfit, err)
	}
	masks, err := screen.Reverse(ctx, s.Model, s.Test, screen.ReverseOptions{Seed: s.Seed, Low: s.Low, High: s.High})
	if err != nil {
		return nil, err
	}
	out := &poisoning.Suspicion{}
	worst := slices.MaxFunc(masks, func(a, b screen.Mask) int {
		if a.Index < b.Index {
			return -1
		}
		return 1
	})
	for _, m := range masks {
		if m.Index > screen.Anomalous && m.Flips >= leastFlips {
			out.Classes = append(out.Classes, m.Target)
		}
	}
	if out.Evidence, err = signs(ctx, s, masks, worst); err != nil {
		return nil, err
	}
	figures := fmt.Sprintf("class %d is reached by a change of %.1f of %d features, %.1f deviations less than the median of classes",
		worst.Target, worst.Size, s.Test.Dim, worst.Index)
	switch {
	case len(masks) < fewClasses:
		out.Doubt = fmt.Sprintf("%d classes are too few to tell one that stands out; compare the sizes of their masks", len(masks))
	case len(out.Classes) > 0:
		out.Says = figures
	default:
		out.Says = "no class is reached by a change that is small beside those of others: " + figures
	}
	return out, nil
}

// signs returns what every detector says.
func signs(ctx context.Context, s *poisoning.Suspect, masks []screen.Mask, worst screen.Mask) ([]quintain.Evidence, error) {
	n := s.Test.Rows()
	flips := stats.Proportion("rows turned by the mask", int(worst.Flips*float64(n)+0.5), n, s.Seed)
	out := []quintain.Evidence{{
		Summary: fmt.Sprintf("the smallest change of every class that turns test rows into it, and how far it is below the median; above %d is odd", screen.Anomalous),
		Excerpt: quintain.Excerpt(table(s, masks)), Measure: &flips,
	}}
	strip, err := blend(ctx, s, worst)
	if err != nil {
		return nil, err
	}
	acts, err := screen.Activations(ctx, s.Graph, s.Rows)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	rows := quintain.Evidence{Summary: "what training rows cause in the last hidden layer, by class: two parts, and the rows that stand out most; clean classes have parts too"}
	if err != nil {
		rows.Summary = "the last hidden layer cannot be looked at: " + err.Error()
	} else {
		rows.Excerpt = quintain.Excerpt(parts(acts, s.Seed))
	}
	return append(out, strip, rows), nil
}

// table lists the masks, with the weights of the last layer.
func table(s *poisoning.Suspect, masks []screen.Mask) string {
	pulls, err := screen.Pulls(s.Graph)
	var b strings.Builder
	for i, m := range masks {
		fmt.Fprintf(&b, "class %d: %.2f features, index %.2f, turns %.0f%%", m.Target, m.Size, m.Index, 100*m.Flips)
		if err == nil && len(pulls) == len(masks) {
			fmt.Fprintf(&b, "; weights of the last layer %+.2f deviations", pulls[i].Index)
		}
		b.WriteByte('\n')
	}
	return strings.TrimSpace(b.String())
}

// blend sets the threshold of STRIP on honest rows, and tries it on rows that
// carry the mask.
func blend(ctx context.Context, s *poisoning.Suspect, m screen.Mask) (quintain.Evidence, error) {
	var honest, others []int
	for i, y := range s.Test.Y {
		if len(honest) < mostRows {
			honest = append(honest, i)
		}
		if int(y) != m.Target && len(others) < mostRows {
			others = append(others, i)
		}
	}
	if len(honest) < leastRows || len(others) == 0 {
		return quintain.Evidence{Summary: fmt.Sprintf("%d test rows are too few to set a threshold of STRIP; it takes %d", len(honest), leastRows)}, nil
	}
	clean, err := screen.Blend(ctx, s.Model, s.Test.Pick(honest), s.Test, blends, s.High, s.Seed)
	if err != nil {
		return quintain.Evidence{}, err
	}
	stamped, err := screen.Blend(ctx, s.Model, m.Stamp(s.Test.Pick(others)), s.Test, blends, s.High, s.Seed)
	if err != nil {
		return quintain.Evidence{}, err
	}
	limit := slices.Sorted(slices.Values(clean))[int(refused*float64(len(clean)))]
	measure := stats.Proportion("rows with the mask refused", below(stamped, limit), len(stamped), s.Seed)
	return quintain.Evidence{
		Summary: fmt.Sprintf("STRIP in use: refuse rows whose entropy, blended with %d honest rows, is below %.4f nats; of %d honest rows that refuses %d, and of rows that carry the mask of class %d the share given",
			blends, limit, len(clean), below(clean, limit), m.Target),
		Measure: &measure,
	}, nil
}

// below counts the numbers below a limit.
func below(x []float64, limit float64) (n int) {
	for _, v := range x {
		if v < limit {
			n++
		}
	}
	return n
}

// parts tells how classes fall apart.
func parts(acts ml.Batch, seed uint64) string {
	var b strings.Builder
	for _, c := range screen.Parts(acts, seed) {
		fmt.Fprintf(&b, "class %d: smaller part %d rows, %.0f%%, silhouette %.2f; rows", c.Label, len(c.Rows), 100*c.Share, c.Silhouette)
		for _, r := range c.Out {
			fmt.Fprintf(&b, " %d", r+1)
		}
		b.WriteByte('\n')
	}
	return strings.TrimSpace(b.String())
}
