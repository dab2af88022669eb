package cli

import (
	"slices"

	"quintain"
	"quintain/scan"
	"quintain/scan/weightsonly"
)

// lintFormats are the formats that answer what blocks
// torch.load(weights_only=True), and which findings are part of the answer:
// those of the lint, and everything that could not be analyzed.
func lintFormats(cat *catalog) ([]*scan.Format, func(*quintain.Finding) bool) {
	lint := *weightsonly.Lint
	for _, f := range cat.formats {
		if f.Name == "scan/pickle" {
			lint.Match = f.Match
		}
	}
	return append(slices.Clone(cat.formats), &lint), func(f *quintain.Finding) bool {
		return f.Check == lint.Name || f.Outcome == quintain.Inconclusive
	}
}
