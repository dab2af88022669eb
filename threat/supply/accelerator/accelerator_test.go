package accelerator_test

import (
	"testing"

	"quintain/threat/supply/accelerator"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, accelerator.Rule) }
