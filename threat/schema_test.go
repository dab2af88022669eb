package threat_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"quintain/threat"
)

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(threat.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("system.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("system.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	b, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

// What can be read passes the schema, and what the schema refuses cannot be
// read.
func TestSchemaAgreesWithParse(t *testing.T) {
	s := compile(t)
	clinic, err := os.ReadFile("testdata/clinic.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(cases(t), string(clinic)) {
		if err := validate(t, s, text); err != nil {
			t.Errorf("the schema refuses what can be read: %v\n%s", err, text)
		}
	}
	for name, edit := range map[string][2]string{
		"unknown key":         {"name: Linden", "nme: Linden"},
		"unknown kind":        {"kind: agent", "kind: agnet"},
		"unknown trust":       {"trust: internal", "trust: high"},
		"unknown task":        {"task: classify", "task: sort"},
		"unknown origin":      {"origin: public", "origin: somewhere"},
		"unknown class":       {"[health]", "[heath]"},
		"unknown ability":     {"can: [writes]", "can: [write]"},
		"no list":             {"can: [writes]", "can: writes"},
		"bad id":              {"id: staff", "id: Staff_1"},
		"no id":               {"  - id: calendar\n    name: Calendar", "  - name: Calendar"},
		"no task":             {"    task: classify\n", ""},
		"no trust":            {"    trust: internal\n", ""},
		"no data":             {"with: {data: triage/triage.csv, eps: 0.1, robust: 0.5}", "with: {eps: 0.1}"},
		"unknown with":        {"prompt: prompts", "promt: prompts"},
		"unknown test":        {"kind: classifier", "kind: model"},
		"number for a string": {"name: Calendar", "name: 7"},
		"no boolean":          {"returns: true", "returns: often"},
		"date":                {"flows:", "accepted:\n  - {threat: T-K3XQ7A2M, by: x, why: y, until: 2027-13-01}\nflows:"},
		"threat":              {"flows:", "accepted:\n  - {threat: T-1, by: x, why: y, until: 2027-01-01}\nflows:"},
		"digest":              {"origin: public", "digest: abc"},
	} {
		text := strings.Replace(string(clinic), edit[0], edit[1], 1)
		if text == string(clinic) {
			t.Fatalf("%s: nothing to edit", name)
		}
		if validate(t, s, text) == nil {
			t.Errorf("%s: the schema allows it", name)
		}
		if _, err := threat.Parse("f", []byte(text)); err == nil {
			t.Errorf("%s: it can be read", name)
		}
	}
}

// Every key is described, and the schema is the same every time.
func TestSchemaDescribesAll(t *testing.T) {
	var root map[string]any
	if err := json.Unmarshal(threat.Schema(), &root); err != nil {
		t.Fatal(err)
	}
	properties := 0
	var look func(path string, v any)
	look = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if p, ok := v["properties"].(map[string]any); ok && v["additionalProperties"] == false {
				for name, of := range p {
					properties++
					if d, _ := of.(map[string]any)["description"].(string); !strings.HasSuffix(d, ".") {
						t.Errorf("%s/%s: description %q is no sentence", path, name, d)
					}
				}
			}
			if c, ok := v["const"]; ok && v["description"] == "" {
				t.Errorf("%s: %v has no description", path, c)
			}
			for k, x := range v {
				look(path+"/"+k, x)
			}
		case []any:
			for _, x := range v {
				look(path, x)
			}
		}
	}
	look("", root)
	if properties < 30 {
		t.Errorf("%d properties, want 30 and more", properties)
	}
	if !bytes.Equal(threat.Schema(), threat.Schema()) {
		t.Error("the schema differs from one call to the next")
	}
}
