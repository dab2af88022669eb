package credential_test

import (
	"testing"

	"quintain/threat/agent/credential"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, credential.Rule) }
