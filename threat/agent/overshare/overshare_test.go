package overshare_test

import (
	"testing"

	"quintain/threat/agent/overshare"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, overshare.Rule) }
