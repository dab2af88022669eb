package evasion_test

import (
	"testing"

	"quintain/threat/model/evasion"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, evasion.Rule) }
