package cli

import doc "quintain/report"

// encode writes v to standard output as indented JSON.
func encode(env *Env, v any) error { return doc.WriteJSON(env.Stdout, v) }
