package threat_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"quintain"
	"quintain/threat"
)

const head = "name: Test\nelements:\n"

func TestParse(t *testing.T) {
	m, err := threat.Parse("in/system.yaml", []byte(`
name: Shop
elements:
  - {id: users, kind: human, trust: untrusted}
  - {id: web, kind: external}
  - id: spam
    kind: model
    task: classify
    data: [personal]
    provenance: {origin: vendor, signed: true}
    test: {kind: classifier, ref: m/spam.onnx, with: {data: rows.csv, eps: 0.1}}
  - {id: bot, kind: agent, can: [sends-out], test: {kind: agent, ref: "builtin:appointment", with: {prompt: p.txt, profile: naive}}}
flows:
  - {from: users, to: bot, label: talk, returns: true}
accepted:
  - {threat: T-K3XQ7A2M, by: Ann, why: until the fix, until: 2027-01-31}
`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.Elements[1].Trust, threat.Untrusted; got != want {
		t.Errorf("an external element is %s, want %s", got, want)
	}
	spam := &m.Elements[2]
	if spam.Trust != threat.Internal || spam.Format != "onnx" || !spam.Fixed() || !spam.Foreign() || !spam.Private() || spam.Reads() {
		t.Errorf("spam model is %+v", spam)
	}
	if bot := &m.Elements[3]; bot.Provenance.Origin != threat.InHouse || bot.Foreign() || !bot.Reads() || !bot.Has(threat.SendsOut) {
		t.Errorf("bot is %+v", bot)
	}
	want := threat.Acceptance{Threat: "T-K3XQ7A2M", By: "Ann", Why: "until the fix", Until: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, m.Accepted[0]); diff != "" {
		t.Error(diff)
	}
	if m.Acceptance(&threat.Threat{ID: "T-K3XQ7A2M"}) != &m.Accepted[0] || m.Acceptance(&threat.Threat{ID: "T-AAAAAAAA"}) != nil {
		t.Error("the acceptance is not the one that names the threat")
	}
	if m.File != "in/system.yaml" || m.Flows[0].String() != "users → bot" || !m.Flows[0].Returns {
		t.Errorf("file %q, flow %v", m.File, m.Flows[0])
	}
}

func TestTargets(t *testing.T) {
	element := func(test *threat.Test) *threat.Element { return &threat.Element{ID: "x", Test: test} }
	abs := filepath.Join(t.TempDir(), "m.pt")
	for name, c := range map[string]struct {
		file string
		test *threat.Test
		want []quintain.Target
	}{
		"none": {"a/system.yaml", nil, nil},
		"artifact": {
			"a/b/system.yaml",
			&threat.Test{Kind: "artifact", Ref: "../m.pt"},
			[]quintain.Target{{Kind: "artifact", Ref: "a/m.pt"}},
		},
		"here":     {"system.yaml", &threat.Test{Kind: "artifact", Ref: "./m/x.pt"}, []quintain.Target{{Kind: "artifact", Ref: "m/x.pt"}}},
		"absolute": {"a/system.yaml", &threat.Test{Kind: "artifact", Ref: abs}, []quintain.Target{{Kind: "artifact", Ref: abs}}},
		"a classifier that is a file is an artifact too": {
			"a/system.yaml",
			&threat.Test{Kind: "classifier", Ref: "m.onnx", With: map[string]string{"data": "rows.csv", "eps": "0.1"}},
			[]quintain.Target{
				{Kind: "classifier", Ref: "a/m.onnx", With: map[string]string{"data": "a/rows.csv", "eps": "0.1"}},
				{Kind: "artifact", Ref: "a/m.onnx"},
			},
		},
		"a classifier that is an endpoint is not": {
			"a/system.yaml",
			&threat.Test{Kind: "classifier", Ref: "https://x.example/v1", With: map[string]string{"data": "rows.csv"}},
			[]quintain.Target{{Kind: "classifier", Ref: "https://x.example/v1", With: map[string]string{"data": "a/rows.csv"}}},
		},
		"agent": {
			"a/system.yaml",
			&threat.Test{Kind: "agent", Ref: "builtin:appointment", With: map[string]string{"prompt": "p.txt", "profile": "naive"}},
			[]quintain.Target{{Kind: "agent", Ref: "builtin:appointment", With: map[string]string{"prompt": "a/p.txt", "profile": "naive"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := (&threat.Model{File: c.file}).Targets(element(c.test))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Every mistake is one line that says where and what, in the words of the file.
func TestParseErrors(t *testing.T) {
	long := strings.Repeat("x", 300)
	for name, c := range map[string]struct{ in, want string }{
		"empty":            {"", `f:1:1: the file is empty`},
		"comment":          {"# nothing\n", `f:1:1: the file is empty`},
		"null":             {"~\n", `f:1:1: the file is empty`},
		"scalar":           {"hello\n", `f:1:1: file is "hello", want keys and values`},
		"list":             {"- a\n", `f:1:1: file is a list, want keys and values`},
		"no name":          {"elements:\n  - {id: a, kind: tool}\n", `f:1:1: the file has no name`},
		"blank name":       {"name: ' '\nelements:\n  - {id: a, kind: tool}\n", `f:1:7: name is blank`},
		"no elements":      {"name: x\n", `f:1:1: the file has no elements`},
		"zero elements":    {"name: x\nelements: []\n", `f:1:1: the system has no elements`},
		"unknown key":      {head + "  - {id: a, kind: tool, trst: internal}\n", `f:3:25: unknown key "trst" in an element; did you mean "trust"?`},
		"unknown top":      {"nam: x\nname: y\nelements: [{id: a, kind: tool}]\n", `f:1:1: unknown key "nam" in the file; did you mean "name"?`},
		"far key":          {head + "  - {id: a, kind: tool, wheelbarrow: 1}\n", `f:3:25: unknown key "wheelbarrow" in an element`},
		"duplicate key":    {"name: x\nname: y\nelements: []\n", `f:2:1: mapping key "name" already defined at [1:1]`},
		"unknown kind":     {head + "  - {id: a, kind: agnet}\n", `f:3:19: unknown kind "agnet"; did you mean "agent"?`},
		"unknown trust":    {head + "  - {id: a, kind: tool, trust: high}\n", `f:3:32: unknown trust "high"; have trusted, internal, untrusted`},
		"unknown ability":  {head + "  - {id: a, kind: tool, can: [send-out]}\n", `f:3:31: unknown ability "send-out"; did you mean "sends-out"?`},
		"unknown data":     {head + "  - {id: a, kind: tool, data: [heath]}\n", `f:3:32: unknown class of data "heath"; did you mean "health"?`},
		"no list":          {head + "  - {id: a, kind: tool, data: health}\n", `f:3:31: data is "health", want a list: [health]`},
		"wrong type":       {head + "  - {id: a, kind: tool, name: 7}\n", `f:3:31: name is the number 7, want a string`},
		"wrong bool":       {head + "  - {id: a, kind: tool, provenance: {signed: maybe}}\n", `f:3:46: signed is "maybe", want true or false`},
		"empty entry":      {head + "  -\n", `f:3:5: elements has an empty entry`},
		"no id":            {head + "  - {kind: tool}\n", `f:3:5: an element has no id`},
		"bad id":           {head + "  - {id: Mail_Tool, kind: tool}\n", `f:3:10: id "Mail_Tool" is not lower-case letters, digits and single dashes, at most 64`},
		"twice":            {head + "  - {id: a, kind: tool}\n  - {id: a, kind: tool}\n", `f:4:10: element "a" is already described in line 3`},
		"people":           {head + "  - {id: a, kind: human}\n", `f:3:5: human a has no trust: say trusted, internal or untrusted`},
		"task":             {head + "  - {id: a, kind: model}\n", `f:3:5: model a has no task: say classify, regress, generate, embed or rank`},
		"idle task":        {head + "  - {id: a, kind: tool, task: rank}\n", `f:3:31: a tool has a task, but only a model, guard or judge has one`},
		"long name":        {head + "  - {id: a, kind: tool, name: " + long + "}\n", `f:3:31: name is longer than one line`},
		"digest":           {head + "  - {id: a, kind: tool, provenance: {digest: abc}}\n", `f:3:46: digest "abc" is not sha256: and 64 hexadecimal digits`},
		"data twice":       {head + "  - {id: a, kind: tool, data: [health, health]}\n", `f:3:40: class of data "health" twice`},
		"test kind":        {head + "  - {id: a, kind: tool, test: {ref: x}}\n", `f:3:31: a test has no kind`},
		"unknown test":     {head + "  - {id: a, kind: tool, test: {kind: model, ref: x}}\n", `f:3:38: unknown kind "model"; have artifact, classifier, dataset, chat, agent, prompt`},
		"classifier":       {head + "  - {id: a, kind: tool, test: {kind: classifier, ref: x}}\n", `f:3:31: a test of kind classifier needs data: the path of labeled rows`},
		"with":             {head + "  - {id: a, kind: tool, test: {kind: agent, ref: x, with: {promt: y}}}\n", `f:3:59: a test of kind agent takes no "promt"; did you mean "prompt"?`},
		"with of another":  {head + "  - {id: a, kind: tool, test: {kind: artifact, ref: x, with: {data: y}}}\n", `f:3:62: a test of kind artifact takes no "data"`},
		"eps":              {head + "  - {id: a, kind: tool, test: {kind: classifier, ref: x, with: {data: y, eps: big}}}\n", `f:3:64: eps is "big", want a number from 0`},
		"with list":        {head + "  - {id: a, kind: tool, test: {kind: agent, ref: x, with: {prompt: [y]}}}\n", `f:3:68: prompt is a list, want a string or a number`},
		"credentials":      {head + "  - {id: a, kind: agent, test: {kind: agent, ref: 'https://u:p@host.example/v1'}}\n", `f:3:51: ref: the address carries a user name or a password, which would end up in reports`},
		"builtin":          {head + "  - {id: a, kind: tool, test: {kind: artifact, ref: 'builtin:x'}}\n", `f:3:53: builtin:x is an application; its kind is agent or chat`},
		"from":             {head + "  - {id: mail, kind: tool}\nflows:\n  - {from: mial, to: mail}\n", `f:5:12: from names "mial", which is no element; did you mean "mail"?`},
		"itself":           {head + "  - {id: a, kind: tool}\nflows:\n  - {from: a, to: a}\n", `f:5:19: the flow goes from a to itself`},
		"through":          {head + "  - {id: a, kind: tool}\n  - {id: b, kind: tool}\n  - {id: c, kind: tool}\nflows:\n  - {from: a, to: b, through: [c]}\n", `f:7:32: through names c, which is a tool and neither guard nor approval, judge or budget`},
		"through an end":   {head + "  - {id: a, kind: guard}\n  - {id: b, kind: tool}\nflows:\n  - {from: a, to: b, through: [a]}\n", `f:6:32: through names a again`},
		"date":             {head + "  - {id: a, kind: tool}\naccepted:\n  - {threat: T-K3XQ7A2M, by: x, why: y, until: 2027-02-30}\n", `f:5:48: until is "2027-02-30", want a date such as 2027-01-31`},
		"no date":          {head + "  - {id: a, kind: tool}\naccepted:\n  - {threat: T-K3XQ7A2M, by: x, why: y}\n", `f:5:5: an acceptance has no until`},
		"threat":           {head + "  - {id: a, kind: tool}\naccepted:\n  - {threat: T-1, by: x, why: y, until: 2027-01-31}\n", `f:5:14: threat "T-1" is no id of a threat, such as T-K3XQ7A2M`},
		"accepted twice":   {head + "  - {id: a, kind: tool}\naccepted:\n  - {threat: T-K3XQ7A2M, by: x, why: y, until: 2027-01-31}\n  - {threat: T-K3XQ7A2M, by: x, why: y, until: 2027-01-31}\n", `f:6:14: threat T-K3XQ7A2M is accepted twice`},
		"anchor":           {"name: &a x\nelements: []\n", `f:1:7: anchors and aliases are not supported: write it out`},
		"bomb":             {"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "f:1:4: anchors and aliases are not supported: write it out"},
		"circle":           {"a: &a [*a]\n", "f:1:4: anchors and aliases are not supported: write it out"},
		"tag":              {"name: !!str x\nelements: []\n", `f:1:7: tags and directives are not supported`},
		"two documents":    {"name: x\n---\nname: y\n", `f:3:1: the file has more than one document`},
		"encoding":         {"name: \xff\n", `f:1:7: the byte 0xff is not text in UTF-8`},
		"direction":        {"name: a\u202eb\n", `f:1:8: a character that does not show and changes how the rest is read`},
		"utf-16":           {"n\x00a\x00", `f:1:2: the byte 0x00 is not text in UTF-8`},
		"escape sequence":  {"name: \x1b[2J\n", `f:1:7: the byte 0x1b is not text in UTF-8`},
		"deep":             {"name: " + strings.Repeat("[", 40) + "\n", `f:1:39: nested deeper than 32 levels`},
		"deep entries":     {strings.Repeat("- ", 40) + "\n", `f:1:65: nested deeper than 32 levels`},
		"long line":        {"name: " + strings.Repeat("x", 5000) + "\n", `f:1:1: the line is longer than 4096 bytes`},
		"large":            {strings.Repeat("#\n", threat.MaxFile/2+1), `f:1:1: the file is larger than 1048576 bytes`},
		"syntax":           {"name: [x\n", `f:1:7: sequence end token ']' not found`},
		"many elements":    {head + strings.Repeat("  - {id: a, kind: tool}\n", threat.MaxElements+1), `f:1:1: 501 elements and 0 flows, more than 500 and 2000`},
		"key of two lines": {head + "  - {id: a, kind: tool, ? [x] : y}\n", `f:3:31: found an invalid key for this map`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := threat.Parse("f", []byte(c.in))
			if err == nil {
				t.Fatalf("parsed, want %s", c.want)
			}
			if got, _, _ := strings.Cut(err.Error(), "\n"); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Several mistakes are reported at once, in the order of the lines.
func TestParseAllErrors(t *testing.T) {
	_, err := threat.Parse("f", []byte("nme: x\nelements:\n  - {id: a, kind: tol}\n  - {id: b}\n"))
	want := "f:1:1: unknown key \"nme\" in the file; did you mean \"name\"?\nf:1:1: the file has no name\n" +
		"f:3:19: unknown kind \"tol\"; did you mean \"tool\"?\nf:4:5: an element has no kind"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestLoad(t *testing.T) {
	if _, err := threat.Load("testdata/missing.yaml"); !os.IsNotExist(err) {
		t.Errorf("a missing file: %v", err)
	}
	m, err := threat.Load("testdata/clinic.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range m.Elements {
		for _, target := range m.Targets(&m.Elements[i]) {
			got = append(got, target.String())
		}
	}
	want := []string{
		"classifier testdata/triage/triage.onnx", "artifact testdata/triage/triage.onnx", "artifact testdata/models/triage-community.pt",
		"artifact testdata/models/notes-encoder.pt", "agent builtin:appointment",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
