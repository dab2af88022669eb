package evasion

import (
	"fmt"
	"math"
	"strconv"

	"quintain"
)

// maxDistance is the largest radius of a round ball: a row of as many features
// that all change by their whole range.
const maxDistance = 1000

// threat reads what the attacker may do and wants.
func (s *subject) threat(t quintain.Target) (err error) {
	most := 1.0
	switch norm := t.With["norm"]; norm {
	case "", "linf":
	case "l2":
		s.ball.Norm, most = L2, maxDistance
	default:
		return fmt.Errorf("norm is %q, want linf or l2", norm)
	}
	if s.eps, err = number(t, "eps", 0.1, most); err != nil {
		return err
	}
	if s.smooth, err = number(t, "smooth", 0, maxDistance); err != nil {
		return err
	}
	if s.from, err = class(t, "from"); err != nil {
		return err
	}
	if s.to, err = class(t, "to"); err != nil {
		return err
	}
	if s.to >= 0 && s.to == s.from {
		return fmt.Errorf("rows of class %d cannot be turned into class %d: they are", s.from, s.to)
	}
	if s.free, err = unconstrained(t); err != nil {
		return err
	}
	switch gate := t.With["gate"]; gate {
	case "", "interval":
	case "lower":
		s.strict = true
	default:
		return fmt.Errorf("gate is %q, want interval or lower", gate)
	}
	s.robust, err = number(t, "robust", 0.5, 1)
	return err
}

// number returns an entry of With that is above 0 and at most most.
func number(t quintain.Target, key string, def, most float64) (float64, error) {
	text, ok := t.With[key]
	if !ok {
		return def, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v > 0 && v <= most) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%s is %q, want a number above 0 and at most %v", key, text, most)
	}
	return v, nil
}

// class returns an entry of With that is a class, or -1 if it is not there.
func class(t quintain.Target, key string) (int, error) {
	text, ok := t.With[key]
	if !ok {
		return -1, nil
	}
	v, err := strconv.Atoi(text)
	if err != nil || v < 0 || v > math.MaxInt16 {
		return 0, fmt.Errorf("%s is %q, want the number of a class", key, text)
	}
	return v, nil
}
