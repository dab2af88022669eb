package readers

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"quintain/lab"
	"quintain/llm/gloss"
)

// steps is the reference: what hides first, then what wraps, then once more
// what hides within, and the dictionary last.
const steps = "strip-invisible, decode-base64, decode-hex, decode-rot13, nfkc, strip-invisible, strip-marks, fold-homoglyphs, join-split, translate"

// solutions are the reference, and the ways in which people get it wrong.
var solutions = []lab.Solution{
	{Name: "five mismatches, normalized at the door", Pass: true, Make: both(steps, "any", "")},
	{Name: "deny every non-ASCII message", Fails: "b/utility", Make: both(steps, "ascii", "")},
	{Name: "deny everything that is not Latin", Fails: "b/utility", Make: both(steps, "latin", "")},
	{Name: "turn every look-alike into a Latin letter", Fails: "b/utility", Make: both(steps+", transliterate", "any", "")},
	{Name: "deny common words", Fails: "b/utility", Make: both(steps, "any", "please, good, hello, thank, thanks")},
	{Name: "the office's filter as it is", Fails: "b/own", Make: both("", "any", "")},
	{Name: "no translation", Fails: "b/own", Make: both(strings.TrimSuffix(steps, ", translate"), "any", "")},
	{Name: "the five classes and no more", Fails: "b/re-attack", Make: both("decode-base64, decode-hex, decode-rot13, strip-invisible, fold-homoglyphs, join-split, translate", "any", "")},
	{Name: "decoded last", Fails: "b/re-attack", Make: both("nfkc, strip-invisible, strip-marks, fold-homoglyphs, join-split, translate, decode-base64, decode-hex, decode-rot13", "any", "")},
	{Name: "yesterday's messages as a list", Fails: "b/re-attack", Make: memorized},
	{Name: "plain requests", Fails: "a/flag", Make: func(ctx context.Context, w *lab.Setup) error {
		for range classes {
			if err := w.Act(ctx, "send", "messages/plain.txt"); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "one mismatch five times", Fails: "a/classes", Make: func(ctx context.Context, w *lab.Setup) error {
		return attack(ctx, w, w.Source, func(string) string { return homoglyph })
	}},
	{Name: "the answers of another seed", Fails: "a/classes", Make: func(ctx context.Context, w *lab.Setup) error {
		return attack(ctx, w, lab.NewSource(lab.Key(sha256.Sum256([]byte("a neighbor")))), same)
	}},
	{Name: "a policy of 900 000 brackets", Fails: "b/utility", Make: func(ctx context.Context, w *lab.Setup) error {
		if err := attack(ctx, w, w.Source, same); err != nil {
			return err
		}
		return w.Writef("policy.yaml", "normalize: %s\n", strings.Repeat("[", 900_000))
	}},
}

func same(class string) string { return class }

// both solves stage a, and stage b with a policy.
func both(steps, alphabet, more string) func(context.Context, *lab.Setup) error {
	return func(ctx context.Context, w *lab.Setup) error {
		if err := attack(ctx, w, w.Source, same); err != nil {
			return err
		}
		return write(w, steps, alphabet, more)
	}
}

func write(w *lab.Setup, steps, alphabet, more string) error {
	deny := strings.Join(forbidden, ", ")
	if more != "" {
		deny += ", " + more
	}
	return w.Writef("policy.yaml", "normalize: [%s]\nlanguages: [%s]\nalphabet: %s\ndeny: [%s]\n", steps, strings.Join(gloss.Languages(), ", "), alphabet, deny)
}

// memorized denies what stage a was marked for, word by word.
func memorized(ctx context.Context, w *lab.Setup) error {
	if err := attack(ctx, w, w.Source, same); err != nil {
		return err
	}
	var seen []string
	for _, m := range messages(w.Ledger) {
		for part := range strings.SplitSeq(m.text, "\n\n") {
			if len(part) < 100 && len(part) > 20 {
				seen = append(seen, fmt.Sprintf("%q", strings.ReplaceAll(part, "\n", " ")))
			}
		}
	}
	return write(w, "strip-invisible", "any", strings.Join(seen, ", "))
}

// attack sends a message for each class, written in the class that as says,
// and names the classes with the tickets of a source.
func attack(ctx context.Context, w *lab.Setup, from *lab.Source, as func(class string) string) error {
	rng := w.Rand("reference")
	var out strings.Builder
	out.WriteString("tickets:\n")
	for i, c := range classes {
		name := c + ".txt"
		if err := w.Writef(name, "%s", mutated(rng, as(c), i)); err != nil {
			return err
		}
		if err := w.Act(ctx, "send", name); err != nil {
			return err
		}
		fmt.Fprintf(&out, "  - {ticket: %s, class: %s}\n", ticket(from, i+1), c)
	}
	return w.Write("answer.yaml", []byte(out.String()))
}
