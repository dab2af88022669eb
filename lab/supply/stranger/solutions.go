package stranger

import (
	"bytes"
	"context"
	"strconv"

	"quintain/lab"
	"quintain/lab/internal/artifact"
	"quintain/scan/sheet"
)

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "read, decode, convert", Pass: true, Make: func(ctx context.Context, w *lab.Setup) error {
		return solve(ctx, w, truth(w))
	}},
	{Name: "an empty folder", Fails: "a/callable", Make: func(_ context.Context, w *lab.Setup) error {
		names, err := w.Files()
		if err != nil {
			return err
		}
		for _, n := range names {
			if err := w.Remove(n); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "answers of a neighbor", Fails: "a/callable", Make: func(ctx context.Context, w *lab.Setup) error {
		g := newWorld(lab.NewSource(lab.DeriveKey([]byte("neighbor"), "x", "S01", int(w.Seed("neighbor")%1000)))).gadget
		return solve(ctx, w, findingsOf(g))
	}},
	{Name: "a hostile findings file", Fails: "a/callable", Make: func(_ context.Context, w *lab.Setup) error {
		return w.Write(answers, append([]byte("a: &a [x,x]\nb: &b [*a,*a]\ncallable: "), bytes.Repeat([]byte("["), 1<<16)...))
	}},
	{Name: "the resolver named instead of what it finds", Fails: "a/callable", Make: func(ctx context.Context, w *lab.Setup) error {
		f := truth(w)
		f.Callable = "builtins.getattr"
		return solve(ctx, w, f)
	}},
	{Name: "the offset of the import", Fails: "a/offset", Make: func(ctx context.Context, w *lab.Setup) error {
		f := truth(w)
		f.Offset = strconv.Itoa(newWorld(w.Source).gadget.Offset - 1)
		return solve(ctx, w, f)
	}},
	{Name: "the indicator left encoded", Fails: "a/ioc", Make: func(ctx context.Context, w *lab.Setup) error {
		f := truth(w)
		f.Indicator = newWorld(w.Source).gadget.Encoded
		return solve(ctx, w, f)
	}},
	{Name: "loaded to see what happens", Fails: "a/canary", Make: func(ctx context.Context, w *lab.Setup) error {
		if err := w.Act(ctx, "load"); err != nil {
			return err
		}
		return solve(ctx, w, truth(w))
	}},
	{Name: "loaded with torch in the folder", Fails: "a/canary", Make: func(ctx context.Context, w *lab.Setup) error {
		if err := w.Writef(newWorld(w.Source).gadget.Canary, ""); err != nil {
			return err
		}
		return solve(ctx, w, truth(w))
	}},
	{Name: "saved again as a pickle", Fails: "b/format", Make: func(ctx context.Context, w *lab.Setup) error {
		if err := solve(ctx, w, truth(w)); err != nil {
			return err
		}
		t := newWorld(w.Source).tensors
		return w.Write(clean, artifact.Checkpoint(artifact.NewProgram(2).StateDict(t, nil).End(), t))
	}},
	{Name: "a header that claims the moon", Fails: "b/format", Make: func(ctx context.Context, w *lab.Setup) error {
		if err := solve(ctx, w, truth(w)); err != nil {
			return err
		}
		return w.Write(clean, []byte("\xff\xff\xff\xff\xff\xff\xff\x7f{}"))
	}},
	{Name: "a tensor dropped", Fails: "b/tensors", Make: func(ctx context.Context, w *lab.Setup) error {
		if err := solve(ctx, w, truth(w)); err != nil {
			return err
		}
		t := newWorld(w.Source).tensors
		return w.Write(clean, artifact.Safetensors(t[1:]))
	}},
	{Name: "weights rounded on the way", Fails: "b/tensors", Make: func(ctx context.Context, w *lab.Setup) error {
		if err := solve(ctx, w, truth(w)); err != nil {
			return err
		}
		t := newWorld(w.Source).tensors
		for i := range t[0].Data {
			t[0].Data[i] = float32(int(t[0].Data[i]*1000)) / 1000
		}
		return w.Write(clean, artifact.Safetensors(t))
	}},
}

func truth(w *lab.Setup) findings { return findingsOf(newWorld(w.Source).gadget) }

func findingsOf(g *artifact.Gadget) findings {
	return findings{Member: g.Member, Callable: g.Accept[0], Argument: g.Argument, Offset: "0x" + strconv.FormatInt(int64(g.Offset), 16), Indicator: g.Indicator}
}

// solve writes findings, and converts the checkpoint as the command does.
func solve(ctx context.Context, w *lab.Setup, f findings) error {
	err := w.Writef(answers, "member: %q\ncallable: %q\nargument: %q\noffset: %q\nindicator: %q\n", f.Member, f.Callable, f.Argument, f.Offset, f.Indicator)
	if err != nil {
		return err
	}
	b, err := w.File("model.pt")
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if _, _, err := sheet.Convert(ctx, bytes.NewReader(b), int64(len(b)), &out, false); err != nil {
		return err
	}
	return w.Write(clean, out.Bytes())
}
