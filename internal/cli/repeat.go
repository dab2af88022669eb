package cli

import (
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// cosmetic are flags that say where output goes and how fast, and change
// nothing in it.
var cosmetic = []string{"output", "report", "format", "json", "out", "jobs", "batch", "samples-out", "copy-out", "log-out"}

// repeat returns the command line that repeats a run: the arguments, every flag
// that was given and matters, and the seed. A key is never among them, because
// keys are no arguments.
func repeat(cmd *cobra.Command, args []string, seed uint64) []string {
	out := append([]string{"quintain", cmd.Name()}, args...)
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch values, many := f.Value.(pflag.SliceValue); {
		case f.Name == "seed" || slices.Contains(cosmetic, f.Name):
		case many:
			for _, v := range values.GetSlice() {
				out = append(out, "--"+f.Name, v)
			}
		case f.Value.Type() == "bool":
			out = append(out, "--"+f.Name+"="+f.Value.String())
		default:
			out = append(out, "--"+f.Name, f.Value.String())
		}
	})
	return append(out, "--seed", strconv.FormatUint(seed, 10))
}
