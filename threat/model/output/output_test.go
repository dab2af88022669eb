package output_test

import (
	"testing"

	"quintain/threat/model/output"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, output.Rule) }
