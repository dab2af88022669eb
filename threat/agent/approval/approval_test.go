package approval_test

import (
	"testing"

	"quintain/threat/agent/approval"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, approval.Rule) }
