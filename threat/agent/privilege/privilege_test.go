package privilege_test

import (
	"testing"

	"quintain/threat/agent/privilege"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, privilege.Rule) }
