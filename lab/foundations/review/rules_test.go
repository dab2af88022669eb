package review

import (
	"slices"
	"strings"
	"testing"

	"quintain/lab"
)

// TestRules proves that on every script the rules find exactly the defects that
// were seeded, and none in the repaired one, and that every kind is seeded
// somewhere.
func TestRules(t *testing.T) {
	seen := make(map[string]int)
	for n := range 40 {
		w := newWorld(lab.NewSource(lab.DeriveKey([]byte("test"), "x", "F04", n)))
		total := 0
		for _, s := range w.scripts {
			with, without := statements(s.text), statements(s.clean)
			for _, kind := range kinds {
				_, want := s.defects[kind]
				if got := rules[kind](with, w.digest); got != want {
					t.Errorf("world %d, %s: rule %s = %v, want %v", n, s.name, kind, got, want)
				}
				if rules[kind](without, w.digest) {
					t.Errorf("world %d, %s: rule %s fires on the repaired script", n, s.name, kind)
				}
				if want {
					seen[kind]++
				}
			}
			if why := s.lost(without); why != "" {
				t.Errorf("world %d, %s: the repaired script has lost something: %s", n, s.name, why)
			}
			total += len(s.defects)
		}
		if total != seeded {
			t.Errorf("world %d: %d defects, want %d", n, total, seeded)
		}
	}
	for _, kind := range kinds {
		if seen[kind] == 0 {
			t.Errorf("kind %s is never seeded", kind)
		}
	}
}

// TestOtherRepairs accepts repairs that are not the reference's.
func TestOtherRepairs(t *testing.T) {
	for kind, good := range map[string]string{
		"unsafe-load":       "state = torch.load(\n    BASE,\n    weights_only = True,  # safe\n)",
		"unpinned-revision": `m = AutoModel.from_pretrained(NOTES, revision="` + strings.Repeat("a1", 20) + `")`,
		"secret-in-code":    `token = os.environ.get("HUB_TOKEN", "")`,
		"unsafe-yaml":       "yaml.load(f, Loader=yaml.SafeLoader)",
		"world-readable":    "os.chmod(OUT, stat.S_IRUSR | stat.S_IWUSR)",
		"phi-in-logs":       `log.info("%d patients", len(frame))`,
		"shell-injection":   `subprocess.run(["tar", "xf", path])  # was os.system("tar")`,
	} {
		if rules[kind](statements(good), "") {
			t.Errorf("rule %s fires on %q", kind, good)
		}
	}
	digest := strings.Repeat("0a", 32)
	if unverified(statements("APPROVED = '"+digest+"'\nverify(DATA, APPROVED)\nf = pd.read_csv(DATA)"), digest) {
		t.Error("a digest in a constant is taken for none")
	}
	if !unverified(statements("f = pd.read_csv(DATA)\nverify(DATA, '"+digest+"')"), digest) {
		t.Error("a table that is read before it is verified is let through")
	}
}

func TestStatements(t *testing.T) {
	got := statements("x = 1  # one\n\"\"\"two\nlines\"\"\"\nif x:\n    f(a,\n      'b # c')\n    y = \"\"\"t\n# no\"\"\"; z = 2\n(")
	want := []statement{{0, "x = 1", false}, {0, "if x:", false}, {4, "f(a, 'b # c')", false}, {4, `y = """t # no"""`, false}, {4, "z = 2", false}, {0, "(", true}}
	if !slices.Equal(got, want) {
		t.Errorf("statements = %+v, want %+v", got, want)
	}
}

func FuzzStatements(f *testing.F) {
	f.Add(torchText)
	f.Add("'''\\")
	f.Add("(#\n\"\\\n")
	f.Fuzz(func(t *testing.T, src string) {
		for _, s := range statements(src) {
			if s.text == "" {
				t.Error("an empty statement")
			}
			for _, r := range rules {
				r([]statement{s}, "x")
			}
		}
	})
}
