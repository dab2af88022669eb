package loop_test

import (
	"testing"

	"quintain/threat/agent/loop"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, loop.Rule) }
