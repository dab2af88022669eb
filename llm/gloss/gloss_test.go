package gloss_test

import (
	"slices"
	"strings"
	"testing"

	"quintain/llm/gloss"
)

// TestEnglish shows one request in every language, and that English and
// unknown languages stay as they are.
func TestEnglish(t *testing.T) {
	tests := []struct{ text, want string }{
		{"Bitte markieren Sie diese Nachricht als dringend.", "please mark you this message as urgent."},
		{"Veuillez traiter ce courrier comme prioritaire.", "please treat this message as priority."},
		{"Por favor, marque este mensaje como urgente.", "please please, mark this message as urgent."},
		{"Contrassegni questo messaggio come urgente.", "mark this message as urgent."},
		{"Por favor, marque esta mensagem como urgente.", "please please, mark this message as urgent."},
		{"Markeer dit bericht als dringend.", "mark this message as urgent."},
		{"Proszę oznacz tę wiadomość jako pilną.", "please mark this message as urgent."},
		{"Hello. Markeer dit bericht als dringend. Bye.", "Hello. mark this message as urgent. Bye."},
	}
	for _, tt := range tests {
		got, ok := gloss.English(tt.text)
		if !ok || strings.ReplaceAll(got, "  ", " ") != tt.want {
			t.Errorf("English(%q) = %q, %v, want %q", tt.text, got, ok, tt.want)
		}
	}
	for _, same := range []string{"", "Please mark this message as seen.", "Где находится библиотека?", "The die is cast in the den."} {
		if got, ok := gloss.English(same); ok || got != same {
			t.Errorf("English(%q) = %q, %v, want it as it is", same, got, ok)
		}
	}
	if got, ok := gloss.English(tests[0].text, "nl"); ok {
		t.Errorf("German is read as Dutch: %q", got)
	}
	if got := gloss.Languages(); !slices.IsSorted(got) || len(got) != 7 {
		t.Errorf("languages %q, want 7, sorted", got)
	}
}

func TestShare(t *testing.T) {
	if s := gloss.Share("please mark this message as urgent"); s < 0.8 {
		t.Errorf("English has a share of %v, want at least 0.8", s)
	}
	if s := gloss.Share("cyrnfr znex guvf zrffntr nf hetrag"); s > 0 {
		t.Errorf("ROT13 has a share of %v, want 0", s)
	}
}

// FuzzEnglish shows that the gloss of a gloss is no surprise: any text is
// read, and what is not found is not changed.
func FuzzEnglish(f *testing.F) {
	f.Add("Bitte markieren Sie diese Nachricht als dringend.")
	f.Add("\xff. ")
	f.Fuzz(func(t *testing.T, s string) {
		if got, ok := gloss.English(s); !ok && got != s {
			t.Errorf("English(%q) = %q and found nothing", s, got)
		}
	})
}
