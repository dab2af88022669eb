package trial_test

import (
	"testing"

	"quintain/lab/labtest"
	"quintain/lab/privacy/trial"
)

func Test(t *testing.T) { labtest.Run(t, trial.Exercise) }
