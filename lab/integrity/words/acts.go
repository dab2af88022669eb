package words

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"quintain/lab"
	"quintain/ledger"
)

var acts = []lab.Act{
	{Name: "ask", Usage: "TEXT...", Doc: "Ask the filter for the score of one or more texts; from 0 it stops a mail", Run: ask},
	{Name: "rank", Usage: "FILE", Doc: "Put each word of a file, one a line, into mail 1 and ask which lowers the score most", Run: rank},
	{Name: "insert", Usage: "WORD...", Doc: "Put words at the end of every mail of phish.csv, write evaded.csv, and ask about it", Run: insert},
	{Name: "try", Doc: "Try filter.yaml on your archive and on evaded.csv, at several thresholds", Run: tryFilter},
}

// maxAsked is how many texts can be asked about at once.
const maxAsked = 1000

// oracle is the shipped filter as anybody may ask it: texts in, scores out. The
// ledger keeps count.
func oracle(ctx context.Context, a *lab.Attempt, texts []string) ([]float64, error) {
	if len(texts) > maxAsked {
		return nil, lab.Faultf("", "%d texts at once, and the filter takes %d", len(texts), maxAsked)
	}
	k, err := learned(ctx, a)
	if err != nil {
		return nil, err
	}
	args, err := json.Marshal(map[string]int{"texts": len(texts)})
	if err != nil {
		return nil, err
	}
	if _, err := a.Ledger.Append(ledger.Event{Kind: ledger.KindCall, Actor: "learner", Name: "filter.score", Args: args}); err != nil {
		return nil, err
	}
	out := make([]float64, len(texts))
	for i, t := range texts {
		out[i] = (filter{}).tally(k, t).score()
	}
	return out, nil
}

// asked is how many questions the ledger has counted.
func asked(a *lab.Attempt) int {
	n := 0
	for _, e := range a.Ledger.Calls("filter.score") {
		var args struct{ Texts int }
		if json.Unmarshal(e.Args, &args) == nil {
			n += args.Texts
		}
	}
	return n
}

func ask(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) == 0 {
		return lab.Faultf("", "nothing to ask; put the text of a mail in quotes")
	}
	scores, err := oracle(ctx, a, args)
	if err != nil {
		return err
	}
	for i, s := range scores {
		verdict := "let through"
		if s >= 0 {
			verdict = "stopped"
		}
		fmt.Fprintf(out, "text %d: score %.2f, %s\n", i+1, s, verdict)
	}
	fmt.Fprintf(out, "%d questions so far\n", asked(a))
	return nil
}

// shown is how many words a ranking shows.
const shown = 15

func rank(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	if len(args) != 1 {
		return lab.Faultf("", "want one file of words, such as dictionary.txt")
	}
	b, err := a.File(args[0])
	if err != nil {
		return err
	}
	mails, err := phishing(ctx, a)
	if err != nil {
		return err
	}
	words := strings.Fields(string(b))
	texts := []string{mails[0].Text}
	for _, w := range words {
		texts = append(texts, mails[0].Text+" "+w)
	}
	scores, err := oracle(ctx, a, texts)
	if err != nil {
		return err
	}
	type change struct {
		word string
		by   float64
	}
	var all []change
	for i, w := range words {
		all = append(all, change{w, scores[i+1] - scores[0]})
	}
	slices.SortStableFunc(all, func(x, y change) int { return cmp.Compare(x.by, y.by) })
	fmt.Fprintf(out, "mail 1 has the score %.2f; with one more word it changes by\n", scores[0])
	for _, c := range all[:min(shown, len(all))] {
		fmt.Fprintf(out, "  %+.2f  %s\n", c.by, c.word)
	}
	fmt.Fprintf(out, "%d questions so far\n", asked(a))
	return nil
}

func insert(ctx context.Context, a *lab.Attempt, args []string, out io.Writer) error {
	mails, err := phishing(ctx, a)
	if err != nil {
		return err
	}
	var rows [][]string
	var texts []string
	for i, m := range mails {
		text := strings.Join(append([]string{m.Text}, args...), " ")
		texts = append(texts, text)
		rows = append(rows, []string{strconv.Itoa(i + 1), text})
	}
	scores, err := oracle(ctx, a, texts)
	if err != nil {
		return err
	}
	through, worst := 0, 0
	for i, s := range scores {
		if s < 0 {
			through++
		}
		if s > scores[worst] {
			worst = i
		}
	}
	if err := (&lab.Setup{Attempt: a}).Write("evaded.csv", sheet([]string{"id", "text"}, rows)); err != nil {
		return err
	}
	fmt.Fprintf(out, "evaded.csv: %d of %d mails let through with %d words more; the hardest is mail %d with %.2f\n", through, len(mails), len(args), worst+1, scores[worst])
	fmt.Fprintf(out, "%d questions so far\n", asked(a))
	return nil
}

func tryFilter(ctx context.Context, a *lab.Attempt, _ []string, out io.Writer) error {
	f, err := defended(a)
	if err != nil {
		return err
	}
	evaded, err := handed(a)
	if err != nil {
		return err
	}
	k, err := learned(ctx, a)
	if err != nil {
		return err
	}
	mails := archive(a.Source)
	fmt.Fprintf(out, "the shipped filter is right about %.3f of the archive\n", judge(k, filter{}, mails).accuracy())
	fmt.Fprintln(out, "threshold  accuracy  ham stopped  phishing missed  your attack through")
	for _, d := range []float64{-8, -6, -4, -2, 0, 2, 4, 6, 8} {
		g := f
		g.Threshold += d
		q := judge(k, g, mails)
		n, err := pass(ctx, a, g, evaded)
		if err != nil {
			return err
		}
		mark := ""
		if d == 0 {
			mark = "  filter.yaml"
		}
		fmt.Fprintf(out, "%9.2f  %8.3f  %11.3f  %15.3f  %11d of %d%s\n", g.Threshold, q.accuracy(),
			float64(q.stopped)/float64(q.ham), float64(q.missed)/float64(q.phish), n, len(evaded), mark)
	}
	return nil
}
