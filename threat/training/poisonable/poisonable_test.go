package poisonable_test

import (
	"testing"

	"quintain/threat/threattest"
	"quintain/threat/training/poisonable"
)

func Test(t *testing.T) { threattest.Run(t, poisonable.Rule) }
