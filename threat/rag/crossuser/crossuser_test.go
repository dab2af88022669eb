package crossuser_test

import (
	"testing"

	"quintain/threat/rag/crossuser"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, crossuser.Rule) }
