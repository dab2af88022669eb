package ungated_test

import (
	"testing"

	"quintain/threat/threattest"
	"quintain/threat/training/ungated"
)

func Test(t *testing.T) { threattest.Run(t, ungated.Rule) }
