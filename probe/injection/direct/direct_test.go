package direct_test

import (
	"testing"

	"quintain/probe/injection/direct"
	"quintain/probe/probetest"
)

func Test(t *testing.T) { probetest.Run(t, direct.Probe) }
