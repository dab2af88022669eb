package torch_test

import (
	"testing"

	"quintain/scan/identity"
	"quintain/scan/pickle"
	"quintain/scan/scantest"
	"quintain/scan/torch"
)

func Test(t *testing.T)        { scantest.Run(t, torch.Format, pickle.Format, identity.Format) }
func FuzzInspect(f *testing.F) { scantest.Fuzz(f, torch.Format, pickle.Format, identity.Format) }
