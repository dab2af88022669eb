package skops

import (
	"testing"

	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, Format) }
