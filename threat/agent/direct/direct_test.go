package direct_test

import (
	"testing"

	"quintain/threat/agent/direct"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, direct.Rule) }
