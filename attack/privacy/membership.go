package privacy

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/attack/privacy/score"
	"quintain/stats"
)

// kase is what the attack may see of s.
func (s *subject) kase(a *Attack, seed uint64) *Case {
	c := &Case{Odds: s.odds, Right: s.right, Labels: s.labels, Classes: s.classes, Rows: s.pool, Seed: seed}
	if a.Queries && s.net != nil {
		c.Model = s.net
	}
	if a.Shadows {
		c.Shadows = &s.shadows.Shadows
	}
	if a.Own {
		spare := false
		for i, in := range s.in {
			if in {
				continue
			}
			if spare = !spare; spare {
				c.Own = append(c.Own, i)
			}
		}
	}
	return c
}

// sides parts scores into those of members and of others, without the rows that
// the attacker was told about.
func (s *subject) sides(values []float64, own []int) (in, out []float64) {
	for i, v := range values {
		_, told := slices.BinarySearch(own, i)
		switch {
		case s.in[i]:
			in = append(in, v)
		case !told:
			out = append(out, v)
		}
	}
	return in, out
}

// membership mounts an attack that tells members from others.
func (e *engine) membership(ctx context.Context, s *subject, a *Attack, rec quintain.Recorder) (quintain.Finding, error) {
	var f quintain.Finding
	if a.Queries && s.net == nil {
		return f, not("the attack asks the model, and there are only answers")
	}
	var notes, doubts []string
	best := a.Variants[0]
	if a.Shadows {
		if err := e.company(ctx, s); err != nil {
			return f, err
		}
		var err error
		var note string
		if best, note, err = e.choose(ctx, s, a); err != nil {
			return f, err
		}
		notes = append(notes, note)
	}
	if s.shadows != nil {
		says, unlike := s.likeness()
		notes = append(notes, says)
		if unlike && a.Shadows {
			doubts = append(doubts, fmt.Sprintf("the shadow models differ from the target by more than %s; say how it was trained", percent(maxGap)))
		}
		area, differ := s.shift()
		notes = append(notes, fmt.Sprintf("models that saw neither tell members from others with an area of %.3f; it is 0.5 if they are alike", area))
		if differ {
			doubts = append(doubts, "members and others are different populations: models that saw neither tell them apart")
		}
	}
	c := s.kase(a, e.o.Seed)
	values, err := best.Score(ctx, c)
	if err != nil {
		return f, err
	}
	in, out := s.sides(values, c.Own)
	g, err := s.figures(in, out, e.o.Seed)
	if err != nil {
		return f, err
	}
	control, doubt, err := e.control(ctx, s, a, best)
	if err != nil {
		return f, err
	}
	if doubt != "" {
		doubts = append(doubts, doubt)
	}
	f.Control = control
	f.Evidence, err = g.evidence(ctx, s, values, e.repro(s, a), rec)
	if err != nil {
		return f, err
	}
	for _, n := range append(notes, doubts...) {
		f.Evidence = append(f.Evidence, quintain.Evidence{Summary: n})
	}
	g.verdict(s, doubts, &f)
	return f, nil
}

// figures are what an attack reached.
type figures struct {
	roc    *stats.ROC
	auc    quintain.Measure
	low    stats.Operating // at the rate that matters
	cannot error           // why that rate is not known
	single stats.Operating // where one of the others is accused at most
	seed   uint64
}

func (s *subject) figures(in, out []float64, seed uint64) (*figures, error) {
	r, err := stats.NewROC(in, out)
	if err != nil {
		return nil, err
	}
	g := &figures{roc: r, auc: r.AUCMeasure("area under the curve", seed), seed: seed}
	g.low, g.cannot = r.At(s.fpr)
	if g.single, err = r.At(1 / float64(len(out))); err != nil {
		return nil, err
	}
	return g, nil
}

