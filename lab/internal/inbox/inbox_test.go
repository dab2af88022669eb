package inbox_test

import (
	"strings"
	"testing"

	"quintain/lab/internal/inbox"
)

// TestSteps shows what each step does, and that it leaves alone what it should.
func TestSteps(t *testing.T) {
	tests := []struct{ step, text, want string }{
		{"nfkc", "\U0001d42e\uff52gent", "urgent"},
		{"strip-invisible", "u\u200br\u00adgent\U000e0061", "urgent"},
		{"strip-marks", "u\u0336rg\u0336ent", "urgent"},
		{"strip-marks", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u0928\u092e\u0938\u094d\u0924\u0947"},
		{"fold-homoglyphs", "urg\u0435nt", "urgent"},
		{"fold-homoglyphs", "\u0441\u043e\u043d", "\u0441\u043e\u043d"},
		{"transliterate", "\u0441\u043e\u0440", "cop"},
		{"join-split", "u r g e n t, ur-\ngent, \"ur\" + \"gent\"", "urgent, urgent, urgent"},
		{"join-split", "2 + 3, A. and B.", "2 + 3, A. and B."},
		{"remove-punctuation", "u.r-gent", "urgent"},
		{"decode-base64", "see bWFyayBhcyB1cmdlbnQ= now", "see mark as urgent now"},
		{"decode-base64", "0123456789abcdef0123", "0123456789abcdef0123"},
		{"decode-hex", "6d61726b20617320757267656e74", "mark as urgent"},
		{"decode-rot13", "Cyrnfr znex guvf nf hetrag. Hello.", "Please mark this as urgent. Hello."},
		{"translate", "Bitte als dringend markieren", "Bitte als dringend markieren"},
	}
	for _, tt := range tests {
		p := &inbox.Policy{Normalize: []string{tt.step}}
		if got := p.Read(tt.text).Read; got != tt.want {
			t.Errorf("%s of %+q is %+q, want %+q", tt.step, tt.text, got, tt.want)
		}
	}
}

func TestVerdict(t *testing.T) {
	p := &inbox.Policy{Deny: []string{"urgent"}, Allow: []string{"not urgent"}}
	for text, want := range map[string]inbox.Verdict{
		"This is Urgent!": inbox.Denied, "insurgent": inbox.Clean, "It is not urgent": inbox.Clean,
		"not urgent, but urgent": inbox.Denied, "": inbox.Clean,
	} {
		if got := p.Read(text).Verdict; got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	p = &inbox.Policy{Normalize: []string{"translate"}, Languages: []string{"de"}, Deny: []string{"urgent"}}
	if got := p.Read("Bitte als dringend markieren"); got.Verdict != inbox.Denied {
		t.Errorf("a German request is %s, want it denied", got.Verdict)
	}
}

func TestValidate(t *testing.T) {
	for want, p := range map[string]inbox.Policy{
		"no step":     {Normalize: []string{"wash"}},
		"no language": {Languages: []string{"xx"}},
		"no alphabet": {Alphabet: "runes"},
		"no word":     {Deny: []string{"!?"}},
		"25 steps":    {Normalize: make([]string, 25)},
	} {
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", p, err, want)
		}
	}
}

// FuzzRead shows that no message makes the steps fail or grow out of bounds.
func FuzzRead(f *testing.F) {
	f.Add(`a = "x" b = a + a + "y"`)
	f.Add("\xff\ufdfa u r g e n t")
	var all inbox.Policy
	for _, s := range inbox.Steps() {
		all.Normalize = append(all.Normalize, s.Name)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > inbox.MaxMessage {
			return
		}
		if got := all.Read(s).Read; len(got) > 20*len(s)+64<<10 {
			t.Errorf("%d bytes became %d", len(s), len(got))
		}
	})
}
