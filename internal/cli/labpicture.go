package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"quintain/internal/web"
	"quintain/lab"
)

func labPictureCommand(env *Env, o *labFlags) *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use: "picture <exercise>", Short: "Draw what you handed in, as an SVG file", Args: args(cobra.ExactArgs(1)),
		Example: "  quintain lab picture F01\n  quintain lab picture F01 -o f01.svg",
		Long:    "Draw what you handed in, as an SVG file that a browser opens. The workbench shows the\nsame picture beside the brief.",
		RunE: func(cmd *cobra.Command, a []string) error {
			return o.with(cmd.Context(), env, func(r *lab.Range) error {
				name, err := o.drawPicture(cmd.Context(), env, r, a[0], to)
				if err == nil {
					fmt.Fprintln(env.Stdout, oneLine(name))
				}
				return err
			})
		},
	}
	cmd.Flags().StringVarP(&to, "output", "o", "", "`file` to write (default: in the folder pictures of your work)")
	return cmd
}

// drawPicture writes the picture of what was handed in to a file and returns
// its name.
func (o *labFlags) drawPicture(ctx context.Context, env *Env, r *lab.Range, id, to string) (string, error) {
	e, err := r.Exercise(id)
	if err != nil {
		return "", err
	}
	if e.Picture == nil {
		return "", fmt.Errorf("exercise %s draws no picture", e.ID)
	}
	svg, err := r.Picture(ctx, id)
	if fault, ok := errors.AsType[*lab.Fault](err); ok {
		return "", hint(fmt.Errorf("no picture yet: %w", fault), "the brief says what to hand in")
	}
	if err != nil {
		return "", err
	}
	if len(svg) == 0 {
		return "", errors.New("there is nothing to draw yet")
	}
	b, err := web.Alone(svg)
	if err != nil {
		return "", err
	}
	if to == "" {
		home, err := o.folder(env)
		if err != nil {
			return "", err
		}
		to = filepath.Join(home, "pictures", e.ID+".svg")
	}
	return to, writeFile(to, b)
}
