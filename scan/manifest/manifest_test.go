package manifest_test

import (
	"testing"

	"quintain/scan/manifest"
	"quintain/scan/scantest"
)

func Test(t *testing.T) { scantest.Run(t, manifest.Format) }

func FuzzInspect(f *testing.F) { scantest.Fuzz(f, manifest.Format) }
