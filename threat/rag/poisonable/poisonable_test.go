package poisonable_test

import (
	"testing"

	"quintain/threat/rag/poisonable"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, poisonable.Rule) }
