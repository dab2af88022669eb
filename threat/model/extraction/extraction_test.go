package extraction_test

import (
	"testing"

	"quintain/threat/model/extraction"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, extraction.Rule) }
