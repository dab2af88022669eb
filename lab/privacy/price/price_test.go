package price_test

import (
	"testing"

	"quintain/lab/labtest"
	"quintain/lab/privacy/price"
)

// seeds are few, because every solution trains 75 models; calibration.md has ten.
const seeds = 2

func Test(t *testing.T) { labtest.RunOn(t, price.Exercise, seeds) }
