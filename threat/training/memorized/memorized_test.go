package memorized_test

import (
	"testing"

	"quintain/threat/threattest"
	"quintain/threat/training/memorized"
)

func Test(t *testing.T) { threattest.Run(t, memorized.Rule) }