// verdict goes by the ends of the intervals.
func (g *figures) verdict(s *subject, doubts []string, f *quintain.Finding) {
	says := fmt.Sprintf("the attack tells members from others with an area of %.3f (%.3f to %.3f)", g.auc.Value, g.auc.Low, g.auc.High)
	if g.cannot == nil {
		says += fmt.Sprintf(" and identifies %s of members (%s to %s) where %s of others are accused",
			percent(g.low.Rate()), percent(g.low.Low), percent(g.low.High), percent(s.fpr))
	}
	f.Summary = says
	leaks := g.auc.Low > s.auc || g.cannot == nil && g.low.Low > s.tpr
	differ := slices.ContainsFunc(doubts, func(d string) bool { return strings.HasPrefix(d, "members and others") })
	switch {
	case leaks && differ:
		f.Summary += "; but members and others are different populations"
	case leaks:
		f.Outcome, f.Severity = quintain.Fail, quintain.High // more than somebody allowed
		f.Summary += fmt.Sprintf(", more than the %.2f or %s allowed", s.auc, percent(s.tpr))
	case g.cannot != nil:
		f.Summary += "; " + strings.TrimPrefix(g.cannot.Error(), "stats: ")
	case g.auc.High > s.auc || g.low.High > s.tpr:
		f.Summary += fmt.Sprintf("; that cannot tell whether it is more than the %.2f or %s allowed", s.auc, percent(s.tpr))
	case len(doubts) > 0:
		f.Summary += "; " + doubts[0]
	case f.Control != nil:
		f.Outcome = quintain.Pass
	}
}

// rates are the false positive rates of the table, and where to stop.
var rates = []float64{0.1, 0.01, 0.001, 0.0001}

// evidence writes the figures down.
func (g *figures) evidence(ctx context.Context, s *subject, values []float64, repro []string, rec quintain.Recorder) ([]quintain.Evidence, error) {
	pos, neg := g.roc.Counts()
	out := []quintain.Evidence{{
		Summary:  fmt.Sprintf("area under the curve of %d members and %d others; 0.5 is chance; balanced accuracy at the best threshold is %.3f", pos, neg, g.roc.Balanced()),
		Location: s.target.Ref, Measure: &g.auc, Repro: repro,
	}}
	for _, fpr := range rates {
		o, err := g.roc.At(fpr)
		name := "true positive rate at " + number100(fpr) + " false positives"
		if err != nil {
			out = append(out, quintain.Evidence{Summary: fmt.Sprintf("%s is not resolvable: it takes %.0f others, and there are %d", name, math.Ceil(1/fpr-1e-9), neg)})
			break // nor are lower ones
		}
		m := o.Measure(name, g.seed)
		says := fmt.Sprintf("%d of %d members identified, %d of %d others accused", o.TP, o.Pos, o.FP, o.Neg)
		if o.Coarse {
			says += "; coarse, it hangs on fewer than ten of the others"
		}
		out = append(out, quintain.Evidence{Summary: says, Measure: &m})
	}
	blob, err := g.figure().Attach(ctx, rec)
	if err != nil {
		return nil, err
	}
	out = append(out, quintain.Evidence{Summary: "the curve: rates of true positives over false ones, for logarithmic axes", Blob: blob, Excerpt: g.sketch()})
	exposed, err := g.exposed(ctx, s, values, rec)
	return append(out, exposed...), err
}

// figure draws the curve on logarithmic axes, where the few that are
// identified with hardly a false accusation can be seen.
func (g *figures) figure() *quintain.Figure {
	_, neg := g.roc.Counts()
	low := math.Pow(10, math.Floor(math.Log10(0.5/float64(max(neg, 1)))))
	line := quintain.Line{Name: "the attack"}
	for _, p := range g.roc.Points(200) {
		line.X, line.Y = append(line.X, max(p.FPR, low)), append(line.Y, max(p.TPR, low))
	}
	return &quintain.Figure{
		Title: "members identified over others accused",
		X:     quintain.Axis{Label: "false positive rate", Low: low, High: 1, Log: true},
		Y:     quintain.Axis{Label: "true positive rate", Low: low, High: 1, Log: true},
		Lines: []quintain.Line{line, {Name: "chance", X: []float64{low, 1}, Y: []float64{low, 1}, Soft: true}},
	}
}

// sketch is the curve in a few lines.
func (g *figures) sketch() string {
	var b strings.Builder
	b.WriteString("fpr      tpr\n")
	for _, p := range g.roc.Points(24) {
		fmt.Fprintf(&b, "%.5f  %.5f\n", p.FPR, p.TPR)
	}
	return quintain.Excerpt(strings.TrimSpace(b.String()))
}

