package scorer_test

import (
	"testing"

	"quintain/lab/labtest"
	"quintain/lab/privacy/scorer"
)

// Ten seeds made calibration.md.
func Test(t *testing.T) { labtest.RunOn(t, scorer.Exercise, 1) }
