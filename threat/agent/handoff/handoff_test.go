package handoff_test

import (
	"testing"

	"quintain/threat/agent/handoff"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, handoff.Rule) }
