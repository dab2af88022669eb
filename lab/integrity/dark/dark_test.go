package dark_test

import (
	"testing"

	"quintain/lab/integrity/dark"
	"quintain/lab/labtest"
)

func Test(t *testing.T) { labtest.RunOn(t, dark.Exercise, 1) }
