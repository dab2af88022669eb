package privacy_test

import (
	"testing"

	"quintain/threat/model/privacy"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, privacy.Rule) }
