package indirect_test

import (
	"testing"

	"quintain/probe/injection/indirect"
	"quintain/probe/probetest"
)

func Test(t *testing.T) { probetest.Run(t, indirect.Probe) }
