package openai

import (
	"encoding/json"
	"testing"
)

// FuzzDecode shows that every reply is a message whose arguments are JSON, or
// an error.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"choices":[{"message":{"content":"hi"}}]}`,
		`{"choices":[{"message":{"content":[{"text":"a"}],"tool_calls":[{"id":"1","function":{"name":"f","arguments":"{"}}]}}]}`,
		`{"choices":[{"message":{"tool_calls":[{"function":{"arguments":{"a":1}}},{}]}}]}`,
		`{"error":{"message":"x"}}`, `[]`, `null`, "\xff",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decode(b)
		if err != nil {
			return
		}
		for _, c := range m.ToolCalls {
			if !json.Valid(c.Args) || c.ID == "" {
				t.Errorf("call %+v of %q", c, b)
			}
			if w := encodeCall(c); !json.Valid(w.Function.Arguments) {
				t.Errorf("arguments %q do not go back", c.Args)
			}
		}
	})
}
