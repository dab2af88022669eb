package scorer

import (
	"context"
	"strconv"
	"strings"

	"quintain/lab"
	"quintain/ml/onnx"
	"quintain/ml/train"
)

// reference is a policy that holds.
const reference = "answers: labels\nper-day: 0\nwindow: 40\nshare: 0.25\nmark: 0.2\n"

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "labels, a watched window and a mark", Pass: true, Make: with("mixed scores 1000", measured, reference)},
	{Name: "a noisy thief, and sixty calls a day", Fails: "c/legit", Make: with("noise scores 1000", measured, "answers: labels\nper-day: 60\nwindow: 40\nshare: 0.25\nmark: 0.2\n")},
	{Name: "the applicants at hand, and no others", Fails: "a/agree", Make: with("rows labels 1000", measured, reference)},
	{Name: "hiding confidences must cost a thief a lot", Fails: "b/delta", Make: with("mixed scores 1000", wall, reference)},
	{Name: "labels only", Fails: "c/thief", Make: with("mixed scores 1000", measured, "answers: labels\nper-day: 0\nwindow: 0\nshare: 1\nmark: 0.2\n")},
	{Name: "one global rate limit that hits clients first", Fails: "c/legit", Make: with("mixed scores 1000", measured, "answers: labels\nper-day: 40\nwindow: 0\nshare: 1\nmark: 0.2\n")},
	{Name: "cut off whoever asks one odd thing", Fails: "c/legit", Make: with("mixed scores 1000", measured, "answers: labels\nper-day: 0\nwindow: 10\nshare: 0.05\nmark: 0.2\n")},
	{Name: "watch, and tell the scores", Fails: "c/thief", Make: with("mixed scores 1000", measured, "answers: scores\nper-day: 0\nwindow: 40\nshare: 0.8\nmark: 0.2\n")},
	{Name: "no mark", Fails: "c/own", Make: with("mixed scores 1000", measured, "answers: labels\nper-day: 0\nwindow: 40\nshare: 0.25\nmark: 0\n")},
	{Name: "a mark that everybody sees", Fails: "c/honest", Make: with("mixed scores 1000", measured, "answers: labels\nper-day: 0\nwindow: 40\nshare: 0.25\nmark: 1.5\n")},
	{Name: "the copy of another attempt", Fails: "a/agree", Make: func(ctx context.Context, w *lab.Setup) error {
		b, err := newBureau(ctx, lab.NewSource(lab.DeriveKey([]byte("another"), "learner", "V04", int(w.Seed("another")%1000)+1)))
		if err != nil {
			return err
		}
		raw, err := onnx.Marshal(b.net.Graph())
		if err != nil {
			return err
		}
		return w.Write("copy.onnx", raw)
	}},
	{Name: "a model of something else", Fails: "a/agree", Make: func(_ context.Context, w *lab.Setup) error {
		raw, err := onnx.Marshal(train.MLP([]int{3, 2}, 1))
		if err != nil {
			return err
		}
		return w.Write("copy.onnx", raw)
	}},
	{Name: "a hostile file", Fails: "c/legit", Make: with("mixed scores 1000", measured, "answers: labels\nper-day: -1\nwindow: 99999999999\nshare: .nan\nmark: 1e999\n")},
}

// A forecast says what hiding confidences costs a thief.
type forecast func(ctx context.Context, w *lab.Setup) (float64, error)

// measured is the forecast of who steals twice: with scores and with labels.
func measured(ctx context.Context, w *lab.Setup) (float64, error) {
	b, err := open(ctx, w.Attempt)
	if err != nil {
		return 0, err
	}
	people := b.applicants(judged, w.Rand("measure"))
	var agreed [2]int
	for i, answers := range []string{"scores", "labels"} {
		name := answers + ".onnx"
		if err := w.Act(ctx, "steal", "mixed", answers, strconv.Itoa(quota), name); err != nil {
			return 0, err
		}
		net, err := handedIn(w.Attempt, name)
		if err != nil {
			return 0, err
		}
		if agreed[i], err = agree(ctx, net, b.net, people); err != nil {
			return 0, err
		}
	}
	return float64(agreed[0]-agreed[1]) / judged, nil
}

// wall is the forecast of who takes hidden confidences for a defense.
func wall(context.Context, *lab.Setup) (float64, error) { return 0.2, nil }

// with works as a learner does: one theft, one forecast, one policy.
func with(theft string, drop forecast, rules string) func(context.Context, *lab.Setup) error {
	return func(ctx context.Context, w *lab.Setup) error {
		if err := w.Act(ctx, "steal", append(strings.Fields(theft), "copy.onnx")...); err != nil {
			return err
		}
		d, err := drop(ctx, w)
		if err != nil {
			return err
		}
		if err := w.Writef("answer.yaml", "drop: %.4f\n", d); err != nil {
			return err
		}
		return w.Writef("policy.yaml", "%s", rules)
	}
}
