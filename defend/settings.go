package defend

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// Settings are what the operator can say about a defense and how it is judged.
type Settings struct {
	Eps    float64 // the most that an attacker on rows may change a feature, in units of its range
	Gain   float64 // points by which the attacker's success must fall
	Cost   float64 // points of accuracy that the defense may cost
	Epochs int     // of training
	Batch  int     // rows of a minibatch
	Rate   float64 // step size of Adam
	Steps  int     // of the attacker inside adversarial training
	Beta   float64 // weight of the divergence in TRADES

	Parts  int     // partitions of the training rows in DPA
	Poison float64 // share of the training rows that an attacker may change
	Class  int     // that an attacker on training rows is after

	Sigma float64 // deviation of the noise of smoothing, in units of the range of features
	Draws int     // of noise for each row

	Clip  float64 // length of the gradient of a row in DP-SGD
	Noise float64 // over that length
	Delta float64 // of the differential privacy that is accounted for

	Queries  int     // rows that a guard lets one account ask about
	Accounts int     // that an attacker can open
	Similar  int     // rows near an earlier one that a guard lets one account ask about
	Near     float64 // how near that is, in units of the range of each feature
	Answers  string  // what is told: "labels", "top", "round:N" or "noise:S"
}

// A knob is one setting.
type knob struct {
	key              string
	def, least, most float64
	set              func(*Settings, float64)
}

var knobs = []knob{
	{"eps", 0.1, 1e-6, 1, func(s *Settings, v float64) { s.Eps = v }},
	{"gain", 0.05, 1e-6, 1, func(s *Settings, v float64) { s.Gain = v }},
	{"cost", 0.05, 0, 1, func(s *Settings, v float64) { s.Cost = v }},
	{"epochs", 30, 1, 1e4, func(s *Settings, v float64) { s.Epochs = int(v) }},
	{"batch", 32, 1, 1e5, func(s *Settings, v float64) { s.Batch = int(v) }},
	{"rate", 1e-3, 1e-9, 100, func(s *Settings, v float64) { s.Rate = v }},
	{"steps", 10, 1, 1000, func(s *Settings, v float64) { s.Steps = int(v) }},
	{"beta", 6, 1e-3, 1e3, func(s *Settings, v float64) { s.Beta = v }},
	{"parts", 50, 2, 1e4, func(s *Settings, v float64) { s.Parts = int(v) }},
	{"poison", 0.01, 1e-6, 0.5, func(s *Settings, v float64) { s.Poison = v }},
	{"class", 0, 0, 1 << 16, func(s *Settings, v float64) { s.Class = int(v) }},
	{"sigma", 0.25, 1e-6, 100, func(s *Settings, v float64) { s.Sigma = v }},
	{"draws", 16, 1, 1e4, func(s *Settings, v float64) { s.Draws = int(v) }},
	{"clip", 1, 1e-6, 1e6, func(s *Settings, v float64) { s.Clip = v }},
	{"noise", 1, 0, 1e3, func(s *Settings, v float64) { s.Noise = v }},
	{"delta", 1e-5, 1e-300, 0.5, func(s *Settings, v float64) { s.Delta = v }},
	{"accounts", 10, 1, 1e6, func(s *Settings, v float64) { s.Accounts = int(v) }},
	{"queries", 50, 1, 1e6, func(s *Settings, v float64) { s.Queries = int(v) }},
	{"similar", 10, 0, 1e6, func(s *Settings, v float64) { s.Similar = int(v) }},
	{"near", 0.01, 0, 1, func(s *Settings, v float64) { s.Near = v }},
}

// parseSettings reads the entries of a target.
func parseSettings(with map[string]string) (Settings, error) {
	s := Settings{Answers: with["answers"]}
	var errs []error
	for _, k := range knobs {
		v := k.def
		if text, ok := with[k.key]; ok {
			var err error
			if v, err = strconv.ParseFloat(text, 64); err != nil || !(v >= k.least && v <= k.most) || math.IsNaN(v) {
				errs = append(errs, fmt.Errorf("%s is %q, want a number from %v to %v", k.key, text, k.least, k.most))
				continue
			}
		}
		k.set(&s, v)
	}
	return s, errors.Join(errs...)
}
