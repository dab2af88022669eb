package cli

import "encoding/json"

// encode writes v to standard output as indented JSON.
func encode(env *Env, v any) error {
	enc := json.NewEncoder(env.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
