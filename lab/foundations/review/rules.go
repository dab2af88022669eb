package review

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A rule reports whether a script has a defect.
type rule func(all []statement, digest string) bool

// anyOf makes a rule of a pattern that no statement may match.
func anyOf(pattern string) rule {
	re := regexp.MustCompile(pattern)
	return func(all []statement, _ string) bool {
		return slices.ContainsFunc(all, func(s statement) bool { return re.MatchString(s.text) })
	}
}

// without makes a rule of a pattern whose statements must match another.
func without(pattern, need string) rule {
	re, and := regexp.MustCompile(pattern), regexp.MustCompile(need)
	return func(all []statement, _ string) bool {
		return slices.ContainsFunc(all, func(s statement) bool { return re.MatchString(s.text) && !and.MatchString(s.text) })
	}
}

// rules say of a script whether it has a kind of defect.
var rules = map[string]rule{
	"unsafe-load":       without(`torch\.load ?\(`, `weights_only ?= ?True`),
	"remote-code":       anyOf(`trust_remote_code ?= ?True`),
	"unpinned-revision": unpinned,
	"secret-in-code":    anyOf(`hf_[a-z0-9]{20,}|(?i)(token|key|secret|password)\w* ?= ?["'][^"']{12,}["']`),
	"unsafe-keras":      anyOf(`safe_mode ?= ?False|enable_unsafe_deserialization`),
	"world-readable":    readable,
	"phi-in-logs":       anyOf(`^(log\.\w+|logging\.\w+|print) ?\(.*["'](name|mrn|birth_date)["']`),
	"no-seed":           unseeded,
	"no-data-hash":      unverified,
	"test-leakage":      leaks,
	"shell-injection":   anyOf(`os\.(system|popen) ?\(|shell ?= ?True`),
	"unsafe-unpickle":   anyOf(`(pickle|joblib|dill)\.loads? ?\(|\.read_pickle ?\(`),
	"tls-off":           anyOf(`verify ?= ?False`),
	"unsafe-yaml":       without(`yaml\.(unsafe_|full_)?load(_all)? ?\(`, `yaml\.load\(.*Loader ?= ?yaml\.C?SafeLoader`),
}

var (
	pretrained = regexp.MustCompile(`from_pretrained ?\(`)
	revision   = regexp.MustCompile(`revision ?= ?(?:["']([0-9a-f]{40})["']|(\w+))`)
	commit     = regexp.MustCompile(`["'][0-9a-f]{40}["']`)
)

// unpinned looks for models that are fetched by a name that may mean something
// else tomorrow.
func unpinned(all []statement, _ string) bool {
	return slices.ContainsFunc(all, func(s statement) bool {
		if !pretrained.MatchString(s.text) {
			return false
		}
		m := revision.FindStringSubmatch(s.text)
		if m == nil {
			return true
		}
		return m[1] == "" && !slices.ContainsFunc(all, func(d statement) bool {
			name, value, ok := strings.Cut(d.text, "=")
			return ok && strings.TrimSpace(name) == m[2] && commit.MatchString(value)
		})
	})
}

var chmod = regexp.MustCompile(`chmod ?\(.*, ?0o([0-7]+) ?\)`)

// readable looks for modes that let others in, and for a checkpoint that keeps
// the mode that the system gives it.
func readable(all []statement, _ string) bool {
	own := func(s statement) bool {
		return strings.Contains(s.text, "chmod(OUT") || strings.Contains(s.text, "umask(0o077)")
	}
	return !slices.ContainsFunc(all, own) || slices.ContainsFunc(all, func(s statement) bool {
		m := chmod.FindStringSubmatch(s.text)
		if m == nil {
			return strings.Contains(s.text, "umask(0)")
		}
		mode, err := strconv.ParseInt(m[1], 8, 32)
		return err != nil || mode&0o077 != 0
	})
}

var (
	seeds = regexp.MustCompile(`^(torch\.manual_seed|keras\.utils\.set_random_seed|tf\.random\.set_seed) ?\([^)]`)
	uses  = regexp.MustCompile(`shuffle ?= ?True`)
)

// unseeded looks for randomness before there is a seed.
func unseeded(all []statement, _ string) bool {
	at := slices.IndexFunc(all, func(s statement) bool { return s.indent == 0 && seeds.MatchString(s.text) })
	use := slices.IndexFunc(all, func(s statement) bool { return uses.MatchString(s.text) })
	return at < 0 || use >= 0 && use < at
}

// unverified looks for a table that is read before its digest was compared with
// the approved one.
func unverified(all []statement, digest string) bool {
	reads := slices.IndexFunc(all, func(s statement) bool { return strings.Contains(s.text, "read_csv(") })
	call := slices.IndexFunc(all, func(s statement) bool { return s.indent == 0 && strings.HasPrefix(s.text, "verify(DATA") })
	if call < 0 || reads >= 0 && reads < call {
		return true
	}
	if strings.Contains(all[call].text, digest) {
		return false
	}
	_, arg, _ := strings.Cut(strings.TrimSuffix(all[call].text, ")"), ",")
	return !slices.ContainsFunc(all[:call], func(d statement) bool {
		name, value, ok := strings.Cut(d.text, "=")
		return ok && strings.TrimSpace(name) == strings.TrimSpace(arg) && strings.Contains(value, digest)
	})
}

var (
	fits  = regexp.MustCompile(`(?:scaler\.fit(?:_transform)?|scale\.adapt) ?\( ?(\w+)`)
	split = regexp.MustCompile(`train_test_split ?\(`)
)

// leaks looks for a scaler that has seen the test rows.
func leaks(all []statement, _ string) bool {
	divided := slices.IndexFunc(all, func(s statement) bool { return split.MatchString(s.text) && !strings.HasPrefix(s.text, "from ") })
	for i, s := range all {
		if m := fits.FindStringSubmatch(s.text); m != nil && (i < divided || divided < 0 || !strings.Contains(m[1], "train")) {
			return true
		}
	}
	return false
}
