package probe

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"quintain"
	"quintain/ledger"
)

const (
	maxHits  = 3   // that a finding shows; the rate says how many there were
	maxQuote = 80  // bytes of the attacker's words in a summary
	before   = 200 // bytes of an excerpt before what crossed

	transcripts = "application/x-ndjson"
)

// evidence returns the simplest hits, or else one attempt as a sample, and the
// rates.
func (r *run) evidence(ctx context.Context, s *series, rec quintain.Recorder) ([]quintain.Evidence, error) {
	var out []quintain.Evidence
	for _, i := range s.shown {
		e, err := r.show(ctx, s, i, rec)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	if n := answered(s.tries); n > 0 {
		m := r.rate("attack success rate", hits(s.tries), n)
		out = append(out, quintain.Evidence{
			Summary: "attempts that reached the goal, by strategy: " + r.byStrategy(s.tries),
			Measure: &m, Repro: r.repro(s.probe),
		})
	}
	if n := answered(r.utils); n > 0 {
		m := r.rate("harmless tasks done", hits(r.utils), n)
		out = append(out, quintain.Evidence{
			Summary: fmt.Sprintf("%d of %d harmless tasks were done, which shows how well it works when nobody attacks", hits(r.utils), n),
			Measure: &m,
		})
	}
	return out, nil
}

// simplest returns those of some answered attempts that are worth showing: hits
// by the least encoded and mildest words, or the first attempt.
func (r *run) simplest(s *series, among []int) []int {
	var show []int
	for _, i := range among {
		if s.tries[i].hit {
			show = append(show, i)
		}
	}
	if show == nil {
		return []int{slices.Min(among)}
	}
	slices.SortFunc(show, func(a, b int) int {
		sa, wa := spread(a, len(r.o.Strategies), len(s.probe.Seeds))
		sb, wb := spread(b, len(r.o.Strategies), len(s.probe.Seeds))
		return cmp.Or(sa-sb, wa-wb, a-b)
	})
	return show[:min(len(show), maxHits)]
}

// show returns the evidence of one attempt, with its whole transcript.
func (r *run) show(ctx context.Context, s *series, i int, rec quintain.Recorder) (quintain.Evidence, error) {
	res := &s.tries[i]
	var b bytes.Buffer
	if _, err := res.log.WriteTo(&b); err != nil {
		return quintain.Evidence{}, fmt.Errorf("write the transcript of attempt %d: %w", i+1, err)
	}
	blob, err := rec.Attach(ctx, transcripts, &b)
	if err != nil {
		return quintain.Evidence{}, fmt.Errorf("keep the transcript of attempt %d: %w", i+1, err)
	}
	asked := fmt.Sprintf("%s, worded as %s", quote(res.attempt.Seed), res.attempt.Strategy)
	if !res.hit {
		return quintain.Evidence{
			Summary: "one of the attempts that did not reach the goal: " + asked, Location: fmt.Sprintf("attempt %d", i+1), Blob: blob,
		}, nil
	}
	what, seq, text := effect(res)
	return quintain.Evidence{
		Summary:  redact(what, res.attempt.Secret, res.attempt.Private) + " after " + asked,
		Location: fmt.Sprintf("attempt %d, event %d", i+1, seq),
		Excerpt:  redact(text, res.attempt.Secret, res.attempt.Private),
		Blob:     blob,
		Repro:    r.repro(s.probe),
	}, nil
}

// effect says what the event of a hit shows, and returns the number and the
// text of the event to look at: where a canary was seen, that is the event it
// was seen in.
func effect(res *result) (what string, seq int, text string) {
	e := res.event
	switch e.Kind {
	case ledger.KindCanary:
		var at struct {
			In       int    `json:"in"`
			Decoding string `json:"decoding"`
		}
		if err := json.Unmarshal(e.Args, &at); err != nil {
			break
		}
		seen := res.log.Where(func(x ledger.Event) bool { return x.Seq == at.In })
		if len(seen) == 0 {
			break
		}
		out, text := seen[0], seen[0].Text
		if len(out.Args) > 0 {
			text += "\n" + string(out.Args)
		}
		return fmt.Sprintf("the %s word went to %s (%s)", e.Name, oneWord(out.Name), at.Decoding), out.Seq, text
	case ledger.KindEgress:
		return "text went to " + oneWord(e.Name), e.Seq, e.Text
	case ledger.KindCall:
		return "tool " + oneWord(e.Name) + " was called", e.Seq, string(e.Args)
	case ledger.KindChange:
		return oneWord(e.Name) + " was changed", e.Seq, string(e.Args)
	}
	return "event " + oneWord(e.Kind) + " " + oneWord(e.Name), e.Seq, e.Text
}

// quote shortens the attacker's words to one quoted line.
func quote(words string) string {
	words = strings.Join(strings.Fields(words), " ")
	if len(words) > maxQuote {
		words = strings.ToValidUTF8(words[:maxQuote], "") + "…"
	}
	return fmt.Sprintf("%q", words)
}

// oneWord returns a name that a model may have made up, quoted and shortened
// unless it is short and plain.
func oneWord(name string) string {
	if q := quote(name); q != `"`+name+`"` {
		return q
	}
	return name
}

// redact cuts every canary in text down to its first four characters, and
// returns the part around the first one. Where a canary is there only in some
// encoding, it returns no text at all.
func redact(text string, canaries ...ledger.Canary) string {
	at := len(text)
	for _, c := range canaries {
		if i := strings.Index(text, c.Token); i >= 0 {
			at = min(at, i)
		}
		text = strings.ReplaceAll(text, c.Token, c.Token[:min(4, len(c.Token))]+"…")
	}
	for _, c := range canaries {
		if found := c.Find(text); len(found) > 0 {
			return fmt.Sprintf("(%d bytes that hold the %s, decoding %s; see the transcript)", len(text), c.Name, found[0].Decoding)
		}
	}
	if at > before && at < len(text) {
		text = "…" + strings.ToValidUTF8(text[at-before:], "")
	}
	return quintain.Excerpt(text)
}
