package unchecked_test

import (
	"testing"

	"quintain/threat/model/unchecked"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, unchecked.Rule) }
