package execute_test

import (
	"testing"

	"quintain/threat/agent/execute"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, execute.Rule) }
