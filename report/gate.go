package report

import (
	"encoding/json"

	"quintain"
)

// beyond is the threshold of a gate that nothing fails.
const beyond = quintain.Critical + 1

// gateJSON is a [Gate] with its threshold as it is written.
type gateJSON struct {
	FailOn  quintain.Severity `json:"failOn"`
	Passed  bool              `json:"passed"`
	Reasons []string          `json:"reasons,omitempty"`
}

// MarshalJSON implements [json.Marshaler].
func (g Gate) MarshalJSON() ([]byte, error) {
	out := gateJSON(g)
	if out.FailOn >= beyond {
		out.FailOn = quintain.None
	}
	return json.Marshal(out)
}

// UnmarshalJSON implements [json.Unmarshaler]. Unknown fields are errors.
func (g *Gate) UnmarshalJSON(b []byte) error {
	var in gateJSON
	if err := strict(b, &in); err != nil {
		return err
	}
	if in.FailOn == quintain.None {
		in.FailOn = beyond
	}
	*g = Gate(in)
	return nil
}

// Threshold returns the severity the gate fails on, "none" if nothing fails.
func (g Gate) Threshold() string {
	if g.FailOn >= beyond {
		return quintain.None.String()
	}
	return g.FailOn.String()
}
