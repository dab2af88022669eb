package flood_test

import (
	"testing"

	"quintain/threat/model/flood"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, flood.Rule) }
