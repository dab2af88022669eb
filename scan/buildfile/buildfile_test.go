package buildfile

import (
	"strings"
	"testing"

	"quintain/scan/scantest"
)

func Test(t *testing.T) { scantest.Run(t, Format) }

func Fuzz(f *testing.F) { scantest.Fuzz(f, Format) }

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"Dockerfile", "FROM scratch\n", true},
		{"a/Dockerfile.gpu", "# syntax\nfrom x\n", true},
		{"serve.Dockerfile", "FROM x", true},
		{"Containerfile", "ARG X\nFROM $X", true},
		{"Dockerfile", "a note", false},
		{"Dockerfile", "#\x00\nFROM x", true},
		{"README", "FROM x", false},
		{"requirements.txt", "", true},
		{"requirements-dev.txt", "x", true},
		{"constraints.txt", "x", true},
		{"my-requirements.md", "x", false},
		{"notes.txt", "x", false},
	} {
		if got := kindOf(c.name, []byte(c.text)) != nil; got != c.want {
			t.Errorf("kindOf(%q, %q) = %v, want %v", c.name, c.text, got, c.want)
		}
	}
}

func TestPiped(t *testing.T) {
	for command, want := range map[string]bool{
		"curl -fsSL https://x.example/i.sh | sh":       true,
		"curl https://x.example/i | sudo -E bash -":    true,
		"wget -qO- https://x.example/i | python3 -":    true,
		"bash <(curl -s https://x.example/i)":          true,
		`sh -c "$(curl -fsSL https://x.example/i.sh)"`: true,
		"curl -O https://x.example/x.tar.gz":           false,
		"apt-get install -y curl && echo a | sort":     false,
		"curl -s https://x.example/a | grep sh":        false,
	} {
		if got := piped.MatchString(command); got != want {
			t.Errorf("piped %q = %v, want %v", command, got, want)
		}
	}
}

// Lines that go on are one, and comments never go on.
func TestLines(t *testing.T) {
	for _, c := range []struct {
		text string
		ends bool
		want string
	}{
		{"a \\\nb\nc", false, "a  b|c"},
		{"# x \\\na", false, "a"},
		{"# x \\\na", true, "a"},
		{"a \\\n# x\n\nb", false, "a  b"},
		{"a \\\n# x\nb", true, "a|b"},
		{"a \\", false, "a"},
		{"\n \n#", false, ""},
	} {
		var got []string
		(&file{text: c.text}).lines(`\`, c.ends, func(s string) { got = append(got, s) })
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("lines of %q, %v: %q, want %q", c.text, c.ends, s, c.want)
		}
	}
}
