package tampered_test

import (
	"testing"

	"quintain/threat/model/tampered"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, tampered.Rule) }
