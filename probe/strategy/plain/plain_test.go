package plain_test

import (
	"testing"

	"quintain/probe/probetest"
	"quintain/probe/strategy/plain"
)

func Test(t *testing.T) { probetest.Strategy(t, plain.Strategy) }
