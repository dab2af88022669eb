package pysource

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"quintain"
)

// attribute returns an attribute of v.
func (r *reader) attribute(v value, attr string) value {
	if attr == "__dict__" && v.path != "" {
		return v
	}
	if attr == "__subclasses__" && (strings.HasSuffix(v.path, ".__base__") || strings.HasSuffix(v.path, ".__bases__") || strings.HasSuffix(v.path, ".__mro__")) {
		r.reportf(quintain.Medium, v.off, "walks from a value to all classes of Python, a way around restrictions")
	}
	out := value{taint: v.taint, off: v.off}
	switch {
	case v.path != "":
		out.path = v.path + "." + attr
	case strings.HasPrefix(attr, "__") || attr == "decrypt" || attr == "recv":
		out.path = "?." + attr
	}
	switch {
	case v.isStr:
		out.path, out.str = "str."+attr, v.str
	case attr == "decrypt":
		out.taint |= decoded
	case attr == "recv" && r.seen.socket > 0:
		out.taint |= fetched
	}
	switch out.path = canonical(out.path); out.path {
	case "os.environ":
		out.taint |= environ
	case "os.environ.get", "os.environ.pop", "os.environ.setdefault":
		out.taint &^= environ
	}
	return out
}

// canonical returns the usual name of what has several. A module that another
// one brought in, as in "random._os.system", is the module itself.
func canonical(path string) string {
	parts := strings.Split(path, ".")
	for i := len(parts) - 2; i > 0; i-- {
		switch name := strings.Trim(parts[i], "_"); name {
		case "os", "subprocess", "pty", "importlib", "pickle", "marshal", "ctypes", "builtins":
			path = strings.TrimSuffix(name+"."+strings.Join(parts[i+1:], "."), ".")
			i = 0
		}
	}
	for _, p := range [][2]string{{"posix.", "os."}, {"nt.", "os."}, {"__builtin__.", "builtins."}, {"six.moves.builtins.", "builtins."}, {"_posixsubprocess.", "subprocess."}, {"cPickle.", "pickle."}, {"_pickle.", "pickle."}} {
		if rest, ok := strings.CutPrefix(path, p[0]); ok {
			return p[1] + rest
		}
	}
	return path
}

// item returns an item of v, in brackets that are written so.
func (r *reader) item(v value, args []arg, written string) value {
	out := value{taint: v.taint &^ (environ | hidden), off: v.off}
	if len(args) != 1 || !args[0].isStr {
		if v.isStr && strings.ReplaceAll(written, " ", "") == "[::-1]" && r.spend(len(v.str)) {
			b := []byte(v.str)
			slices.Reverse(b)
			out.str, out.isStr = string(b), true
			out.taint |= decoded
		}
		return out
	}
	key := args[0].str
	switch v.path {
	case "sys.modules":
		return value{path: canonical(key), taint: hidden, off: v.off}
	case "builtins.globals()", "builtins.locals()", "builtins.vars()":
		v := r.lookup(key)
		v.taint |= hidden
		return v
	}
	if v.path != "" && v.path != "os.environ" && !strings.Contains(v.path, "(") {
		out.path = canonical(v.path + "." + key)
		out.taint |= hidden
	}
	return out
}

// reference judges a name that is not called where it stands.
func (r *reader) reference(v value) {
	s, ok := sinks[v.path]
	if !ok || s.does != runsCode && s.does != runsCommand || v.path == "builtins.compile" {
		return
	}
	r.reportf(quintain.Medium, v.off, "hands on %s, which %s", shown(v.path), s.does.String())
}

// call judges a call and returns what is known of its value.
func (r *reader) call(f value, args []arg, off int) value {
	if f.off > 0 || off == 0 {
		off = f.off
	}
	out := value{off: off, taint: f.taint &^ hidden}
	for _, a := range args {
		out.taint |= a.taint &^ hidden
	}
	if f.path != "" {
		out.path = f.path + "()"
	}
	if v, ok := r.resolve(f, args, off); ok {
		return v
	}
	if r.decode(f, args, &out) {
		return out
	}
	if f.path == "builtins.vars" && len(args) == 1 && args[0].path != "" {
		return value{path: args[0].path, off: off}
	}
	for _, a := range args {
		if a.key == "trust_remote_code" && a.path == "builtins.True" {
			r.reportf(quintain.Medium, off, "asks a loader to run the code of a repository: trust_remote_code")
		}
		if a.key == "cmdclass" && (f.path == "setuptools.setup" || f.path == "distutils.core.setup") {
			r.reportf(quintain.Medium, off, "installing the package runs code of its own: cmdclass")
		}
	}
	r.guarded(f, args, off)
	if s, ok := sinks[f.path]; ok {
		r.sink(f, s, args, off, &out)
	} else if fetches(f.path) {
		r.fetch(f, args, off, &out)
	}
	if strings.HasPrefix(f.path, "socket.socket") || f.path == "socket.create_connection" {
		r.seen.socket++
	}
	switch f.path {
	case "os.dup2":
		r.seen.dup++
	case "builtins.open":
		if len(args) > 0 && secret(args[0].str) {
			out.taint |= environ
		}
	}
	return out
}

