package safetensors_test

import (
	"testing"

	"quintain/scan/safetensors"
	"quintain/scan/scantest"
)

func Test(t *testing.T)        { scantest.Run(t, safetensors.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, safetensors.Format) }
