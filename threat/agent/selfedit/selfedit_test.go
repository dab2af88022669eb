package selfedit_test

import (
	"testing"

	"quintain/threat/agent/selfedit"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, selfedit.Rule) }
