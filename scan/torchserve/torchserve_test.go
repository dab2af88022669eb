package torchserve_test

import (
	"testing"

	"quintain/scan/identity"
	"quintain/scan/pickle"
	"quintain/scan/pysource"
	"quintain/scan/scantest"
	"quintain/scan/torch"
	"quintain/scan/torchserve"
)

func Test(t *testing.T) {
	scantest.Run(t, torchserve.Format, torch.Format, pickle.Format, pysource.Format, identity.Format)
}

func FuzzInspect(f *testing.F) { scantest.Fuzz(f, torchserve.Format) }
