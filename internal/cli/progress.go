package cli

import (
	"fmt"
	"sync"
)

// A progress line shows how far long work has come: on a terminal one line
// that is written over, elsewhere nothing unless verbose.
type progress struct {
	env   *Env
	tty   bool
	plain bool

	mu   sync.Mutex
	last string
}

func newProgress(env *Env, plain bool) *progress {
	return &progress{env: env, tty: env.terminal(env.Stderr), plain: plain}
}

// step says that done of total steps are done and what is being done now.
func (p *progress) step(done, total int, doing string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	line := fmt.Sprintf("[%d/%d] %s", done, total, oneLine(doing))
	switch {
	case line == p.last:
	case p.tty:
		const width = 78
		if r := []rune(line); len(r) > width {
			line = string(r[:width-1]) + "…"
		}
		fmt.Fprintf(p.env.Stderr, "\r\x1b[K%s", line)
	case p.plain && doing != "":
		fmt.Fprintln(p.env.Stderr, line)
	}
	p.last = line
}

// clear removes the line from the terminal.
func (p *progress) clear() {
	if p.tty {
		fmt.Fprint(p.env.Stderr, "\r\x1b[K")
	}
}