// choose takes the variant that does best where each shadow model in turn plays
// the target. The target has no say.
func (e *engine) choose(ctx context.Context, s *subject, a *Attack) (Variant, string, error) {
	best, bestAreas, bestRate := a.Variants[0], []float64(nil), -1.0
	for _, v := range a.Variants {
		areas, rate, err := e.rehearse(ctx, s, a, v)
		if err != nil {
			return best, "", err
		}
		if rate > bestRate {
			best, bestAreas, bestRate = v, areas, rate
		}
	}
	lo, hi := stats.Bootstrap(bestAreas, 2000, 0.95, rand.New(rand.NewPCG(e.o.Seed, 3)))
	var mean float64
	for _, v := range bestAreas {
		mean += v / float64(len(bestAreas))
	}
	return best, fmt.Sprintf("%s: best of %d forms where each of %d shadow models plays the target, with an area of %.3f (%.3f to %.3f over models)",
		best.Name, len(a.Variants), len(bestAreas), mean, min(lo, mean), max(hi, mean)), nil
}

// rehearse mounts a variant on every shadow model, with the others as shadows,
// and returns the areas and the mean rate of members found at few false ones.
func (e *engine) rehearse(ctx context.Context, s *subject, a *Attack, v Variant) (areas []float64, rate float64, err error) {
	for j := range s.shadows.Odds {
		c := s.kase(a, e.o.Seed)
		c.Odds, c.Right, c.Shadows = s.shadows.Odds[j], s.shadows.right[j], s.shadows.Without(j)
		values, err := v.Score(ctx, c)
		if err != nil {
			return nil, 0, err
		}
		role := subject{in: s.shadows.In[j]}
		r, err := stats.NewROC(role.sides(values, nil))
		if err != nil {
			return nil, 0, err
		}
		areas = append(areas, r.AUC())
		_, neg := r.Counts()
		o, err := r.At(min(max(s.fpr, 10/float64(neg)), 0.5))
		if err != nil {
			return nil, 0, err
		}
		rate += (o.Rate() + r.AUC()/10) / float64(len(s.shadows.Odds)) // the area decides between equals
	}
	return areas, rate, nil
}

// rank scores the pool by the strongest means there are: shadow models if they
// can be trained, else log odds.
func (e *engine) rank(ctx context.Context, s *subject) ([]float64, string, error) {
	if f, _ := s.fitter(e.o); f == nil {
		return s.odds, "log odds", nil
	}
	if err := e.company(ctx, s); err != nil {
		return nil, "", err
	}
	return score.LiRA(s.odds, &s.shadows.Shadows, true, score.Global), "likelihood ratio of shadow models", nil
}

// repro returns the command line that mounts the attack again.
func (e *engine) repro(s *subject, a *Attack) []string {
	cmd := []string{"quintain", "attack", s.target.Ref}
	for _, key := range slices.Sorted(maps.Keys(s.target.With)) {
		cmd = append(cmd, "--"+key, s.target.With[key])
	}
	cmd = append(cmd, "--check", a.Name, "--seed", strconv.FormatUint(e.o.Seed, 10))
	if a.Shadows {
		cmd = append(cmd, "--shadows", strconv.Itoa(e.o.Shadows))
	}
	if t := e.o.Train; a.Shadows {
		for _, n := range []struct {
			flag  string
			value float64
		}{{"--epochs", float64(t.Epochs)}, {"--train-batch", float64(t.Batch)}, {"--train-rate", t.Rate}} {
			if n.value > 0 {
				cmd = append(cmd, n.flag, strconv.FormatFloat(n.value, 'g', -1, 64))
			}
		}
	}
	if e.o.MaxSamples != defaultSamples {
		cmd = append(cmd, "--samples", strconv.Itoa(e.o.MaxSamples))
	}
	return cmd
}

// percent writes a proportion.
func percent(p float64) string { return strconv.FormatFloat(p*100, 'f', 1, 64) + "%" }

// number100 writes a rate as a percentage with all its digits.
func number100(p float64) string { return strconv.FormatFloat(p*100, 'g', 6, 64) + "%" }