// resolve follows calls that look something up by name.
func (r *reader) resolve(f value, args []arg, off int) (value, bool) {
	if len(args) == 0 {
		return value{}, false
	}
	first := args[0]
	if base, ok := strings.CutSuffix(f.path, ".__getattribute__"); ok && first.isStr {
		return value{path: canonical(base + "." + first.str), taint: hidden, off: off}, true
	}
	switch f.path {
	case "builtins.__import__", "importlib.import_module", "importlib.__import__":
		if !first.isStr {
			if first.taint&(decoded|fetched) != 0 || f.path == "builtins.__import__" {
				r.reportf(quintain.Medium, off, "imports a module whose name is not in the file")
			}
			return value{off: off}, true
		}
		return value{path: canonical(first.str), taint: hidden, off: off}, true
	case "operator.attrgetter", "operator.methodcaller":
		return value{path: f.path + "()", str: first.str, off: off}, true
	case "operator.attrgetter()", "operator.methodcaller()":
		v := r.attribute(first.value, f.str)
		v.taint |= hidden
		if f.path == "operator.methodcaller()" {
			v = r.call(v, args[1:], off)
		}
		return v, true
	case "sys.modules.get", "builtins.get", "os.get", "subprocess.get":
		v := r.attribute(value{path: strings.TrimSuffix(strings.TrimSuffix(f.path, ".get"), "sys.modules"), off: off}, first.str)
		v.path = canonical(strings.TrimPrefix(v.path, "."))
		v.taint |= hidden
		return v, true
	case "pydoc.locate", "pkgutil.resolve_name":
		return value{path: canonical(strings.Replace(first.str, ":", ".", 1)), taint: hidden, off: off}, true
	case "builtins.getattr", "inspect.getattr_static":
		if len(args) < 2 || first.path == "" {
			return value{off: off, taint: first.taint}, true
		}
		if args[1].isStr {
			v := r.attribute(first.value, args[1].str)
			v.taint |= hidden
			v.off = off
			return v, true
		}
		if slices.Contains([]string{"os", "subprocess", "builtins", "builtins.__builtins__", "sys.modules"}, first.path) {
			r.reportf(quintain.Medium, off, "looks up a function of %s by a name that is not in the file", first.path)
		}
		return value{off: off}, true
	}
	return value{}, false
}

// decode follows calls that turn one text into another.
func (r *reader) decode(f value, args []arg, out *value) bool {
	switch f.path {
	case "builtins.chr", "builtins.bytes", "builtins.bytearray":
		for _, a := range args {
			if f.path == "builtins.chr" || a.path == "builtins.list()" {
				out.taint |= decoded
			}
		}
		out.path = ""
		return true
	}
	method, isMethod := strings.CutPrefix(f.path, "str.")
	if isMethod {
		out.path = ""
		switch method {
		case "encode", "decode", "strip":
			out.str, out.isStr = f.str, true
		case "replace", "translate":
			out.taint |= decoded
		}
		return true
	}
	if !decoders[f.path] && !strings.HasSuffix(f.path, ".decrypt") {
		return false
	}
	out.taint |= decoded
	if len(args) > 0 && args[0].isStr && r.spend(len(args[0].str)) {
		if s, ok := plain(f.path, args[0].str); ok {
			out.str, out.isStr, out.path = s, true, ""
		}
	}
	return true
}

// plain decodes a text that is in the file.
func plain(decoder, s string) (string, bool) {
	var b []byte
	var err error
	switch {
	case strings.Contains(decoder, "64"):
		b, err = base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/", "\n", "").Replace(s))
	case strings.Contains(decoder, "hex"):
		b, err = hex.DecodeString(s)
	default:
		return "", false
	}
	return string(b), err == nil
}

