//go:build unix

package cli

import (
	"syscall"
	"time"
)

// processorTime returns a clock that says how much processor time this process
// has used.
func processorTime(*Env) func() time.Duration {
	return func() time.Duration {
		var r syscall.Rusage
		if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
			return 0
		}
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
}
