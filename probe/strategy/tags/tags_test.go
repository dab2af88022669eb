package tags_test

import (
	"testing"

	"quintain/probe/strategy/tags"
	"quintain/probe/probetest"
)

func Test(t *testing.T) { probetest.Strategy(t, tags.Strategy) }
