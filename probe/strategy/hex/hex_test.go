package hex_test

import (
	"testing"

	"quintain/probe/strategy/hex"
	"quintain/probe/probetest"
)

func Test(t *testing.T) { probetest.Strategy(t, hex.Strategy) }
