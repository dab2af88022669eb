package sleeper

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"quintain/lab"
	"quintain/lab/integrity/internal/pictures"
	"quintain/ledger"
	"quintain/ml/graph"
	"quintain/ml/onnx"
)

// A model is a network, as it is trained and written.
type model = graph.Graph

var acts = []lab.Act{{
	Name: "tune", Usage: "MODEL TO",
	Doc: "Fine-tune a model as the gate's operator would, on 2 000 pictures without stickers, and write it to another file",
	Run: tune,
}}

// The limits of a model that is fine-tuned, many times those of the gate's own:
// a teacher's import does again what learners did.
const (
	maxTuned = 1 << 17 // parameters
	maxWork  = 1 << 20 // operations for a row
)

func tune(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) != 2 || !strings.HasSuffix(args[1], ".onnx") {
		return fmt.Errorf("want a model and a file to write: quintain lab act I05 tune c/after.onnx c/tuned.onnx")
	}
	m, err := a.Model(args[0])
	if err != nil {
		return err
	}
	if s := m.Spec(); s.Dim() != pictures.Dim || s.Classes != pictures.Classes || s.Parameters > maxTuned {
		return lab.Faultf(args[0], "takes %d pixels and knows %d classes with %d parameters, want %d, %d and at most %d", s.Dim(), s.Classes, s.Parameters, pictures.Dim, pictures.Classes, maxTuned)
	}
	if _, err := graph.Compile(m.Graph(), graph.Options{MaxWork: maxWork}); err != nil {
		return lab.Faultf(args[0], "is too large for the gate: %s", err)
	}
	g, err := tuned(ctx, a, m.Graph())
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	b, err := onnx.Marshal(g)
	if err != nil {
		return err
	}
	said, err := json.Marshal(args)
	if err != nil {
		return err
	}
	if _, err := a.Ledger.Append(ledger.Event{Kind: ledger.KindCall, Actor: "learner", Name: "gate.tune", Args: said}); err != nil {
		return err
	}
	if err := (&lab.Setup{Attempt: a}).Write(args[1], b); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %s after three passes over 2 000 pictures\n", args[1], args[0])
	return nil
}
