package rot13_test

import (
	"testing"

	"quintain/probe/strategy/rot13"
	"quintain/probe/probetest"
)

func Test(t *testing.T) { probetest.Strategy(t, rot13.Strategy) }
