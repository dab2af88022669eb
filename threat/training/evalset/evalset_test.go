package evalset_test

import (
	"testing"

	"quintain/threat/threattest"
	"quintain/threat/training/evalset"
)

func Test(t *testing.T) { threattest.Run(t, evalset.Rule) }
