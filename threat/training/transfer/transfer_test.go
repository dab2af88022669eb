package transfer_test

import (
	"testing"

	"quintain/threat/threattest"
	"quintain/threat/training/transfer"
)

func Test(t *testing.T) { threattest.Run(t, transfer.Rule) }
