package ledger_test

import (
	"testing"

	"quintain/ledger"
)

// The first and the last of every row, and what is in none.
func TestLookalikes(t *testing.T) {
	d := ledger.Decodings[len(ledger.Decodings)-1]
	for in, want := range map[string]string{
		"ÀÿĀſ":       "AyAs",
		"ÑŁžÆ":       "NLzA",
		"ΑϺοϲ":       "AMoc",
		"АӀаү":       "AIay",
		"ѕрасе":      "space",
		"ℂℊℯÅ":       "CgeA",
		"⁰🄌ᴀᴢ":       "00AZ",
		"ᴬᵂᵃᶻ":       "AWaz",
		"！Ａｚ～":       "!Az~",
		"𝐀𝐙𝐚𝐳𝙰𝚣":     "AZazAz",
		"𝟎𝟗𝟘𝟿":       "0909",
		"①⑨❶❾➀➈➊➒⓵⓽": "1919191919",
		"⑴⑼⒜⒵ⒶⓏⓐⓩ":   "19azAZaz",
		"⁴⁹₀₉²³":     "490923",
		"🄐🄩🄰🅉🅐🅩🅰🆉🇦🇿":               "AZAZAZAZAZ",
		"٠٩۰۹०९０９":                 "09090909",
		"e\u0301x\u20e3\u0336":     "ex",
		"\U000e0041\U000e007e":     "A~",
		"\ufe00\ufe0f\U000e0131":   "\x00\x0fA",
		"日本 × ÷ ŉ":                 "日本 × ÷ ŉ",
		"\xff\xfe?":                "\xff\xfe?",
		"ASCII is left as it is^`": "",
	} {
		if got := d.Decode(in); got != want {
			t.Errorf("Decode(%q) = %q, want %q", in, got, want)
		}
	}
}
