package lab

import (
	"context"
	"errors"
	"fmt"
	"math"

	"quintain/stats"
)

// A Check is one thing that a stage demands. It is declarative: what is
// measured, and the limit that the value is held to. Checks run in order, and a
// grade stops at the first that fails, so a Measure may rely on those before.
type Check struct {
	ID   string    // such as "recall"
	Type CheckType //
	What string    // such as "recall on rows you have not seen"

	// Op and Limit are what a Metric is held to. With Baseline, the limit is
	// that of the reading's own baseline plus Limit.
	Op       Op
	Limit    float64
	Baseline bool

	Show string // the command that shows the evidence

	// Measure takes the reading. A [Fault] is a mistake in what was handed in;
	// any other error is one of the machine, and nothing is graded.
	Measure func(ctx context.Context, a *Attempt) (Reading, error)
}

// A CheckType says what a check judges by.
type CheckType string

// The types of check.
const (
	Metric    CheckType = "metric"    // a number that the grader measures itself
	Event     CheckType = "event"     // something must be in the ledger
	NoEvent   CheckType = "no-event"  // something must not be in the ledger
	Proof     CheckType = "proof"     // a secret of this attempt was handed in
	Answer    CheckType = "answer"    // a structured answer, held to the truth of the seed
	Artifact  CheckType = "artifact"  // a file whose content is verified
	Invariant CheckType = "invariant" // a rule over the whole attempt
)

// An Op compares a value with a limit.
type Op string

// The comparisons.
const (
	AtLeast Op = ">="
	AtMost  Op = "<="
)

// A Reading is what a check measured.
type Reading struct {
	Value    float64 `json:"value"`
	Low      float64 `json:"low,omitempty"`  // lower end of the 95% interval
	High     float64 `json:"high,omitempty"` // upper end; 0 with Low 0 and no Trials means no interval
	Baseline float64 `json:"baseline,omitempty"`
	Trials   int     `json:"trials,omitempty"`

	// Holds is the verdict of every check that is no Metric.
	Holds bool `json:"holds"`

	Saw    string `json:"saw,omitempty"`    // what was seen, one line, never the answer
	Seed   uint64 `json:"seed,omitempty"`   // of the held-out data
	Method string `json:"method,omitempty"` // of the interval
}

// Rate returns k hits in n trials as a Reading with its exact 95% interval. No
// hits in 60 trials read "<= 5 %", never "none".
func Rate(k, n int, seed uint64) Reading {
	m := stats.Proportion("rate", k, n, seed)
	return Reading{Value: m.Value, Low: m.Low, High: m.High, Trials: m.Trials, Seed: seed, Method: m.Method}
}

// Verdict returns the Reading of a check that holds or does not.
func Verdict(holds bool, format string, args ...any) Reading {
	return Reading{Holds: holds, Saw: fmt.Sprintf(format, args...)}
}

// Within reports whether got is within a relative tolerance of want, which is
// how numbers in answers are compared.
func Within(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*math.Abs(want)
}

// passes reports whether a reading satisfies c, and the limit it was held to.
func (c *Check) passes(r Reading) (ok bool, limit float64) {
	if c.Type != Metric {
		return r.Holds, 0
	}
	limit = c.Limit
	if c.Baseline {
		limit += r.Baseline
	}
	if c.Op == AtMost {
		return r.Value <= limit, limit
	}
	return r.Value >= limit, limit
}

func (c *Check) validate() error {
	switch c.Type {
	case Metric:
		if c.Op != AtLeast && c.Op != AtMost {
			return fmt.Errorf("check %q: a metric without a comparison", c.ID)
		}
	case Event, NoEvent, Proof, Answer, Artifact, Invariant:
		if c.Op != "" || c.Limit != 0 || c.Baseline {
			return fmt.Errorf("check %q: a limit, but no metric", c.ID)
		}
	default:
		return fmt.Errorf("check %q: unknown type %q", c.ID, c.Type)
	}
	if !wordID.MatchString(c.ID) || c.What == "" || c.Show == "" || c.Measure == nil {
		return fmt.Errorf("check %q: no id, text, command that shows the evidence, or measure", c.ID)
	}
	return nil
}

// validate reports whether a reading may be shown.
func (r Reading) validate() error {
	switch {
	case math.IsNaN(r.Value) || math.IsInf(r.Value, 0):
		return errors.New("the measured value is no number")
	case r.Trials > 0 && (r.Low > r.Value || r.Value > r.High):
		return fmt.Errorf("%v is outside its interval [%v, %v]", r.Value, r.Low, r.High)
	}
	return nil
}

// A Fault is a mistake in what was handed in: a missing file, broken YAML, a
// path that leads out of the folder. It is graded as not passed, and nothing
// is lost.
type Fault struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"` // from 1; 0 if unknown
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// Error says where the mistake is and what it is.
func (f *Fault) Error() string {
	switch {
	case f.File != "" && f.Line > 0:
		return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
	case f.File != "":
		return f.File + ": " + f.Message
	}
	return f.Message
}

// Faultf returns a Fault in a file.
func Faultf(file string, format string, args ...any) *Fault {
	return &Fault{File: file, Message: fmt.Sprintf(format, args...)}
}
