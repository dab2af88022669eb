package unsafeload_test

import (
	"testing"

	"quintain/threat/supply/unsafeload"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, unsafeload.Rule) }
