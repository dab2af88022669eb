package notebook

import (
	"regexp"
	"slices"
	"strings"

	"quintain"
)

// whole judges a cell whose first line says what the cell is. It reports
// whether the rest is Python.
func (b *book) whole(lines []row) bool {
	words := strings.Fields(strings.TrimPrefix(lines[0].text, "%%"))
	if len(words) == 0 {
		return true
	}
	off := lines[0].off
	switch words[0] {
	case "time", "timeit":
		if len(words) > 1 && !strings.HasPrefix(words[1], "-") {
			b.code.WriteString(strings.Join(words[1:], " ") + "\n")
		}
		return true
	case "capture", "prun", "memit", "mprun", "lprun", "debug", "python", "python3", "ipytest":
		return true
	case "bash", "sh", "script", "system", "sx", "!", "cmd", "shell":
		var s strings.Builder
		for _, l := range lines[1:] {
			s.WriteString(l.text + "\n")
		}
		b.command(off, s.String())
	case "writefile", "file", "html", "HTML", "markdown", "latex", "svg", "SVG":
		b.f.Reportf(quintain.Low, off, "a cell of %q holds what is not shown to be harmless", "%%"+words[0])
	case "javascript", "js", "perl", "ruby", "pypy", "python2", "R", "julia":
		b.f.Reportf(quintain.Medium, off, "a cell runs code in another language: %q", "%%"+words[0])
	default:
		b.f.Doubtf(off, "a cell begins with %q, which is not known", "%%"+words[0])
	}
	return false
}

var assigned = regexp.MustCompile(`^(\s*)([\w., ]+?)\s*=\s*(!{1,2}|%)\s*(.*)$`)

// line judges a line and returns the Python it stands for.
func (b *book) line(l row) string {
	s := strings.TrimSpace(l.text)
	indent := l.text[:len(l.text)-len(strings.TrimLeft(l.text, " \t"))]
	switch {
	case strings.HasPrefix(s, "!"):
		b.command(l.off, strings.TrimLeft(s, "!"))
		return indent + "pass"
	case strings.HasPrefix(s, "%"):
		b.magic(l.off, strings.TrimLeft(s, "%"))
		return indent + "pass"
	case strings.HasPrefix(s, "?"), strings.HasSuffix(s, "?") && !strings.ContainsAny(s, "#'\""):
		return indent + "pass" // a question about a name
	}
	if m := assigned.FindStringSubmatch(l.text); m != nil {
		if m[3] == "%" {
			b.magic(l.off, m[4])
		} else {
			b.command(l.off, m[4])
		}
		return m[1] + m[2] + " = None"
	}
	return l.text
}

// harmless are magics that only set something, or measure.
var harmless = strings.Fields("matplotlib autoreload time timeit cd pwd ls env set_env who whos reset config precision pylab history " +
	"capture tensorboard memit prun debug pinfo alias_magic xmode who_ls logstart logstop lsmagic colors page mkdir cat head tail inline " +
	"cls clear notebook pdoc psource quickref rehashx store unalias dhist dirs bookmark pprint doctest_mode gui load_ext reload_ext")

// magic judges a command of IPython.
func (b *book) magic(off int64, s string) {
	word, rest, _ := strings.Cut(s, " ")
	switch word {
	case "system", "sx", "sc":
		b.command(off, rest)
	case "pip", "conda", "mamba", "uv":
		b.command(off, s)
	case "run", "load", "loadpy", "macro", "recall", "rerun":
		severity := quintain.Low
		if strings.Contains(rest, "://") {
			severity = quintain.High
		}
		b.f.Reportf(severity, off, "runs or takes in code from elsewhere: %q", clip("%"+s))
	case "time", "timeit":
		b.code.WriteString(strings.TrimSpace(rest) + "\n")
	default:
		if !slices.Contains(harmless, word) {
			b.f.Reportf(quintain.Low, off, "uses a command that is not known: %q", clip("%"+s))
		}
	}
}

// looks are programs that only look around.
var looks = strings.Fields("ls pwd cat head tail wc df du free lscpu nvidia-smi echo mkdir uname which tree nproc date whoami sleep true tensorboard unzip")

// command judges a command of a shell.
func (b *book) command(off int64, s string) {
	s = strings.TrimSpace(s)
	severity, what := quintain.None, "runs a program"
	for part := range strings.FieldsFuncSeq(s, func(c rune) bool { return strings.ContainsRune("|;&\n", c) }) {
		if sev := program(strings.Fields(part)); sev > severity {
			severity = sev
		}
	}
	switch {
	case piped(s):
		severity, what = quintain.Critical, "runs a program that it fetches or unpacks"
	case strings.Contains(s, "$(") || strings.Contains(s, "`"):
		severity = max(severity, quintain.Low)
	}
	if severity > quintain.None {
		b.f.Reportf(severity, off, "%s: %q", what, clip(s))
	}
}

// program judges one program with its arguments.
func program(words []string) quintain.Severity {
	for len(words) > 0 && (strings.Contains(words[0], "=") || words[0] == "sudo" || words[0] == "-q") {
		words = words[1:]
	}
	if len(words) == 0 || strings.HasPrefix(words[0], "#") {
		return quintain.None
	}
	switch name := words[0]; {
	case slices.Contains(looks, name):
		return quintain.None
	case name == "pip", name == "pip3", name == "conda", name == "mamba", name == "uv":
		return install(words[1:])
	case (name == "python" || name == "python3") && len(words) > 2 && words[1] == "-m" && words[2] == "pip":
		return install(words[3:])
	case (name == "python" || name == "python3") && len(words) == 2 && words[1] == "--version":
		return quintain.None
	}
	return quintain.Low
}

// install judges the arguments of a package manager.
func install(words []string) quintain.Severity {
	for _, w := range words {
		if strings.Contains(w, "://") || strings.HasPrefix(w, "--index-url") || strings.HasPrefix(w, "--extra-index") || w == "-i" || strings.HasPrefix(w, "git+") {
			return quintain.Medium // packages that nobody vouches for
		}
	}
	return quintain.None
}

var (
	interpreter = regexp.MustCompile(`[|;&\n]\s*(sudo\s+)?(/\S*/)?(ba|z|da|k)?sh\b|[|]\s*(sudo\s+)?python3?\b|(ba)?sh\s+<\(|\beval\b`)
	source      = regexp.MustCompile(`\b(curl|wget|base64\s+(-d|-D|--decode)|xxd\s+-r|openssl\s+enc)\b|\b(nc|ncat)\s+.*-e\b`)
	shellSocket = regexp.MustCompile(`/dev/(tcp|udp)/|\b(nc|ncat)\s+.*-e\s`)
)

// piped reports whether a command runs what it fetched or unpacked, or gives
// a shell to the network.
func piped(s string) bool {
	return shellSocket.MatchString(s) || source.MatchString(s) && interpreter.MatchString(s)
}

// clip cuts a text that is quoted.
func clip(s string) string {
	if len(s) > 120 {
		return s[:120] + "..."
	}
	return s
}
