package rot13_test

import (
	"testing"

	"quintain/probe/probetest"
	"quintain/probe/strategy/rot13"
)

func Test(t *testing.T) { probetest.Strategy(t, rot13.Strategy) }
