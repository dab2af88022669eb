package plain_test

import (
	"testing"

	"quintain/probe/strategy/plain"
	"quintain/probe/probetest"
)

func Test(t *testing.T) { probetest.Strategy(t, plain.Strategy) }
