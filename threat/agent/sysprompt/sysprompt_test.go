package sysprompt_test

import (
	"testing"

	"quintain/threat/agent/sysprompt"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, sysprompt.Rule) }
