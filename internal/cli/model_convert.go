package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"quintain/internal/regular"
	"quintain/scan/sheet"
)

func modelConvertCommand(env *Env) *cobra.Command {
	var drop bool
	cmd := &cobra.Command{
		Use:   "convert <checkpoint> <out.safetensors>",
		Short: "Copy the tensors of a checkpoint into a file that can hold nothing else",
		Long: `Copy the tensors of a PyTorch checkpoint into a safetensors file, bit for bit. The pickle is
followed on paper and nothing of it is run: what it imports or calls does not get across.

A safetensors file holds tensors and nothing else. A checkpoint with anything beside them
(the number of an epoch, the state of an optimizer, the result of a call) is refused and
told what that is; --drop leaves it out.`,
		Example: "  quintain model convert model.pt model.safetensors\n  quintain model convert model.pt model.safetensors --drop",
		Args:    args(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, a []string) error {
			return runConvert(cmd.Context(), env, a[0], a[1], drop)
		},
	}
	cmd.Flags().BoolVar(&drop, "drop", false, "leave out what is no tensor")
	return cmd
}

func runConvert(ctx context.Context, env *Env, from, to string, drop bool) error {
	f, err := regular.Open(from)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	tensors, dropped, err := sheet.Convert(ctx, f, info.Size(), &out, drop)
	if _, ok := errors.AsType[*sheet.NotTensors](err); ok {
		return hint(fmt.Errorf("%s: %w", from, err), "--drop leaves out what is no tensor")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	if err := writeFile(to, out.Bytes()); err != nil {
		return err
	}
	for _, d := range dropped {
		fmt.Fprintf(env.Stdout, "left out: %s\n", oneLine(d))
	}
	fmt.Fprintf(env.Stdout, "%s: %s, %d bytes\n", oneLine(to), plural(len(tensors), "tensor"), out.Len())
	return nil
}
