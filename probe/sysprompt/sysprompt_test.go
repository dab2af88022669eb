package sysprompt_test

import (
	"testing"

	"quintain/probe/sysprompt"
	"quintain/probe/probetest"
)

func Test(t *testing.T) { probetest.Run(t, sysprompt.Probe) }
