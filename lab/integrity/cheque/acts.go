package cheque

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"quintain/attack/evasion"
	"quintain/attack/evasion/all"
	"quintain/lab"
	"quintain/ledger"
	"quintain/ml"
)

var acts = []lab.Act{
	{Name: "ask", Usage: "FILE", Doc: "Ask the head office what it reads in a file of images, one question for each", Run: ask},
	{Name: "search", Usage: "EPS QUERIES", Doc: "Search black.csv from scores alone: square attack on office.csv, with so much change and at most so many questions for each image", Run: search},
	{Name: "deposit", Usage: "FILE", Doc: "Hand a slip in at the branch", Run: deposit},
}

// callAsk is the name of a question in the ledger.
const callAsk = "office.read"

// note appends to the ledger.
func note(a *lab.Attempt, kind, name string, args any) error {
	b, err := json.Marshal(args)
	if err != nil {
		return err
	}
	_, err = a.Ledger.Append(ledger.Event{Kind: kind, Actor: "learner", Name: name, Args: b})
	return err
}

// maxAsked is how many images a file to be asked about may have.
const maxAsked = 1000

func ask(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) != 1 {
		return lab.Faultf("", "want one file of images, such as office.csv")
	}
	t, err := a.Table(args[0])
	if err != nil {
		return err
	}
	if t.Rows() > maxAsked || len(t.Features) != side*side {
		return lab.Faultf(args[0], "has %d images of %d pixels, want at most %d of %d", t.Rows(), len(t.Features), maxAsked, side*side)
	}
	m, err := office(ctx, a)
	if err != nil {
		return err
	}
	b := ml.Batch{X: t.X, Dim: side * side, Y: t.Y}
	if err := note(a, ledger.KindCall, callAsk, inquiry{Images: b.Rows()}); err != nil {
		return err
	}
	read, err := reads(ctx, m, b)
	if err != nil {
		return err
	}
	wrong := 0
	for i, y := range read {
		p, err := lab.Probabilities(ctx, m, b.Pick([]int{i}), max(y, 0))
		if err != nil {
			return err
		}
		mark := ""
		if y != int(b.Y[i]) {
			wrong++
			mark = "  not the label"
		}
		fmt.Fprintf(out, "image %d: %d, probability %.3f%s\n", i+1, y, p[0], mark)
	}
	fmt.Fprintf(out, "%d of %d are read otherwise than labeled\n", wrong, b.Rows())
	return nil
}

// answers is a model of which nothing is seen but what it says.
type answers struct{ ml.Oracle }

// find returns an attack by its name.
func find(name string) (*evasion.Attack, error) {
	at := slices.IndexFunc(all.Attacks, func(k *evasion.Attack) bool { return k.Name == name })
	if at < 0 {
		return nil, fmt.Errorf("there is no attack %q", name)
	}
	return all.Attacks[at], nil
}

// square mounts the square attack. Pixels move by at most eps, within 0 and 1.
func square(ctx context.Context, m ml.Oracle, b ml.Batch, eps float64, queries int, seed uint64) (evasion.Result, error) {
	k, err := find("attack/evasion/square")
	if err != nil {
		return evasion.Result{}, err
	}
	ball := evasion.Ball{Low: make([]float32, b.Dim)}
	for range b.Dim {
		ball.Radius, ball.High = append(ball.Radius, float32(eps)), append(ball.High, 1)
	}
	r, err := k.Run(ctx, &evasion.Trial{Model: m, Batch: b, Ball: ball, Budget: evasion.Budget{Queries: queries}, Seed: seed})
	r.Adv.Y = b.Y
	return r, err
}

func search(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) != 2 {
		return lab.Faultf("", "want the largest change and the number of questions, such as 0.1 500")
	}
	eps, err := strconv.ParseFloat(args[0], 64)
	queries, err2 := strconv.Atoi(args[1])
	if err != nil || err2 != nil || !(eps > 0 && eps <= 1) || queries < 1 || queries > 500 {
		return lab.Faultf("", "want a change above 0 and at most 1, and 1 to 500 questions for each image; the head office answers no more")
	}
	m, err := office(ctx, a)
	if err != nil {
		return err
	}
	b, err := black.images(ctx, a)
	if err != nil {
		return err
	}
	r, err := square(ctx, answers{m}, b, eps, queries, a.Seed("search"))
	if err != nil {
		return err
	}
	file, asked := table(r.Adv), 0
	for _, n := range r.Queries {
		asked += n
	}
	if err := note(a, ledger.KindCall, callAsk, inquiry{Images: asked, Made: digest(file), Epsilon: args[0]}); err != nil {
		return err
	}
	if err := (&lab.Setup{Attempt: a}).Write(black.changed, file); err != nil {
		return err
	}
	wrong, err := misread(ctx, m, r.Adv)
	fmt.Fprintf(out, "black.csv: %d of %d images misread, %.1f questions for each\n", wrong, b.Rows(), float64(asked)/float64(b.Rows()))
	return err
}

// deposit reads a slip as the branch does. Seven payers have told the bank their
// amounts; a slip that differs from those, or that shows its alteration, goes
// to a clerk.
func deposit(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) != 1 {
		return lab.Faultf("", "want the file of a slip, such as altered.csv")
	}
	got, given, err := slip.handed(ctx, a, args[0])
	if err != nil {
		return err
	}
	m, err := scanner(ctx, a)
	if err != nil {
		return err
	}
	read, err := reads(ctx, m, got)
	if err != nil {
		return err
	}
	written := make([]int, len(given.Y))
	for i, y := range given.Y {
		written[i] = int(y)
	}
	why := ""
	if d, image := far(got, given); d > visible+rounding {
		why = fmt.Sprintf("a stain shows on image %d, where more than %.2f of a pixel changed", image, visible)
	}
	var pays []payment
	for c := range cheques {
		p := payment{Cheque: c + 1, Amount: amount(read[c*figures : (c+1)*figures]), Written: amount(written[c*figures : (c+1)*figures])}
		fmt.Fprintf(out, "cheque %d is read as %s\n", p.Cheque, p.Amount)
		switch {
		case strings.Contains(p.Amount, "?"):
			why = fmt.Sprintf("cheque %d cannot be read", p.Cheque)
		case p.Amount != p.Written && c != own(a):
			why = fmt.Sprintf("the payer of cheque %d has announced another amount", p.Cheque)
		}
		pays = append(pays, p)
	}
	if why != "" {
		fmt.Fprintf(out, "the slip goes to a clerk: %s\n", why)
		return note(a, ledger.KindChange, "slip.refused", map[string]string{"why": why})
	}
	for _, p := range pays {
		if err := note(a, ledger.KindChange, "payment.booked", p); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "the slip is booked")
	return nil
}

// amount writes digits as a number; a pixel soup that is no digit is a question
// mark.
func amount(digits []int) string {
	var out strings.Builder
	for _, d := range digits {
		if d < 0 {
			out.WriteByte('?')
			continue
		}
		out.WriteString(strconv.Itoa(d))
	}
	return out.String()
}
