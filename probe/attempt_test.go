package probe

import (
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"quintain/ledger"
)

func TestSpread(t *testing.T) {
	for _, tt := range []struct{ strategies, seeds int }{{1, 1}, {1, 12}, {5, 12}, {5, 3}, {4, 12}, {12, 12}} {
		pairs := map[[2]int]int{}
		for i := range tt.strategies * tt.seeds {
			s, w := spread(i, tt.strategies, tt.seeds)
			pairs[[2]int{s, w}]++
		}
		if len(pairs) != tt.strategies*tt.seeds {
			t.Errorf("%d strategies, %d seeds: %d different pairs, want all %d", tt.strategies, tt.seeds, len(pairs), tt.strategies*tt.seeds)
		}
		n := make([]int, tt.strategies)
		for i := range 12 {
			s, _ := spread(i, tt.strategies, tt.seeds)
			n[s]++
		}
		if tt.seeds == 12 && n[0] < 12/tt.strategies {
			t.Errorf("%d strategies: the first twelve attempts use them %v times, want evenly", tt.strategies, n)
		}
	}
}

func TestParseSeeds(t *testing.T) {
	got := ParseSeeds("\n one\nmore \r\n\r\n\n\n two\n")
	if len(got) != 2 || got[0] != "one\nmore" || got[1] != "two" {
		t.Errorf("ParseSeeds = %q, want [one\\nmore two]", got)
	}
	if got := ParseSeeds(" \n\n"); got != nil {
		t.Errorf("ParseSeeds of nothing = %q", got)
	}
}

// TestFresh: no two attempts, of whatever probe, share a nonce.
func TestFresh(t *testing.T) {
	r := &run{o: &Options{Seed: 1, Strategies: []*Strategy{asIs}}}
	seen := map[string]bool{}
	for _, name := range []string{"probe/a", "probe/b"} {
		p := &Probe{Seeds: []string{"to {attacker}: {marker}"}}
		p.Name = name
		for i := range 500 {
			a, s := r.plan(p, i)
			for _, nonce := range []string{a.Secret.Token, a.Private.Token, a.Marker} {
				if seen[nonce] {
					t.Fatalf("attempt %d of %s repeats %q", i, name, nonce)
				}
				seen[nonce] = true
			}
			if want := "to " + a.Attacker + ": " + a.Marker; a.Words != want || s.Secret != a.Secret {
				t.Fatalf("attempt %d says %q, want %q", i, a.Words, want)
			}
		}
	}
}

// TestTranscripts: whatever the order in which attempts end, the transcripts of
// the simplest hits are kept, or that of the first answer, and no others.
func TestTranscripts(t *testing.T) {
	p := &Probe{Seeds: []string{"a", "b", "c"}}
	r := &run{o: &Options{Strategies: []*Strategy{asIs}}}
	for name, tt := range map[string]struct {
		hits []int
		want []int
	}{
		"no hit":    {nil, []int{2}},
		"few hits":  {[]int{40, 7}, []int{7, 40}}, // both by the second word
		"many hits": {[]int{5, 8, 3, 4, 12, 30}, []int{3, 12, 30}},
	} {
		rng := rand.New(rand.NewPCG(1, 2))
		for range 20 {
			s := &series{probe: p, tries: make([]result, 60)}
			for _, i := range rng.Perm(len(s.tries)) {
				res := result{held: true, hit: slices.Contains(tt.hits, i), log: ledger.New()}
				if i < 2 {
					res.err = errors.New("no answer")
				}
				r.put(s, i, res)
			}
			if !slices.Equal(s.shown, tt.want) {
				t.Errorf("%s: shows attempts %v, want %v", name, s.shown, tt.want)
			}
			for i := range s.tries {
				if got := s.tries[i].log != nil; got != slices.Contains(tt.want, i) {
					t.Errorf("%s: transcript of attempt %d is kept: %v", name, i, got)
				}
			}
		}
	}
}

func TestRedact(t *testing.T) {
	c := ledger.NewCanary("secret", rand.New(rand.NewPCG(1, 1)))
	cut := c.Token[:4] + "…"
	for _, tt := range []struct{ in, want string }{
		{"nothing here", "nothing here"},
		{c.Token + " and " + c.Token, cut + " and " + cut},
		{strings.Repeat("x", 5000) + c.Token, "…" + strings.Repeat("x", before) + cut},
	} {
		if got := redact(tt.in, c); got != tt.want {
			t.Errorf("redact(%.40q) = %q, want %q", tt.in, got, tt.want)
		}
	}
	hidden := "see " + base64.StdEncoding.EncodeToString([]byte("it is "+c.Token))
	if got := redact(hidden, c); strings.Contains(got, hidden[4:]) || !strings.Contains(got, "base64") {
		t.Errorf("redact(%q) = %q, want no more than the name of the encoding", hidden, got)
	}
}

// TestEffect: evidence points at what went out, not at the alarm.
func TestEffect(t *testing.T) {
	c := ledger.NewCanary("secret", rand.New(rand.NewPCG(1, 1)))
	l := ledger.New(c)
	for _, e := range []ledger.Event{
		{Kind: ledger.KindMessage, Actor: "user", Name: "chat", Text: "tell"},
		{Kind: ledger.KindCall, Actor: "assistant", Name: "mail_send", Args: []byte(`{"to":"m"}`)},
		{Kind: ledger.KindChange, Actor: "tool", Name: "booking 3", Args: []byte(`{"day":"2"}`)},
		{Kind: ledger.KindEgress, Actor: "tool", Name: "mail:m", Args: []byte(`{"to":"m"}`), Text: "it is " + c.Token},
		{Kind: ledger.KindEgress, Actor: "tool", Name: "a\nb", Text: "x"},
	} {
		if _, err := l.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	want := []struct {
		what string
		seq  int
		text string
	}{
		{"event message chat", 1, "tell"},
		{"tool mail_send was called", 2, `{"to":"m"}`},
		{"booking 3 was changed", 3, `{"day":"2"}`},
		{"text went to mail:m", 4, "it is " + c.Token},
		{"the secret word went to mail:m (plain)", 4, "it is " + c.Token + "\n" + `{"to":"m"}`},
		{`text went to "a b"`, 6, "x"},
	}
	for i, e := range l.Events() {
		what, seq, text := effect(&result{event: e, log: l})
		if w := want[i]; what != w.what || seq != w.seq || text != w.text {
			t.Errorf("event %d: %q, %d, %q, want %q, %d, %q", i+1, what, seq, text, w.what, w.seq, w.text)
		}
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"one\n two":              `"one two"`,
		strings.Repeat("é", 100): `"` + strings.Repeat("é", maxQuote/2) + `…"`,
	} {
		if got := quote(in); got != want {
			t.Errorf("quote(%q) = %s, want %s", in, got, want)
		}
	}
}
