package memory_test

import (
	"testing"

	"quintain/threat/agent/memory"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, memory.Rule) }
