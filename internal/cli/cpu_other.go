//go:build !unix

package cli

import "time"

// processorTime returns a clock that says how much time has passed, where the
// time of a process cannot be had.
func processorTime(env *Env) func() time.Duration {
	begun := env.Now()
	return func() time.Duration { return env.Now().Sub(begun) }
}
