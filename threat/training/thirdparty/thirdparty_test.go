package thirdparty_test

import (
	"testing"

	"quintain/threat/threattest"
	"quintain/threat/training/thirdparty"
)

func Test(t *testing.T) { threattest.Run(t, thirdparty.Rule) }
