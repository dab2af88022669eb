package unpinned_test

import (
	"testing"

	"quintain/threat/supply/unpinned"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, unpinned.Rule) }
