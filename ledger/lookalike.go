package ledger

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// undoLookalikes turns characters that look like ASCII letters and digits, or
// are those in another dress, into them: wide, mathematical, circled, squared,
// raised and lowered ones, Cyrillic and Greek homoglyphs, letters with accents,
// and the digits of all scripts. It drops combining marks, and reads what is
// hidden in tag characters and in variation selectors.
func undoLookalikes(w *writer, text string) {
	if isASCII(text) {
		return
	}
	w.text.Grow(len(text))
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch b, ok := lookalike(r); {
		case ok:
			w.byte(b, i)
		case r >= utf8.RuneSelf && unicode.Is(unicode.M, r): // a mark on the character before
		default:
			w.keep(text, i, i+size)
		}
		i += size
	}
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// A span is a row of characters that stand for bytes in a row, again and again
// with the given period.
type span struct {
	first, last rune
	as          byte
	period      rune
}

// spans are sorted by nothing: there are few.
var spans = []span{
	{0xff01, 0xff5e, '!', 0x5e},   // wide forms
	{0xe0020, 0xe007e, ' ', 0x5f}, // tags
	{0xfe00, 0xfe0f, 0, 16},       // variation selectors, a byte each
	{0xe0100, 0xe01ef, 16, 240},   // more of them
	{0x2460, 0x2468, '1', 9},      // circled digits
	{0x2776, 0x277e, '1', 9},      // the same, filled
	{0x2780, 0x2788, '1', 9},      // the same, sans-serif
	{0x278a, 0x2792, '1', 9},      // the same, filled
	{0x24f5, 0x24fd, '1', 9},      // twice circled digits
	{0x2474, 0x247c, '1', 9},      // digits in brackets
	{0x249c, 0x24b5, 'a', 26},     // letters in brackets
	{0x24b6, 0x24cf, 'A', 26},     // circled capitals
	{0x24d0, 0x24e9, 'a', 26},     // circled small letters
	{0x2074, 0x2079, '4', 6},      // raised digits
	{0x2080, 0x2089, '0', 10},     // lowered digits
	{0x1f110, 0x1f129, 'A', 26},   // capitals in brackets
	{0x1f130, 0x1f149, 'A', 26},   // squared capitals
	{0x1f150, 0x1f169, 'A', 26},   // circled, filled
	{0x1f170, 0x1f189, 'A', 26},   // squared, filled
	{0x1f1e6, 0x1f1ff, 'A', 26},   // regional indicators
}

// The mathematical alphabets are each 26 capitals and 26 small letters.
const firstMath, lastMath = 0x1d400, 0x1d6a3

// lookalike returns the ASCII character that r looks like.
func lookalike(r rune) (byte, bool) {
	if r < utf8.RuneSelf {
		return 0, false
	}
	if b, ok := homoglyphs[r]; ok {
		return b, true
	}
	if firstMath <= r && r <= lastMath {
		i := byte((r - firstMath) % 52)
		if i < 26 {
			return 'A' + i, true
		}
		return 'a' + i - 26, true
	}
	for _, s := range spans {
		if s.first <= r && r <= s.last {
			return s.as + byte((r-s.first)%s.period), true
		}
	}
	return digit(r)
}

// digit returns the value of a decimal digit of any script. Each script has its
// ten in a row.
func digit(r rune) (byte, bool) {
	for _, s := range unicode.Nd.R16 {
		if rune(s.Lo) <= r && r <= rune(s.Hi) {
			return '0' + byte((r-rune(s.Lo))%10), true
		}
	}
	for _, s := range unicode.Nd.R32 {
		if rune(s.Lo) <= r && r <= rune(s.Hi) {
			return '0' + byte((r-rune(s.Lo))%10), true
		}
	}
	return 0, false
}

// homoglyphs are the single characters, each with the one it looks like.
var homoglyphs = pairs(
	// Latin letters from U+00C0 on, without their accents
	latin(), "AAAAAAACEEEEIIIIDNOOOOO?OUUUUYPsaaaaaaaceeeeiiiidnooooo?ouuuuypy"+
		"AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlNnNnNn?NnOoOoOoOoRrRrRr"+
		"SsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs",
	// Greek
	"ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺοανρτυχικγϲ", "ABEZHIKMNOPTYXCMoavptuxikyc",
	// Cyrillic
	"АВСЕНІЈКМОРԚЅТУХԜҮӀаԁеһіјкорԛѕсухѵԝү", "ABCEHIJKMOPQSTYXWYIadehijkopqscyxvwy",
	// letterlike symbols that fill the holes of the mathematical alphabets
	"ℂℊℋℌℍℎℐℑℒℓℕℙℚℛℜℝℤℨKℬℭℯℰℱℳℴℹⅅⅆⅇⅈⅉÅ", "CgHHHhIILlNPQRRRZZKBCeEFMoiDdeijA",
	// raised, lowered, and small capitals
	"⁰¹²³⓪⓿🄋🄌ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "01230000ABCDEFGHIJKLMNOPRSTUVWYZ",
	"ᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", "ABDEGHIJKLMNOPRTUVWabcdefghijklmnoprstuvwxyz",
)

// latin returns the letters of Latin-1 and Latin Extended-A.
func latin() string {
	var b strings.Builder
	for r := rune(0xc0); r < 0x180; r++ {
		b.WriteRune(r)
	}
	return b.String()
}

// pairs takes strings two at a time: characters, and what each looks like.
func pairs(s ...string) map[rune]byte {
	m := make(map[rune]byte)
	for i := 0; i+1 < len(s); i += 2 {
		as := s[i+1]
		for j, r := range []rune(s[i]) {
			if as[j] != '?' {
				m[r] = as[j]
			}
		}
	}
	return m
}
