package cli

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"quintain/attack/privacy/rank"
	"quintain/ml"
	"quintain/ml/graph"
	"quintain/ml/train"
)

// A membersFlags says how to tell who was trained on.
type membersFlags struct {
	people, others, method, file string
	offline                      bool
	o                            rank.Options
	recipe                       recipeFlags
}

func modelMembersCommand(env *Env) *cobra.Command {
	var o membersFlags
	cmd := &cobra.Command{
		Use:   "members <model.onnx>",
		Short: "Score rows by how likely a model was trained on them",
		Long: `Score rows by how likely a model was trained on them, as an attacker would who does not know.
The scores go to a CSV file of rows and scores: the higher, the likelier a member.

Method loss asks the model alone. The others train shadow models like it, of the same
architecture, and compare: calibrated, lira and rmia. The recipe (--epochs, --batch, --rate
and so on) should be that of the model, as far as it is known. Every shadow model is trained
on half of the people; with --offline on rows of --others only. To hold a model's owner to
account, with the answer known, use attack --train, or, if only answers are known and no
model, attack answers.csv: a column member of 0 and 1, one for each class, and the label.`,
		Example: "  quintain model members model.onnx --people people.csv --method loss -o scores.csv\n  quintain model members model.onnx --people people.csv --others others.csv --method lira --shadows 12 --rate 0.005 -o scores.csv",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			return runMembers(cmd.Context(), env, &o, a[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.people, "people", "", "CSV `file` of the rows to score, with their labels")
	f.StringVar(&o.others, "others", "", "CSV `file` of rows like them that are no members")
	f.StringVar(&o.method, "method", string(rank.Loss), "loss, calibrated, lira or rmia")
	f.IntVar(&o.o.Shadows, "shadows", 12, "shadow models to train")
	f.IntVar(&o.o.Rows, "rows", 0, "rows that each is trained on (default: half as many as there are people)")
	f.BoolVar(&o.offline, "offline", false, "train shadow models on --others only")
	f.Uint64Var(&o.o.Seed, "seed", 1, "seed of everything random")
	f.StringVarP(&o.file, "output", "o", "scores.csv", "`file` to write")
	o.recipe.flags(f, train.Options{Epochs: 30, Batch: 32, Rate: 0.001})
	return cmd
}

// most is how many shadow models there may be.
const mostShadows = 1024

func (o *membersFlags) check(model string) error {
	m, err := rank.ParseMethod(o.method)
	switch {
	case err != nil:
		return &usageError{err}
	case o.people == "":
		return hint(usagef("no rows to score"), "quintain model members %s --people people.csv", model)
	case m.Shadows() && (o.o.Shadows < 2 || o.o.Shadows > mostShadows):
		return usagef("--shadows is %d, want 2 to %d", o.o.Shadows, mostShadows)
	case o.o.Rows < 0:
		return usagef("--rows is %d, want a number that is not negative", o.o.Rows)
	case m.Shadows() && o.offline && o.others == "":
		return hint(usagef("no rows to train shadow models on"), "name some with --others, or leave --offline out")
	}
	o.o.Method, o.o.Online = m, !o.offline
	return o.recipe.check()
}

func runMembers(ctx context.Context, env *Env, o *membersFlags, name string) error {
	if err := o.check(name); err != nil {
		return err
	}
	net, err := readModel(name)
	if err != nil {
		return err
	}
	people, err := readRows(o.people, net.Spec())
	if err != nil {
		return err
	}
	others := ml.Batch{Dim: people.Dim}
	if o.others != "" {
		if others, err = readRows(o.others, net.Spec()); err != nil {
			return err
		}
	}
	scores, shadows, err := o.score(ctx, net, people, others)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var b bytes.Buffer
	if err := rank.Write(&b, scores); err != nil {
		return err
	}
	if err := writeFile(o.file, b.Bytes()); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s: %d rows scored by %s%s\n", oneLine(o.file), len(scores), o.method, shadows)
	return nil
}

// score attacks, and says what with.
func (o *membersFlags) score(ctx context.Context, net *graph.Net, people, others ml.Batch) ([]float64, string, error) {
	if !o.o.Method.Shadows() {
		s, err := rank.Members(ctx, net, people, others, o.o)
		return s, "", err
	}
	if blind := net.Gradients(); blind != nil {
		return nil, "", fmt.Errorf("shadow models of it cannot be trained: %w", blind)
	}
	recipe := o.recipe.options()
	o.o.Fit = rank.Like(net.Graph(), recipe)
	s, err := rank.Members(ctx, net, people, others, o.o)
	where := "on half of the people"
	if o.offline {
		where = "on others only"
	}
	return s, fmt.Sprintf(", with %d shadow models trained %s: %s", o.o.Shadows, where, o.recipe.says()), err
}

// says writes a recipe in words.
func (r *recipeFlags) says() string {
	words := []string{plural(r.o.Epochs, "epoch"), fmt.Sprintf("batches of %d", r.o.Batch), fmt.Sprintf("rate %v", r.o.Rate)}
	if r.o.WeightDecay > 0 {
		words = append(words, fmt.Sprintf("weight decay %v", r.o.WeightDecay))
	}
	if r.o.Clip > 0 {
		words = append(words, fmt.Sprintf("gradients clipped to %v with noise %v", r.o.Clip, r.o.Noise))
	}
	return strings.Join(words, ", ")
}
