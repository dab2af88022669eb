package hex_test

import (
	"testing"

	"quintain/probe/probetest"
	"quintain/probe/strategy/hex"
)

func Test(t *testing.T) { probetest.Strategy(t, hex.Strategy) }
