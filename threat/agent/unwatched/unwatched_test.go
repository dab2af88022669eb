package unwatched_test

import (
	"testing"

	"quintain/threat/agent/unwatched"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, unwatched.Rule) }
