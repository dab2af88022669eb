package challenge

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

var tokens = &Challenge{
	ID: "tokens", Title: "The word that the filter did not see", Minutes: 2,
	Skills: []string{"br-llm-internals", "an-appsec"}, build: buildTokens,
}

func buildTokens(r *rand.Rand, in *Instance) {
	bad := []string{"urgent", "refund", "unlock", "approve", "delete"}[r.IntN(5)]
	hide := []struct {
		code, what string
		char       rune
	}{{"U+200B", "zero width space", 0x200B}, {"U+200D", "zero width joiner", 0x200D}, {"U+00AD", "soft hyphen", 0xAD}, {"U+2060", "word joiner", 0x2060}}[r.IntN(4)]
	ids, liar := tags(r, 4, "msg"), r.IntN(4)
	others := pick(r, []string{"invoice", "meeting", "parking", "holiday", "printer", "canteen"}, 3)
	var show table
	show.line("the filter stops   %s", bad)
	show.line("")
	for i, id := range ids {
		w := ""
		if i == liar {
			cut := 2 + r.IntN(len(bad)-3)
			w = bad[:cut] + string(hide.char) + bad[cut:]
		} else {
			w, others = others[0], others[1:]
		}
		var codes []string
		for _, c := range w {
			codes = append(codes, fmt.Sprintf("%02X", c))
		}
		show.line("%s   %s", id, strings.Join(codes, " "))
	}
	show.line("")
	show.line("61 a  62 b  63 c  64 d  65 e  66 f  67 g  68 h  69 i  6B k  6C l")
	show.line("6D m  6E n  6F o  70 p  72 r  73 s  74 t  75 u  76 v  79 y")
	in.Intro = "A filter stops messages with a certain word; the assistant behind it reads past characters that have no width, so it still understands them. Here is the subject of four messages, one number (hexadecimal) for each character."
	in.Show = show.String()
	in.ask(word("message", ids[liar], "Which message carries the word past the filter?"))
	in.ask(Field{ID: "character", Ask: "Which character hides it (its number)?", want: hide.code, is: func(got string) bool {
		got = strings.TrimPrefix(strings.TrimPrefix(strings.ToUpper(got), "U+"), "0X")
		n, err := strconv.ParseUint(got, 16, 32)
		return err == nil && rune(n) == hide.char
	}})
	in.why = "The " + hide.what + " is invisible and splits the word for a filter that compares characters. Normalize a text before you filter it, so that both readers see the same."
}

var leak = &Challenge{
	ID: "leak", Title: "Find the field that leaks", Minutes: 3,
	Skills: []string{"ai-telemetry", "an-forensics"}, build: buildLeak,
}

func buildLeak(r *rand.Rand, in *Instance) {
	canary := fmt.Sprintf("K%d-%d", 10+r.IntN(90), 1000+r.IntN(9000))
	codes := []struct {
		name string
		of   func(string) string
	}{
		{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
		{"hex", func(s string) string { return hex.EncodeToString([]byte(s)) }},
		{"reversed", func(s string) string { b := []byte(s); slices.Reverse(b); return string(b) }},
	}
	code := codes[r.IntN(len(codes))]
	fields, liar := tags(r, 6, "x_trace", "x_ref", "x_hint", "x_note"), r.IntN(6)
	var show table
	show.line("secret             %s", canary)
	show.line("its bytes in hex   % x", canary)
	show.line("")
	for i, f := range fields {
		v := fmt.Sprintf("K%d-%d", 10+r.IntN(90), 1000+r.IntN(9000))
		for v == canary {
			v += "0"
		}
		with := codes[i%len(codes)]
		if i == liar {
			v, with = canary, code
		}
		show.line("%-14s  %s", f, with.of(v))
	}
	in.Intro = "An assistant must never let a secret out. Before you trust a log line from its tools, look for the secret in every disguise: reversed, as hexadecimal, as base64. Use any decoder you like, such as the command base64 -d."
	in.Show = show.String()
	in.ask(word("field", fields[liar], "Which field carries the secret?"))
	in.ask(word("encoding", code.name, "In which form (base64, hex, reversed)?"))
	in.why = "A search for the plain secret finds nothing. Decode before you compare; that is why a canary is looked for in many encodings."
}

var split = &Challenge{
	ID: "split", Title: "Choose the split that leaks", Minutes: 3,
	Skills: []string{"br-ml-data", "ai-provenance"}, build: buildSplit,
}

func buildSplit(r *rand.Rand, in *Instance) {
	ids, liar := tags(r, 4, "split"), r.IntN(4)
	var show table
	show.line("             patients whose images are in")
	show.line("id           training                       test")
	shared := ""
	for i, id := range ids {
		p := tags(r, 8, "p")
		train, test := p[:5], p[5:]
		if i == liar {
			shared = train[r.IntN(5)]
			test[r.IntN(3)] = shared
		}
		show.line("%s    %s  %s", id, strings.Join(train, " "), strings.Join(test, " "))
	}
	in.Intro = "A model for medical images scores 99 % in one of four experiments, because part of its test set is known from training: images of the same patient are almost the same image."
	in.Show = show.String()
	in.ask(word("split", ids[liar], "Which split leaks?"))
	in.ask(word("patient", shared, "Which patient is on both sides?"))
	in.why = "Split by patient, not by image: what belongs together stays on one side. Otherwise the score measures memory."
}
