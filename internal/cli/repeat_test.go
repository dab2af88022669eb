package cli

import (
	"slices"
	"testing"

	"github.com/spf13/cobra"
)

// TestRepeat wants every flag that changes what a run finds, and none that
// only changes where it is written.
func TestRepeat(t *testing.T) {
	var o output
	var checks []string
	var eps float64
	var open bool
	cmd := &cobra.Command{Use: "attack <model>", Run: func(*cobra.Command, []string) {}}
	o.flags(cmd, newCatalog())
	cmd.Flags().StringArrayVar(&checks, "check", nil, "")
	cmd.Flags().Float64Var(&eps, "eps", 0.1, "")
	cmd.Flags().BoolVar(&open, "allow-open", false, "")
	cmd.SetArgs([]string{"m.onnx", "--eps", "0.2", "--check", "a/b", "--check", "c/d", "--allow-open", "--json", "-o", "x.json", "--fail-on", "low"})
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	got := repeat(cmd, []string{"m.onnx"}, 7)
	want := []string{
		"quintain", "attack", "m.onnx", "--allow-open=true", "--check", "a/b", "--check", "c/d", "--eps", "0.2", "--fail-on", "low", "--seed", "7",
	}
	if !slices.Equal(got, want) {
		t.Errorf("repeat() = %q, want %q", got, want)
	}
}
