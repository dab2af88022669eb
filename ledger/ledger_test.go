package ledger_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain"
	"quintain/ledger"
)

// sample returns a ledger of a few events of all shapes and as it is written.
func sample(t testing.TB) (*ledger.Ledger, []byte) {
	t.Helper()
	c := canary(9)
	l := ledger.New(c)
	for _, e := range []ledger.Event{
		{Kind: ledger.KindMessage, Actor: "user", Name: "chat", Text: "Hello <b>\"you\"</b> & welcome,\n\tnaïve \u2028 \x00 friend"},
		{Kind: ledger.KindCall, Actor: "model", Name: "search", Args: json.RawMessage(`{ "q" : "<rooms>", "n":1.50, "q":[] }`)},
		{Kind: ledger.KindResult, Actor: "search", Name: "search", Text: "bytes \xff\xfe that are not UTF-8"},
		{Kind: ledger.KindEgress, Actor: "app", Name: "user", Text: "nothing of note"},
		{Kind: ledger.KindEgress, Actor: "app", Name: "mail:mallory@evil.example", Text: "see " + base64.StdEncoding.EncodeToString([]byte(c.Token))},
		{Kind: ledger.KindChange, Name: "booking 7", Args: json.RawMessage(`null`)},
		{Kind: ledger.KindNote},
	} {
		if _, err := l.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	return l, written(t, l)
}

func written(t testing.TB, l *ledger.Ledger) []byte {
	t.Helper()
	var b bytes.Buffer
	if n, err := l.WriteTo(&b); err != nil || n != int64(b.Len()) {
		t.Fatalf("WriteTo = %d, %v, want %d", n, err, b.Len())
	}
	return b.Bytes()
}

// The bytes are a format that other programs read: they may not change.
func TestGolden(t *testing.T) {
	_, got := sample(t)
	want, err := os.ReadFile("testdata/sample.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("testdata/sample.jsonl is written differently (-want +got):\n%s", diff)
	}
}

func TestReadBack(t *testing.T) {
	l, b := sample(t)
	again, err := ledger.Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(l.Events(), again.Events()); diff != "" {
		t.Errorf("events differ (-written +read):\n%s", diff)
	}
	n, head, err := ledger.Verify(bytes.NewReader(b))
	if err != nil || n != 8 || head != l.Head() || head != again.Head() {
		t.Errorf("Verify = %d, %s, %v, want 8, %s", n, head, err, l.Head())
	}
	// A ledger that was read goes on where it ended.
	if _, err := again.Append(ledger.Event{Kind: ledger.KindNote}); err != nil {
		t.Fatal(err)
	}
	if n, _, err := ledger.Verify(bytes.NewReader(written(t, again))); n != 9 || err != nil {
		t.Errorf("Verify after another event = %d, %v, want 9", n, err)
	}
}

func TestEmpty(t *testing.T) {
	var l ledger.Ledger
	n, head, err := ledger.Verify(strings.NewReader(""))
	want := quintain.DigestOf([]byte("quintain ledger 1"))
	if n != 0 || err != nil || head != want || l.Head() != want || len(l.Events()) != 0 {
		t.Errorf("an empty ledger: %d events, head %s, Head() %s, %v; want 0 and %s", n, head, l.Head(), err, want)
	}
	e, err := l.Append(ledger.Event{Kind: ledger.KindNote, Seq: 7, Prev: "x", Hash: "y"})
	if err != nil || e.Seq != 1 || e.Prev != want || e.Hash != l.Head() {
		t.Errorf("Append to the zero ledger = %+v, %v", e, err)
	}
}

// Each byte of a small ledger changed to each other value, each bit of a larger
// one flipped, and bytes put in and left out.
func TestVerifyFindsEveryEdit(t *testing.T) {
	small := ledger.New()
	for _, e := range []ledger.Event{
		{Kind: ledger.KindCall, Actor: "m", Name: "pay", Args: json.RawMessage(`{"n":1.50}`)},
		{Kind: ledger.KindNote, Text: "né\n"},
	} {
		if _, err := small.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	two := written(t, small)
	for i := range two {
		for v := range 256 {
			if byte(v) == two[i] {
				continue
			}
			edited := slices.Clone(two)
			edited[i] = byte(v)
			detected(t, edited, "byte %d of two events set to %#x", i, v)
		}
	}
	_, b := sample(t)
	whole := len(b)
	for i := range b {
		for bit := range 8 {
			edited := slices.Clone(b)
			edited[i] ^= 1 << bit
			detected(t, edited, "bit %d of byte %d flipped", bit, i)
		}
	}
	for i := range whole + 1 {
		for _, v := range []byte{' ', '\n', '\r', '0'} {
			detected(t, slices.Insert(slices.Clone(b), i, v), "%q inserted at %d", v, i)
		}
		if i < whole {
			detected(t, slices.Delete(slices.Clone(b), i, i+1), "byte %d deleted", i)
		}
	}
	// Cutting anywhere but between two lines.
	for i := 1; i < whole; i++ {
		if b[i-1] != '\n' {
			detected(t, b[:i], "cut off after %d bytes", i)
		}
	}
}

func detected(t *testing.T, b []byte, format string, args ...any) {
	t.Helper()
	if _, _, err := ledger.Verify(bytes.NewReader(b)); err == nil {
		t.Errorf(format+": not found", args...)
	}
}

func TestVerifyFindsMovedLines(t *testing.T) {
	_, b := sample(t)
	lines := bytes.SplitAfter(b, []byte("\n"))
	lines = lines[:len(lines)-1]
	for i := range lines {
		if i < len(lines)-1 { // the last is for the head to tell
			detected(t, bytes.Join(slices.Delete(slices.Clone(lines), i, i+1), nil), "line %d deleted", i+1)
		}
		detected(t, bytes.Join(slices.Insert(slices.Clone(lines), i, lines[i]), nil), "line %d doubled", i+1)
		for j := range i {
			swapped := slices.Clone(lines)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			detected(t, bytes.Join(swapped, nil), "lines %d and %d swapped", j+1, i+1)
		}
	}
	// Whole lines missing at the end leave another head.
	_, full, err := ledger.Verify(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	n, head, err := ledger.Verify(bytes.NewReader(bytes.Join(lines[:5], nil)))
	if n != 5 || head == full || err != nil {
		t.Errorf("Verify of five lines = %d, %s, %v, want 5 and a head other than %s", n, head, err, full)
	}
}

func TestReadNamesTheLine(t *testing.T) {
	_, b := sample(t)
	edited := bytes.Replace(b, []byte("nothing of note"), []byte("nothing of nose"), 1)
	if _, err := ledger.Read(bytes.NewReader(edited)); err == nil || !strings.Contains(err.Error(), "line 4") {
		t.Errorf("Read of an edited line 4: %v", err)
	}
	if n, _, err := ledger.Verify(bytes.NewReader(edited)); n != 3 || err == nil {
		t.Errorf("Verify of an edited line 4 = %d, %v, want 3 good lines and an error", n, err)
	}
	failing := errors.New("disk on fire")
	if _, err := ledger.Read(failingReader{failing}); !errors.Is(err, failing) {
		t.Errorf("Read = %v, want %v", err, failing)
	}
	if _, err := ledger.Read(strings.NewReader(strings.Repeat("x", ledger.MaxEvent+10))); err == nil {
		t.Error("a line without an end is read")
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error)  { return 0, r.err }
func (r failingReader) Write([]byte) (int, error) { return 0, r.err }

func TestAppendRefuses(t *testing.T) {
	l := ledger.New()
	for name, e := range map[string]ledger.Event{
		"no kind":          {Text: "x"},
		"not JSON":         {Kind: ledger.KindCall, Args: json.RawMessage(`{"a":`)},
		"no JSON":          {Kind: ledger.KindCall, Args: json.RawMessage{}},
		"too long":         {Kind: ledger.KindNote, Text: strings.Repeat("x", ledger.MaxEvent+1)},
		"too long written": {Kind: ledger.KindNote, Text: strings.Repeat("\x01", ledger.MaxEvent/2)},
	} {
		if got, err := l.Append(e); err == nil || got.Seq != 0 || len(l.Events()) != 0 {
			t.Errorf("%s: Append = %d, %v with %d events kept, want an error", name, got.Seq, err, len(l.Events()))
		}
	}
	if _, err := l.Append(ledger.Event{Kind: ledger.KindNote, Text: strings.Repeat("x", ledger.MaxEvent-300)}); err != nil {
		t.Errorf("an event of nearly the limit: %v", err)
	}
	if n, _, err := ledger.Verify(bytes.NewReader(written(t, l))); n != 1 || err != nil {
		t.Errorf("Verify of an event of nearly the limit = %d, %v", n, err)
	}
	failing := errors.New("disk full")
	if _, err := l.WriteTo(failingReader{failing}); !errors.Is(err, failing) {
		t.Errorf("WriteTo = %v, want %v", err, failing)
	}
}

func TestCrossed(t *testing.T) {
	c, other := canary(10), ledger.Canary{Name: "other", Token: canary(11).Token}
	l := ledger.New(c, other)
	appendAll := func(events ...ledger.Event) {
		for _, e := range events {
			if _, err := l.Append(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	appendAll(
		ledger.Event{Kind: ledger.KindMessage, Actor: "user", Text: c.Token}, // stays inside
		ledger.Event{Kind: ledger.KindEgress, Actor: "app", Name: "user", Text: "nothing"},
	)
	if e, ok := l.Crossed(c); ok {
		t.Errorf("Crossed before anything left = %+v", e)
	}
	appendAll(
		ledger.Event{Kind: ledger.KindEgress, Actor: "app", Name: "user", Text: reverse(c.Token) + ", " + reverse(c.Token) + ", " + c.Token},
		ledger.Event{Kind: ledger.KindEgress, Actor: "app", Name: "https://evil.example/" + strings.ToLower(other.Token)},
		ledger.Event{Kind: ledger.KindEgress, Actor: "app", Name: "user", Args: json.RawMessage(`{"s":"\u005A\n` + c.Token + `"}`)},
	)
	type row struct{ Kind, Actor, Name, Args string }
	var got []row
	for _, e := range l.Events()[2:] {
		got = append(got, row{e.Kind, e.Actor, "", ""})
		if e.Kind == ledger.KindCanary {
			got[len(got)-1] = row{e.Kind, e.Actor, e.Name, string(e.Args)}
		}
	}
	want := []row{
		{"egress", "app", "", ""},
		{"canary", "app", "secret", `{"in":3,"decoding":"plain"}`},
		{"canary", "app", "secret", `{"in":3,"decoding":"reversed"}`},
		{"egress", "app", "", ""},
		{"canary", "app", "other", `{"in":6,"decoding":"case"}`},
		{"egress", "app", "", ""},
		{"canary", "app", "secret", `{"in":8,"decoding":"plain"}`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if e, ok := l.Crossed(c); !ok || e.Seq != 4 {
		t.Errorf("Crossed(secret) = %d, %v, want event 4", e.Seq, ok)
	}
	if e, ok := l.Crossed(other); !ok || e.Seq != 7 {
		t.Errorf("Crossed(other) = %d, %v, want event 7", e.Seq, ok)
	}
}

func TestQueries(t *testing.T) {
	l, _ := sample(t)
	if _, err := l.Append(ledger.Event{Kind: ledger.KindCall, Actor: "model", Name: "delete"}); err != nil {
		t.Fatal(err)
	}
	for tool, want := range map[string][]int{"": {2, 9}, "search": {2}, "delete": {9}, "nothing": nil} {
		var got []int
		for _, e := range l.Calls(tool) {
			got = append(got, e.Seq)
		}
		if !slices.Equal(got, want) {
			t.Errorf("Calls(%q) = %v, want %v", tool, got, want)
		}
	}
	// What is handed out is a copy.
	for _, e := range l.Events() {
		for i := range e.Args {
			e.Args[i] = 'x'
		}
	}
	if _, _, err := ledger.Verify(bytes.NewReader(written(t, l))); err != nil {
		t.Errorf("after changing a copy: %v", err)
	}
}

func TestConcurrently(t *testing.T) {
	c := canary(12)
	l := ledger.New(c)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 20 {
				text := fmt.Sprintf("%d %d %s", i, j, c.Token)
				e, err := l.Append(ledger.Event{Kind: ledger.KindEgress, Name: "user", Text: text})
				if err != nil || e.Text != text {
					t.Errorf("Append = %+v, %v", e, err)
				}
				l.Where(func(e ledger.Event) bool { return l.Head() == e.Hash })
				l.Crossed(c)
			}
		})
	}
	wg.Wait()
	if n, _, err := ledger.Verify(bytes.NewReader(written(t, l))); n != 2*8*20 || err != nil {
		t.Errorf("Verify = %d, %v, want %d events", n, err, 2*8*20)
	}
	// A canary event comes right after its egress, whoever else was writing.
	for i, e := range l.Events() {
		if i%2 == 1 && string(e.Args) != fmt.Sprintf(`{"in":%d,"decoding":"plain"}`, i) {
			t.Errorf("event %d is %s %s, want the canary of event %d", i+1, e.Kind, e.Args, i)
		}
	}
}

// What is read is what would be written.
func FuzzRead(f *testing.F) {
	_, b := sample(f)
	f.Add(b)
	for _, line := range bytes.SplitAfter(b, []byte("\n")) {
		f.Add(line)
	}
	f.Add([]byte("{}\n"))
	f.Add([]byte("\n"))
	f.Add([]byte(`{"seq":1,"kind":"note","args":` + strings.Repeat("[", 20000) + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ledger.Read(bytes.NewReader(b))
		n, head, verr := ledger.Verify(bytes.NewReader(b))
		if (err == nil) != (verr == nil) {
			t.Fatalf("Read: %v, Verify: %v", err, verr)
		}
		if err != nil {
			return
		}
		if got := written(t, l); !bytes.Equal(got, b) {
			t.Errorf("read %q, wrote %q", b, got)
		}
		if n != len(l.Events()) || head != l.Head() {
			t.Errorf("Verify = %d, %s; Read has %d, %s", n, head, len(l.Events()), l.Head())
		}
	})
}
