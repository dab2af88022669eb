package record_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"quintain"
	"quintain/record"
)

func finding(check, summary string) quintain.Finding {
	return quintain.Finding{Check: check, Summary: summary}
}

func TestMemoryOrder(t *testing.T) {
	in := []quintain.Finding{finding("b/x", "2"), finding("a/x", "1"), finding("b/x", "1"), finding("a/x", "0")}
	want := []quintain.Finding{finding("a/x", "0"), finding("a/x", "1"), finding("b/x", "1"), finding("b/x", "2")}
	for shift := range in {
		m := record.NewMemory()
		for i := range in {
			if err := m.Record(in[(i+shift)%len(in)]); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want, m.Findings()); diff != "" {
			t.Errorf("shift %d: Findings() differ (-want +got):\n%s", shift, diff)
		}
	}
}

func TestMemoryRefuses(t *testing.T) {
	m := record.NewMemory()
	if err := m.Record(quintain.Finding{Check: "a/b", Summary: "x", Outcome: quintain.Pass}); err == nil {
		t.Error("a pass without evidence is recorded")
	}
	if got := m.Findings(); len(got) != 0 {
		t.Errorf("Findings() = %v, want none", got)
	}
	if _, err := m.Attach(t.Context(), "x/y", bytes.NewReader(make([]byte, record.MaxBlob+1))); err == nil {
		t.Error("an attachment over the limit is kept")
	}
}

func TestTee(t *testing.T) {
	a, b := record.NewMemory(), record.NewMemory()
	rec := record.Tee(a, b)
	if err := rec.Record(finding("a/b", "x")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := rec.Describe(quintain.Component{Kind: quintain.KindArtifact, Name: "m"}); err != nil {
			t.Fatal(err)
		}
	}
	d, err := rec.Attach(t.Context(), "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	if want := quintain.DigestOf([]byte("hello")); d != want {
		t.Errorf("Attach = %s, want %s", d, want)
	}
	for _, m := range []*record.Memory{a, b} {
		if len(m.Findings()) != 1 || len(m.Components()) != 1 {
			t.Errorf("a recorder behind the tee has %d findings and %d components, want 1 and 1", len(m.Findings()), len(m.Components()))
		}
		if blob, ok := m.Blob(d); !ok || string(blob.Data) != "hello" || blob.MediaType != "text/plain" {
			t.Errorf("Blob(%s) = %v, %v", d, blob, ok)
		}
	}
}
