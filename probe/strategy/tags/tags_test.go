package tags_test

import (
	"testing"

	"quintain/probe/probetest"
	"quintain/probe/strategy/tags"
)

func Test(t *testing.T) { probetest.Strategy(t, tags.Strategy) }
