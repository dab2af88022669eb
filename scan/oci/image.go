package oci

import (
	"regexp"
	"strings"

	"quintain"
	"quintain/scan/internal/strictjson"
)

// image judges what an image runs, and what ran when it was built.
func (d *document) image(v *strictjson.Value) {
	for _, name := range []string{"config", "container_config"} {
		if c := v.Get(name); c != nil {
			d.config(c)
		}
	}
	history := v.Get("history")
	if history == nil {
		return
	}
	for i := range history.Items {
		if by := history.Items[i].Get("created_by"); by != nil {
			d.command("when it was built, the image ran", by)
		}
	}
}

// config judges the settings of a container.
func (d *document) config(c *strictjson.Value) {
	for _, x := range []struct {
		name, says string
		weight     quintain.Severity // beside what is said of any command
	}{
		{"Entrypoint", "the image runs", quintain.Low},
		{"Cmd", "the image runs", quintain.Low},
		{"Shell", "the image runs its commands by", quintain.Low},
		{"OnBuild", "images made from this one run", quintain.Medium},
	} {
		v := c.Get(x.name)
		if v == nil || v.Kind == strictjson.Null {
			continue
		}
		s := joined(v)
		if s == "" {
			continue
		}
		d.f.Fact(strings.ToLower(x.name), clip(s))
		d.shell(x.says, s, v.Off)
		if x.weight > quintain.Low {
			d.f.Reportf(x.weight, v.Off, "%s %q", x.says, clip(s))
		}
	}
	if test := c.Get("Healthcheck").Get("Test"); test != nil {
		d.shell("to see whether it is well, the image runs", joined(test), test.Off)
	}
	if env := c.Get("Env"); env != nil {
		for i := range env.Items {
			d.variable(&env.Items[i])
		}
	}
}

// command judges a command that is one text.
func (d *document) command(says string, v *strictjson.Value) {
	if s, ok := v.Str(); ok {
		d.shell(says, s, v.Off)
	}
}

// joined returns a command, which is a text or a list of them.
func joined(v *strictjson.Value) string {
	if s, ok := v.Str(); ok {
		return s
	}
	words := make([]string, 0, len(v.Items))
	for i := range v.Items {
		words = append(words, text(&v.Items[i]))
	}
	return strings.Join(words, " ")
}

// What a command must not do.
var (
	shells   = `(?:/\S*/)?(?:env\s+)?(?:ba|da|z|k)?sh\b|(?:/\S*/)?python[0-9.]*\b|(?:/\S*/)?perl\b|(?:/\S*/)?node\b`
	piped    = regexp.MustCompile(`\b(?:curl|wget)\b[^;&|]*\|\s*(?:sudo\s+)?(?:` + shells + `)`)
	replaced = regexp.MustCompile(`(?:` + shells + `)[^;&|]*(?:<\(|\$\(|` + "`" + `)\s*(?:curl|wget)\b`)
	decoded  = regexp.MustCompile(`\bbase64\s+(?:-d|-D|--decode)\b[^;&|]*\|\s*(?:sudo\s+)?(?:` + shells + `)`)
	reverse  = regexp.MustCompile(`/dev/(?:tcp|udp)/|\b(?:nc|ncat|netcat)\b[^;&|]*\s-[a-z]*e\b`)
)

// shell reports a command that runs what is not in the image.
func (d *document) shell(says, s string, off int64) {
	switch {
	case reverse.MatchString(s):
		d.f.Reportf(quintain.Critical, off, "%s %q, which gives a shell to the network", says, clip(s))
	case decoded.MatchString(s):
		d.f.Reportf(quintain.High, off, "%s %q, which runs what it unpacks", says, clip(s))
	case piped.MatchString(s) || replaced.MatchString(s):
		d.f.Reportf(quintain.High, off, "%s %q, which runs what it fetches", says, clip(s))
	}
}

// preloads are variables by which every program, or every interpreter, of an
// image loads code.
var preloads = map[string]bool{
	"LD_PRELOAD": true, "LD_AUDIT": true, "PYTHONSTARTUP": true, "BASH_ENV": true, "ENV": true, "PERL5OPT": true, "RUBYOPT": true, "NODE_OPTIONS": true,
	"JAVA_TOOL_OPTIONS": true, "PROMPT_COMMAND": true, "GIT_SSH_COMMAND": true,
}

// secrets are the names of variables that hold what should be nowhere.
var secrets = regexp.MustCompile(`(?i)(?:^|_)(?:token|secret|password|passwd|api_?key|access_?key|secret_?key|private_?key)$`)

// variable judges a variable of the environment. The value of a secret is not
// shown.
func (d *document) variable(v *strictjson.Value) {
	s, ok := v.Str()
	name, value, set := strings.Cut(s, "=")
	switch {
	case !ok || !set:
		d.f.Doubtf(v.Off, "a variable of the environment is not NAME=value")
	case value == "":
	case preloads[name]:
		d.f.Reportf(quintain.Medium, v.Off, "%s makes programs of the image load %q", name, clip(value))
	case strings.Contains(strings.ToUpper(name), "TRUST_REMOTE_CODE") && !strings.EqualFold(value, "false") && value != "0":
		d.f.Reportf(quintain.Medium, v.Off, "%s lets the image run code that comes with a model", name)
	case secrets.MatchString(name):
		d.f.Reportf(quintain.Medium, v.Off, "%s is a secret that everybody has who has the image", name)
	}
}

// clip cuts a text that is quoted.
func clip(s string) string {
	if len(s) > 120 {
		return s[:120] + "..."
	}
	return s
}
