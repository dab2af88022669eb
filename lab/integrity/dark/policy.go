package dark

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"quintain/lab"
	"quintain/lab/integrity/internal/pictures"
	"quintain/ml"
)

const policyFile = "c/policy.yaml"

// A policy is what c/policy.yaml holds: when to raise an alert.
type policy struct {
	Statistic string  `yaml:"statistic" need:"true"`
	Window    int     `yaml:"window" need:"true"`
	Threshold float64 `yaml:"threshold" need:"true"`
}

// The statistics that may be watched.
const (
	accuracyFall      = "accuracy"           // what the release has lost on the rows kept for watching
	recallFall        = "recall"             // the same of the class that has lost most
	labelShare        = "label-share"        // how far the share of a class is from that in the first rows
	disagreement      = "disagreement"       // share of the feedback that the first release would label otherwise
	classDisagreement = "class-disagreement" // the same within the class, as the first release sees it, where it is largest
)

var statistics = []string{accuracyFall, recallFall, labelShare, disagreement, classDisagreement}

func readPolicy(a *lab.Attempt, name string) (policy, error) {
	var p policy
	if err := a.YAML(name, &p); err != nil {
		return p, err
	}
	switch {
	case !slices.Contains(statistics, p.Statistic):
		return p, lab.Faultf(name, "statistic %q, want one of %s", p.Statistic, strings.Join(statistics, ", "))
	case p.Window < 1 || p.Window > weeks:
		return p, lab.Faultf(name, "window is %d, want 1 to %d weeks", p.Window, weeks)
	case !(p.Threshold > 0 && p.Threshold <= 1):
		return p, lab.Faultf(name, "threshold is %v, want more than 0 and at most 1", p.Threshold)
	}
	return p, nil
}

// needsRelease reports whether the statistic looks at the releases, which then
// have to be trained, and not at the feedback.
func (p policy) needsRelease() bool { return p.Statistic == accuracyFall || p.Statistic == recallFall }

// value returns the statistic over the window that ends with a week.
func (p policy) value(l *loop, h *history, week int) float64 {
	from := max(0, week+1-p.Window)
	if p.needsRelease() {
		var now pictures.Hits
		for _, s := range h.seen[from+1 : week+2] {
			now.Add(s)
		}
		if p.Statistic == accuracyFall {
			return h.seen[0].Accuracy() - now.Accuracy()
		}
		worst := 0.0
		for k := range pictures.Classes {
			worst = max(worst, h.seen[0].Recall(k)-now.Recall(k))
		}
		return worst
	}
	var labeled, seen, odd [pictures.Classes]int // rows by label and by the first release, and of these the odd ones
	all, odds := 0, 0
	for w := from; w <= week; w++ {
		for i, y := range l.week[w].Y {
			k := l.says[w][i]
			all, labeled[y], seen[k] = all+1, labeled[y]+1, seen[k]+1
			if k != int(y) {
				odds, odd[k] = odds+1, odd[k]+1
			}
		}
	}
	if p.Statistic == disagreement {
		return float64(odds) / float64(all)
	}
	worst := 0.0
	base := shares(l.base)
	for k := range pictures.Classes {
		if p.Statistic == labelShare {
			share := float64(labeled[k]) / float64(all)
			worst = max(worst, share-base[k], base[k]-share)
		} else if seen[k] > 0 {
			worst = max(worst, float64(odd[k])/float64(seen[k]))
		}
	}
	return worst
}

func shares(b ml.Batch) (s [pictures.Classes]float64) {
	for _, y := range b.Y {
		s[y] += 1 / float64(b.Rows())
	}
	return s
}

// alert returns the first week in which the policy raises an alert, or weeks.
// The window is full before anything is said.
func (p policy) alert(l *loop, h *history) int {
	last := weeks
	if h != nil {
		last = len(h.lost)
	}
	for w := p.Window - 1; w < last; w++ {
		if p.value(l, h, w) >= p.Threshold {
			return w
		}
	}
	return weeks
}

const (
	attackedLoops = 2
	cleanLoops    = 10
)

func firstRelease(ctx context.Context, a *lab.Attempt) (*release, error) {
	return lab.Once(a, "release", func() (*release, error) { return newRelease(ctx, a.Seed("release")) })
}

// A replay is a loop and what became of its releases.
type replay struct {
	*loop
	*history // nil if no release was trained
}

// replayed makes a loop from a label, and runs it if asked to.
func replayed(ctx context.Context, a *lab.Attempt, label string, attacked, serve bool) (replay, error) {
	return lab.Once(a, fmt.Sprint("loop ", label, serve), func() (replay, error) {
		from, err := firstRelease(ctx, a)
		if err != nil {
			return replay{}, err
		}
		seed := a.Seed("loop " + label)
		l, err := newLoop(ctx, from, seed, drawSkew(seed, attacked))
		if err != nil || !serve {
			return replay{loop: l}, err
		}
		test, _ := held(a)
		h, err := l.serve(ctx, test)
		return replay{l, h}, err
	})
}

// raised replays attacked loops, and wants an alert before the damage in all.
func raised(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	p, err := readPolicy(a, policyFile)
	if err != nil {
		return lab.Reading{}, err
	}
	var saw []string
	intime := 0
	for i := range attackedLoops {
		r, err := replayed(ctx, a, fmt.Sprint("attacked ", i), true, true)
		if err != nil {
			return lab.Reading{}, err
		}
		at := p.alert(r.loop, r.history)
		said := "no alert"
		if at < weeks {
			said = fmt.Sprintf("alert in week %d", at+1)
		}
		if at < r.fell {
			intime++
		}
		if r.fell < weeks {
			said += fmt.Sprintf(", damage in week %d", r.fell+1)
		}
		saw = append(saw, said)
	}
	return lab.Reading{
		Holds: intime == attackedLoops, Trials: attackedLoops, Value: float64(intime) / attackedLoops,
		High: 1, Saw: strings.Join(saw, "; "), Seed: a.Seed("loop attacked 0"),
	}, nil
}

// quiet replays loops that nobody attacks, and wants silence.
func quiet(ctx context.Context, a *lab.Attempt) (lab.Reading, error) {
	p, err := readPolicy(a, policyFile)
	if err != nil {
		return lab.Reading{}, err
	}
	loud := 0
	for i := range cleanLoops {
		r, err := replayed(ctx, a, fmt.Sprint("clean ", i), false, p.needsRelease())
		if err != nil {
			return lab.Reading{}, err
		}
		if p.alert(r.loop, r.history) < weeks {
			loud++
		}
	}
	r := lab.Rate(loud, cleanLoops, a.Seed("loop clean 0"))
	r.Holds, r.Saw = loud == 0, fmt.Sprintf("false alerts in %d of %d replays of %d weeks", loud, cleanLoops, weeks)
	return r, nil
}
