package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"quintain/ml"
)

// The streams that are drawn from one seed.
const (
	streamFraud = iota + 1
	streamGlyphs
	streamMail
	streamTrial
	streamTruth
)

// fraudFeatures are the features of Fraud, and how far fraud shifts each, in
// standard deviations. The squares sum to 4.2².
var fraudFeatures = []struct {
	name  string
	shift float64
}{
	{"amount", 1.9},
	{"hour_unusual", 1.2},
	{"distance", 1.7},
	{"merchant_risk", 1.6},
	{"velocity", 1.8},
	{"account_age", -1.1},
	{"device_age", -1.3},
	{"country_mismatch", 1},
}

// fraudDistance is how far the classes are apart.
const fraudDistance = 4.2

// Fraud returns card payments with eight scores from 0 to 1, of which the share
// prevalence, rounded to whole rows, has label 1, fraud. In units of an eighth,
// each score is normal with variance 1 around 4 less or more half its shift,
// and cut off at the ends. No classifier does much better than a recall of
// Φ(4.2-z) at a false-positive rate of 1-Φ(z): [FraudLimit].
func Fraud(rows int, prevalence float64, seed uint64) ml.Batch {
	rng := rand.New(rand.NewPCG(seed, streamFraud))
	b := ml.Batch{Dim: len(fraudFeatures), X: []float32{}, Y: make([]int32, rows)}
	for i := range int(math.Round(float64(rows) * min(max(prevalence, 0), 1))) {
		b.Y[i] = 1
	}
	rng.Shuffle(rows, func(i, j int) { b.Y[i], b.Y[j] = b.Y[j], b.Y[i] })
	for _, y := range b.Y {
		for _, f := range fraudFeatures {
			z := rng.NormFloat64() + f.shift*(float64(y)-0.5)
			b.X = append(b.X, float32(min(max((z+4)/8, 0), 1)))
		}
	}
	return b
}

// FraudLimit returns the recall of the best classifier for [Fraud] whose
// threshold leaves a false-positive rate of 1-Φ(z), were the scores not cut
// off.
func FraudLimit(z float64) float64 { return gauss(fraudDistance - z) }

// AboutFraud describes [Fraud].
func AboutFraud() Info {
	var names []string
	for _, f := range fraudFeatures {
		names = append(names, f.name)
	}
	i := Info{Name: "fraud", Title: "Card payments", License: made, Source: made, Classes: []string{"genuine", "fraud"}}
	i.Features = numbers(names, 0, 1)
	return i
}

// trialSignal is the length of the weights that decide the outcome in Trial,
// in units of the noise.
const trialSignal = 1.25

// Trial returns patients with standard normal measures and an outcome that
// depends on their weighted sum: label 1 where 1.25·w·x plus standard normal
// noise is above 0, with w a random direction that the seed decides. The best
// classifier is right with probability 1/2 + atan(1.25)/π, which is 0.79. A net
// that is fitted to 150 rows of 60 features knows them by heart and is right
// about others in 69 of 100 cases.
func Trial(rows, features int, seed uint64) ml.Batch {
	w := make([]float64, features)
	truth := rand.New(rand.NewPCG(seed, streamTruth))
	var length float64
	for i := range w {
		w[i] = truth.NormFloat64()
		length += w[i] * w[i]
	}
	length = math.Sqrt(length)
	rng := rand.New(rand.NewPCG(seed, streamTrial))
	b := ml.Batch{Dim: features}
	for range rows {
		sum := rng.NormFloat64()
		for _, v := range w {
			x := float32(rng.NormFloat64())
			sum += trialSignal * v / length * float64(x)
			b.X = append(b.X, x)
		}
		var y int32
		if sum > 0 {
			y = 1
		}
		b.Y = append(b.Y, y)
	}
	return b
}

// TrialLimit returns the accuracy of the best classifier for [Trial].
func TrialLimit() float64 { return 0.5 + math.Atan(trialSignal)/math.Pi }

// AboutTrial describes [Trial] with the given number of features.
func AboutTrial(features int) Info {
	i := Info{Name: "trial", Title: "Outcome of a treatment", License: made, Source: made, Classes: []string{"no better", "better"}}
	for k := range features {
		i.Features = append(i.Features, Feature{Name: fmt.Sprintf("measure_%d", k+1), Kind: Number, Low: float32(math.Inf(-1)), High: float32(math.Inf(1))})
	}
	return i
}
