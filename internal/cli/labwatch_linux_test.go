package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/term"
)

// terminals opens a terminal and its other end, where the keys come from and
// the output goes.
func terminals(t *testing.T) (near, far *os.File) {
	t.Helper()
	far, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() }) //nolint:errcheck // closed by then
	var locked, n int32
	for _, c := range []struct {
		request uintptr
		arg     *int32
	}{{syscall.TIOCSPTLCK, &locked}, {syscall.TIOCGPTN, &n}} {
		if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, far.Fd(), c.request, uintptr(unsafe.Pointer(c.arg))); e != 0 {
			t.Fatal(e)
		}
	}
	near, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close() }) //nolint:errcheck // closed by then
	return near, far
}

// TestWatchOnTerminal watches an exercise on a terminal: keys come one by one,
// lines begin at the left, a save is checked, q ends it, and the terminal is
// left as it was.
func TestWatchOnTerminal(t *testing.T) {
	near, far := terminals(t)
	before, err := term.GetState(int(near.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	status := make(chan int, 1)
	go func() {
		status <- Main(ctx, &Env{
			Args: []string{"lab", "watch", "F01", "--home", home}, Stdin: near, Stdout: near, Stderr: near,
			Getenv: func(string) string { return "" }, Now: time.Now,
		})
	}()
	out := bufio.NewReader(far)
	wait := func(words string) {
		t.Helper()
		for {
			line, err := out.ReadString('\n')
			if err != nil {
				t.Fatalf("no line with %q before the end: %v", words, err)
			}
			if !strings.HasSuffix(line, "\r\n") {
				t.Errorf("line %q ends without a return", line)
			}
			if strings.Contains(line, words) {
				return
			}
		}
	}
	press := func(key string) {
		t.Helper()
		if _, err := far.WriteString(key); err != nil {
			t.Fatal(err)
		}
	}
	wait("watching")
	wait("evidence:")
	wait(keyHelp)
	press("h")
	wait("Hint 1 of 3")
	press("x")
	wait(keyHelp)
	if err := os.WriteFile(filepath.Join(home, "lab", "F01", "extra.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	wait("FAIL")
	wait(keyHelp)
	press("\x03")
	if got := <-status; got != statusOK {
		t.Errorf("status %d, want 0", got)
	}
	after, err := term.GetState(int(near.Fd()))
	if err != nil || *after != *before {
		t.Errorf("the terminal is left as %+v, %v, want %+v", after, err, before)
	}
}
