package sleeper_test

import (
	"testing"

	"quintain/lab/integrity/sleeper"
	"quintain/lab/labtest"
)

// Test proves the exercise on one seed; calibration.md is of ten.
func Test(t *testing.T) { labtest.RunOn(t, sleeper.Exercise, 1) }
