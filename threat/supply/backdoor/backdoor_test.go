package backdoor_test

import (
	"testing"

	"quintain/threat/supply/backdoor"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, backdoor.Rule) }
