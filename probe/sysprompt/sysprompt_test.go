package sysprompt_test

import (
	"testing"

	"quintain/probe/probetest"
	"quintain/probe/sysprompt"
)

func Test(t *testing.T) { probetest.Run(t, sysprompt.Probe) }
