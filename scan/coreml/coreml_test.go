package coreml

import (
	"testing"

	"quintain/scan/internal/wire"
	"quintain/scan/scantest"
)

func Test(t *testing.T) { scantest.Run(t, Format) }

func Fuzz(f *testing.F) { scantest.Fuzz(f, Format) }

// Every message that a field names is in the schema, so that nothing is walked
// past.
func TestSchema(t *testing.T) {
	s := schema()
	if len(s) < 300 {
		t.Fatalf("%d messages, want at least 300", len(s))
	}
	for name, fields := range s {
		for _, e := range fields {
			if _, ok := s[e.Sub]; e.Kind == wire.Message && !ok {
				t.Errorf("%s.%s is a %q, which the schema does not have", name, e.Name, e.Sub)
			}
		}
	}
	for message, field := range map[string]string{
		"CustomModel": "className", "CustomLayerParams": "className", "LinkedModelFile": "linkedModelFileName", "SerializedModel": "model",
		"MILSpec.Operation": "type", "MILSpec.Value.BlobFileValue": "fileName", "NeuralNetworkLayer": "name", "MILSpec.TensorValue.RepeatedBytes": "values",
	} {
		found := false
		for _, e := range s[message] {
			found = found || e.Name == field
		}
		if !found {
			t.Errorf("the schema has no %s.%s, which the check looks for", message, field)
		}
	}
}
