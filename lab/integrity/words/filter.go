package words

import (
	"cmp"
	"context"
	"math"
	"slices"

	"quintain/lab"
	"quintain/ml/datasets"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// A knowledge is what the filter has learned: how much each word speaks for
// phishing (above 0) or against it, in natural logarithms of odds.
type knowledge struct {
	weight map[string]float64
	words  []string // sorted
	bias   float64
}

// learn fits naive Bayes to mails.
func learn(ctx context.Context, mails []datasets.Message) (*knowledge, error) {
	words := datasets.Vocabulary(mails)
	g, err := train.Bayes(ctx, datasets.Count(mails, words), 2, train.Multinomial, 1)
	if err != nil {
		return nil, err
	}
	net, err := graph.Compile(g, graph.Options{})
	if err != nil {
		return nil, err
	}
	layers, err := net.Chain(ctx)
	if err != nil {
		return nil, err
	}
	k := &knowledge{weight: make(map[string]float64), words: words, bias: layers[0].B[1] - layers[0].B[0]}
	for i, w := range words {
		k.weight[w] = layers[0].W[1][i] - layers[0].W[0][i]
	}
	return k, nil
}

// learned returns what the filter of an attempt has learned. It is made again
// from the seed: what lies in the learner's folder may have been changed.
func learned(ctx context.Context, a *lab.Attempt) (*knowledge, error) {
	return lab.Once(a, "knowledge", func() (*knowledge, error) { return learn(ctx, archive(a.Source)) })
}

// archive are the labeled mails that the filter has learned from.
func archive(s *lab.Source) []datasets.Message { return datasets.Mail(archived, s.Seed("archive")) }

// A filter says how the words of a mail add up, and when it is stopped. The
// zero filter is the one that is shipped.
type filter struct {
	Presence   bool    `yaml:"presence"`   // a word counts once, however often it is there
	Cap        float64 `yaml:"cap"`        // the most that one word may speak for or against; 0 is no cap
	Strongest  int     `yaml:"strongest"`  // only so many words count, those that say most; 0 is all
	Suspicious bool    `yaml:"suspicious"` // only words that speak for phishing count
	Threshold  float64 `yaml:"threshold"`  // a mail whose score is at least that is stopped
}

// A tally is a mail as a filter sees it, kept so that adding a word is cheap.
type tally struct {
	f    filter
	k    *knowledge
	bag  map[string]int
	say  []float64 // of the words that count, before the strongest are chosen
	fast []float64 // scratch
}

func (f filter) tally(k *knowledge, text string) *tally {
	t := &tally{f: f, k: k, bag: make(map[string]int)}
	for _, w := range datasets.Words(text) {
		t.add(w)
	}
	return t
}

// worth is what one more w says to the filter, and whether it counts.
func (t *tally) worth(w string) (float64, bool) {
	v, known := t.k.weight[w]
	if !known || t.f.Presence && t.bag[w] > 0 || t.f.Suspicious && v <= 0 {
		return 0, false
	}
	if t.f.Cap > 0 {
		v = min(max(v, -t.f.Cap), t.f.Cap)
	}
	return v, true
}

func (t *tally) add(w string) {
	if v, ok := t.worth(w); ok {
		t.say = append(t.say, v)
	}
	t.bag[w]++
}

// with is the score with one more word.
func (t *tally) with(w string) float64 {
	v, ok := t.worth(w)
	if !ok {
		return t.score()
	}
	t.say = append(t.say, v)
	s := t.score()
	t.say = t.say[:len(t.say)-1]
	return s
}

// score adds up what counts.
func (t *tally) score() float64 {
	say := t.say
	if n := t.f.Strongest; n > 0 && n < len(say) {
		t.fast = append(t.fast[:0], say...)
		// Of two words that say as much, the one for phishing counts.
		slices.SortFunc(t.fast, func(a, b float64) int {
			return cmp.Or(cmp.Compare(math.Abs(b), math.Abs(a)), cmp.Compare(b, a))
		})
		say = t.fast[:n]
	}
	sum := t.k.bias
	for _, v := range say {
		sum += v
	}
	return sum
}

func (t *tally) stopped() bool { return t.score() >= t.f.Threshold }
