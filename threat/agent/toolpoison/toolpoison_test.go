package toolpoison_test

import (
	"testing"

	"quintain/threat/agent/toolpoison"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, toolpoison.Rule) }
