package trifecta_test

import (
	"testing"

	"quintain/threat/agent/trifecta"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, trifecta.Rule) }