// sink judges a call that runs or loads something.
func (r *reader) sink(f value, s sink, args []arg, off int, out *value) {
	var in value
	if len(args) > 0 {
		in = args[0].value
	}
	var all taint
	for _, a := range args {
		all |= a.taint
	}
	how := s.does.String()
	switch {
	case s.does == unpickles && f.path != "marshal.loads" && f.path != "marshal.load":
		if f.path == "yaml.load" && slices.ContainsFunc(args, func(a arg) bool { return strings.Contains(a.path, "Safe") || strings.Contains(a.path, "Base") }) {
			return
		}
		r.reportf(r.more(quintain.Low, all&fetched != 0), off, "calls %s, which %s", shown(f.path), how)
		return
	case s.does == unpickles:
		out.taint |= decoded
		r.reportf(quintain.Low, off, "calls %s, which %s", shown(f.path), how)
		return
	case s.does == loadsCode:
		r.reportf(r.more(quintain.Medium, all&fetched != 0), off, "calls %s, which %s", shown(f.path), how)
		return
	}
	r.seen.process++
	switch {
	case all&fetched != 0:
		r.reportf(quintain.Critical, off, "calls %s, which %s, with what it fetched from the network", shown(f.path), how)
	case all&decoded != 0 && r.suspicious(f, in):
		r.reportf(quintain.Critical, off, "calls %s, which %s, with what it unpacked or put together", shown(f.path), how)
	case f.taint&hidden != 0:
		r.reportf(quintain.Critical, off, "calls %s, which %s, by a detour that hides it", shown(f.path), how)
	case s.does == runsCommand && downloads(in.str):
		r.reportf(quintain.Critical, off, "calls %s, which runs a program from the network", shown(f.path))
	case s.does == runsCommand && in.isStr:
		r.reportf(r.more(quintain.Low, r.setup), off, "calls %s, which runs %q", shown(f.path), clip(in.str))
	case s.does == runsCommand:
		r.reportf(quintain.Medium, off, "calls %s, which %s", shown(f.path), how)
	case f.path == "builtins.compile":
	default:
		r.reportf(quintain.Medium, off, "calls %s, which %s", shown(f.path), how)
	}
	if s.does == runsCode && in.isStr {
		r.inner(in.str, off)
	}
	if f.path == "builtins.compile" {
		out.path = "code"
	}
}

// suspicious reports whether a text that was put together goes to code. The
// arguments of a program may be put together.
func (r *reader) suspicious(f, in value) bool {
	return sinks[f.path].does == runsCode || in.taint&decoded != 0 && (!in.isStr || downloads(in.str) || in.path != "")
}

// inner judges a text that is run as code.
func (r *reader) inner(s string, off int) {
	if r.depth >= maxCode || !strings.ContainsAny(s, "(=") || !r.spend(len(s)) {
		return
	}
	at := off
	if r.at >= 0 {
		at = r.at
	}
	sub := &reader{out: r.out, b: []byte(s), at: at, depth: r.depth + 1, budget: r.budget, setup: r.setup}
	_ = sub.run() // a text that is no Python does nothing when it is run
}

// fetch judges a call that reaches the network.
func (r *reader) fetch(f value, args []arg, off int, out *value) {
	out.taint |= fetched
	for _, a := range args {
		if a.taint&environ != 0 {
			r.reportf(quintain.High, off, "calls %s with secrets or all variables of the environment", shown(f.path))
			return
		}
	}
	r.reportf(r.more(quintain.Low, r.setup), off, "calls %s, which reaches the network", shown(f.path))
}

// more returns a severity, or the next one.
func (r *reader) more(s quintain.Severity, up bool) quintain.Severity {
	if up {
		return min(s+1, quintain.Critical)
	}
	return s
}

// downloads reports whether a command hands what it fetches to a shell.
func downloads(s string) bool {
	fetch := strings.Contains(s, "curl ") || strings.Contains(s, "wget ") || strings.Contains(s, "/dev/tcp/")
	shell := strings.Contains(s, "/dev/tcp/")
	for part := range strings.FieldsFuncSeq(s, func(c rune) bool { return strings.ContainsRune("|;&", c) }) {
		first, _, _ := strings.Cut(strings.TrimSpace(part), " ")
		switch first[strings.LastIndexByte(first, '/')+1:] {
		case "sh", "bash", "zsh", "dash", "python", "python3", "perl":
			shell = true
		}
	}
	return fetch && shell
}

// secret reports whether a file is known to hold secrets.
func secret(file string) bool {
	for _, s := range []string{"/etc/passwd", "/etc/shadow", ".ssh/", ".aws/", ".netrc", ".git-credentials", ".kube/config", "huggingface/token"} {
		if strings.Contains(file, s) {
			return true
		}
	}
	return false
}

// clip cuts a text that is quoted.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "..."
	}
	return s
}

// shown returns a name as it is written.
func shown(path string) string { return strings.TrimPrefix(path, "builtins.") }
