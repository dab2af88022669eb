package identity_test

import (
	"testing"

	"quintain/scan/identity"
	"quintain/scan/manifest"
	"quintain/scan/pickle"
	"quintain/scan/safetensors"
	"quintain/scan/scantest"
	"quintain/scan/torch"
)

func Test(t *testing.T) {
	scantest.Run(t, identity.Format, manifest.Format, pickle.Format, safetensors.Format, torch.Format)
}

func FuzzInspect(f *testing.F) {
	scantest.Fuzz(f, identity.Format, pickle.Format, safetensors.Format, torch.Format)
}
