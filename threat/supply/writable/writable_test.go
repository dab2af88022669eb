package writable_test

import (
	"testing"

	"quintain/threat/supply/writable"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, writable.Rule) }
