package hydra

import (
	"testing"

	"quintain/scan/scantest"
)

func Test(t *testing.T) { scantest.Run(t, Format) }

func Fuzz(f *testing.F) { scantest.Fuzz(f, Format) }

func TestAllowed(t *testing.T) {
	for name, want := range map[string]bool{
		"torch.nn.Linear":                               true,
		"torch.nn.modules.linear.Linear":                true,
		"torch.nn.functional.relu":                      true,
		"torch.optim.lr_scheduler.CosineAnnealingLR":    true,
		"nemo.collections.asr.modules.ConformerEncoder": true,
		"builtins.dict":                                 true,
		"builtins.eval":                                 false,
		"torch.nn.functional.os.system":                 false,
		"torch.nn.modules.torch.load":                   false,
		"nemo.core.os.system":                           false,
		"nemo.core.subprocess.Popen":                    false,
		"nemo.collectionsx.Encoder":                     false,
		"nemo.core.__loader__.Loader":                   false,
		"torch.nn.Linear.__init__":                      false,
		"torch.nn.":                                     false,
		"torch.load":                                    false,
		"os.system":                                     false,
		"":                                              false,
	} {
		if got := allowed(name); got != want {
			t.Errorf("allowed(%q) = %v, want %v", name, got, want)
		}
	}
}

// Configurations by name are read whole, other JSON only if it names code.
func TestMatch(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       bool
	}{
		{"config.json", `{"model_type": "bert"}`, true},
		{"config", `{"model_type": "bert"}`, false},
		{"config.json", "cos\nsystem\n", false},
		{"config.json", `{"auto_map": {}}`, true},
		{"config.json", `{"\u0061uto_map": {}}`, true},
		{"a.yaml", "a: 1\n", true},
		{"a.yml", "a: !!python/name:x\n", true},
		{"README.md", "pass trust_remote_code=True\n", false},
		{"a.yaml", "a: _target_\x00", false},
		{"a.yaml", "", false},
		{"a.yaml", `"\x5ftarget\x5f": os.system`, true},
		{"a.yaml", `"\U0000005ftarget\u005f": os.system`, true},
		{"a.yaml", "\"_tar\\\n  get_\": os.system", true},
		{"a.yaml", "\"\\", true},
		{"a", `{"target": "a.b"}`, false},
		{"a", `{"target": "a.b", "params": {}}`, true},
		{"a", `{"mytarget": "a.b", "params": {}}`, false},
		{"a.json", `{"target": "a.b", "params": {}}`, true},
		{"a.json", `{"t\u0061rget": "a.b", "par\u0061ms": {}}`, true},
	} {
		if got := match(c.name, []byte(c.text)); got != c.want {
			t.Errorf("match(%q, %q) = %v, want %v", c.name, c.text, got, c.want)
		}
	}
}
