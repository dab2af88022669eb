package cli

import (
	"bytes"
	"context"
	"io"

	"golang.org/x/term"
)

// The keys that end a program, which a terminal that hands over each key does
// not turn into signals.
const (
	ctrlC = 0x03
	ctrlD = 0x04
)

// readKeys hands over each key that is pressed, where standard input and output
// are a terminal; elsewhere keys is nil and nothing is changed. The key q and
// what ends a program call quit at once, whatever else is going on. Output goes
// to shown until restore was called.
func readKeys(env *Env, quit context.CancelFunc) (keys <-chan byte, shown *Env, restore func(), err error) {
	in, ok := env.Stdin.(interface {
		io.Reader
		Fd() uintptr
	})
	if !ok || !isTerminal(in) || !isTerminal(env.Stdout) {
		return nil, env, func() {}, nil
	}
	fd := int(in.Fd())
	old, err := term.MakeRaw(fd)
	if err != nil {
		return nil, nil, nil, err
	}
	out := *env
	out.Stdout = &crlf{env.Stdout}
	if isTerminal(env.Stderr) {
		out.Stderr = &crlf{env.Stderr}
	}
	return pressed(in, quit), &out, func() {
		term.Restore(fd, old) //nolint:errcheck // there is nothing left to tell it on
	}, nil
}

func isTerminal(v any) bool {
	f, ok := v.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// pressed reads keys until there are no more. One that nobody takes in time is
// dropped: whoever leans on a key wants no queue. The goroutine ends with its
// input, which for a terminal is with the program.
func pressed(in io.Reader, quit context.CancelFunc) <-chan byte {
	keys := make(chan byte, 1)
	go func() {
		defer close(keys)
		b := make([]byte, 16) // an arrow key is several bytes at once
		for {
			n, err := in.Read(b)
			switch {
			case n == 0 && err != nil:
				return
			case n != 1: // no key of ours
				continue
			case b[0] == 'q' || b[0] == 'Q' || b[0] == ctrlC || b[0] == ctrlD:
				quit()
				return
			}
			select {
			case keys <- b[0]:
			default:
			}
		}
	}()
	return keys
}

// A crlf writer begins lines at the left of a terminal that does not do so by
// itself.
type crlf struct{ w io.Writer }

// Write implements [io.Writer].
func (c *crlf) Write(b []byte) (int, error) {
	if _, err := c.w.Write(bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(b), nil
}
