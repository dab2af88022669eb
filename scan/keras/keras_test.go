package keras

import (
	"testing"

	"quintain/scan/scantest"
)

func Test(t *testing.T) { scantest.Run(t, Format) }

func Fuzz(f *testing.F) { scantest.Fuzz(f, Format) }

func TestPolicy(t *testing.T) {
	if _, err := parsePolicy(allowText); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"class layers", "klass layers: Dense", "class layers: A A"} {
		if _, err := parsePolicy(bad); err == nil {
			t.Errorf("parsePolicy(%q) succeeds, want an error", bad)
		}
	}
}

func TestBelow(t *testing.T) {
	for module, want := range map[string]string{
		"keras": ".", "keras.layers": "layers", "keras.src.layers.core.dense": "layers", "keras.src": ".",
		"keras.src.models.functional": "models", "keras.src.engine.sequential": "models", "keras.src.ops.numpy": "ops.numpy",
		"tf_keras.src.optimizers.schedules.learning_rate_schedule": "optimizers.schedules",
		"tensorflow.python.keras.layers":                           "layers", "kerasx.layers": "", "os": "",
	} {
		if got := below(module); got != want {
			t.Errorf("below(%q) = %q, want %q", module, got, want)
		}
		if got := isKeras(module); got != (want != "") {
			t.Errorf("isKeras(%q) = %v", module, got)
		}
	}
}
