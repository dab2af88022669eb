package base64_test

import (
	"testing"

	"quintain/probe/probetest"
	"quintain/probe/strategy/base64"
)

func Test(t *testing.T) { probetest.Strategy(t, base64.Strategy) }
