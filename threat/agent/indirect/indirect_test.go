package indirect_test

import (
	"testing"

	"quintain/threat/agent/indirect"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, indirect.Rule) }
