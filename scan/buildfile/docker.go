package buildfile

import (
	"regexp"
	"strings"

	"quintain"
)

var (
	// piped is a download that goes into an interpreter, at once or as text.
	piped = regexp.MustCompile(`(?i)\b(curl|wget|fetch)\b[^;&]*\|\s*(sudo\s+(-\w+\s+)*)?(env\s+)?(/usr)?(/local)?(/bin/)?(ba|z|da|k)?sh\b|` +
		`\b(curl|wget)\b[^;&]*\|\s*(sudo\s+)?(/\S*/)?(python|perl|ruby|node|php)[\d.]*\b|` +
		`\b(ba|z|da)?sh\s+(-c\s+)?["']?(<\(|\$\(|` + "`" + `)\s*(curl|wget)\b`)

	// saved is a download that is run from a file.
	fetched = regexp.MustCompile(`(?i)\b(curl|wget)\b`)
	started = regexp.MustCompile(`(?i)(^|[;&|]\s*)(chmod\s+\S*[x7]|(ba|z|da)?sh\s+[\w./-]+|\./\S+|python[\d.]*\s+[\w./-]+)`)

	// secret is a name or a value that is one.
	secretName  = regexp.MustCompile(`(?i)(^|_)(password|passwd|secret|token|api_?key|access_?key|private_?key|credentials?)$`)
	secretValue = regexp.MustCompile(`\b(hf_[A-Za-z0-9]{30,}|sk-[A-Za-z0-9_-]{20,}|ghp_[A-Za-z0-9]{36}|github_pat_\w{50,}|AKIA[0-9A-Z]{16}|xox[bp]-[\w-]{20,}|AIza[\w-]{35})\b`)

	unchecked  = regexp.MustCompile(`(?i)--(trusted-host|no-check-certificate|insecure|allow-unauthenticated|no-verify-ssl)\b|\bcurl\s[^|;&]*\s-\w*k\w*\b|trust_remote_code\s*=\s*True|GIT_SSL_NO_VERIFY|NODE_TLS_REJECT_UNAUTHORIZED=0`)
	escapeLine = regexp.MustCompile("(?im)\\A(?:#[^\\n]*\\n)*?#[ \\t]*escape[ \\t]*=[ \\t]*`")
	digest     = regexp.MustCompile(`@sha256:[0-9a-f]{64}$`)
)

// docker inspects a Dockerfile.
func (x *file) docker() {
	escape := `\`
	if escapeLine.MatchString(x.text) {
		escape = "`"
	}
	stages := map[string]bool{"scratch": true}
	user, last := "", int64(-1)
	x.lines(escape, false, func(line string) {
		word, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		switch strings.ToUpper(word) {
		case "FROM":
			x.base(rest, stages)
			user, last = "", x.off
		case "USER":
			user, last = rest, x.off
		case "ADD":
			x.add(rest)
		case "RUN", "CMD", "ENTRYPOINT", "ONBUILD", "SHELL", "HEALTHCHECK":
			x.run(rest)
		case "ENV", "ARG":
			x.variables(rest)
		}
		if v := secretValue.FindString(line); v != "" {
			x.report(quintain.Medium, "holds a secret that everyone with the image has: %q", v[:6]+"…")
		}
	})
	if last >= 0 && (user == "" || user == "root" || user == "0" || strings.HasPrefix(user, "root:") || strings.HasPrefix(user, "0:")) {
		x.off = last
		x.report(quintain.Low, "the image runs as root")
	}
}

// base judges the image that a stage begins with.
func (x *file) base(rest string, stages map[string]bool) {
	words := strings.Fields(rest)
	for len(words) > 0 && strings.HasPrefix(words[0], "--") {
		words = words[1:]
	}
	if len(words) == 0 {
		return
	}
	image := words[0]
	if len(words) == 3 && strings.EqualFold(words[1], "as") {
		defer func() { stages[strings.ToLower(words[2])] = true }()
	}
	if !stages[strings.ToLower(image)] && !digest.MatchString(image) {
		x.report(quintain.Low, "builds on an image that is not pinned by its digest: %q", clip(image))
	}
}

// add judges what is added to the image.
func (x *file) add(rest string) {
	remote := false
	for w := range strings.FieldsSeq(strings.Trim(rest, "[]")) {
		w = strings.Trim(w, `",'`)
		if strings.HasPrefix(w, "--checksum=") {
			return
		}
		remote = remote || strings.Contains(w, "://") || strings.HasPrefix(w, "git@")
	}
	if remote {
		x.report(quintain.Medium, "adds a remote file without a checksum: %q", clip(rest))
	}
}

// run judges a command.
func (x *file) run(rest string) {
	switch {
	case piped.MatchString(rest):
		x.report(quintain.Medium, "runs what it downloads: %q", clip(rest))
	case fetched.MatchString(rest) && started.MatchString(rest) && !strings.Contains(rest, "sha256sum") && !strings.Contains(rest, "gpg"):
		x.report(quintain.Medium, "runs a file that it downloads and does not check: %q", clip(rest))
	}
	if m := unchecked.FindString(rest); m != "" {
		x.report(quintain.Medium, "turns off a check of where code comes from: %q", clip(m))
	}
	if strings.Contains(rest, "pip") {
		x.install(rest)
	}
}

// install judges the packages that pip is told to install.
func (x *file) install(rest string) {
	for w := range strings.FieldsSeq(rest) {
		w = strings.Trim(w, `"',[]`)
		if strings.HasPrefix(w, "git+") || strings.HasPrefix(w, "http://") || strings.HasPrefix(w, "--extra-index-url") {
			x.source(w)
		}
	}
}

// variables judges what is kept in the image under a name.
func (x *file) variables(rest string) {
	for w := range strings.FieldsSeq(rest) {
		name, value, ok := strings.Cut(w, "=")
		if !ok {
			name, value, ok = strings.Cut(rest, " ")
		}
		value = strings.Trim(value, `"' `)
		if ok && value != "" && !strings.HasPrefix(value, "$") && secretName.MatchString(name) {
			x.report(quintain.Medium, "keeps a secret in the image: %s", clip(name))
		}
		if !strings.Contains(w, "=") {
			return
		}
	}
}
