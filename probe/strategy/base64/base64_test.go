package base64_test

import (
	"testing"

	"quintain/probe/strategy/base64"
	"quintain/probe/probetest"
)

func Test(t *testing.T) { probetest.Strategy(t, base64.Strategy) }
