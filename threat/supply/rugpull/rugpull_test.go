package rugpull_test

import (
	"testing"

	"quintain/threat/supply/rugpull"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, rugpull.Rule) }
