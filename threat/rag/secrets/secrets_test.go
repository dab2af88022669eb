package secrets_test

import (
	"testing"

	"quintain/threat/rag/secrets"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, secrets.Rule) }
