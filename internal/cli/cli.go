// Package cli is the command line: one file per command, and the wiring of
// engines to what they need.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	doc "quintain/report"
)

// The exit statuses.
const (
	statusOK      = 0 // ran, and nothing at or above --fail-on
	statusFailed  = 1 // ran, and something was
	statusUsage   = 2 // used wrongly
	statusCannot  = 3 // could not run, or ended without a verdict
	statusExplain = `Exit status: 0 ran and nothing at or above --fail-on; 1 ran and something was;
2 used wrongly; 3 could not run, or no verdict.`
)

// An Env is everything that a command may touch of the process it runs in.
type Env struct {
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
}

// terminal reports whether w is a terminal, and one that may be written to
// with colors and carriage returns.
func (e *Env) terminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd())) && e.Getenv("TERM") != "dumb" && e.Getenv("NO_COLOR") == ""
}

// Main runs the command line and returns the exit status.
func Main(ctx context.Context, env *Env) int {
	out := &sticky{w: env.Stdout}
	shown := *env
	shown.Stdout = out
	env = &shown
	root := rootCommand(env)
	root.SetArgs(env.Args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	var err error
	if env.terminal(env.Stdout) && asksHelp(env.Args) {
		err = fang.Execute(ctx, root, fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {}), fang.WithVersion(version()))
	} else {
		err = root.ExecuteContext(ctx)
	}
	if quiet, ok := errors.AsType[*exitError](err); out.err != nil && (err == nil || ok && quiet.status != statusCannot) {
		err = fmt.Errorf("write to standard output: %w", out.err)
	}
	return tell(env.Stderr, err)
}

// A sticky writer keeps the first error, so that output that was lost is told
// whoever wrote it.
type sticky struct {
	w   io.Writer
	err error
}

// Write implements [io.Writer].
func (s *sticky) Write(b []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(b)
	s.err = err
	return n, err
}

// Fd returns the file descriptor of the writer below, if it has one.
func (s *sticky) Fd() uintptr {
	if f, ok := s.w.(interface{ Fd() uintptr }); ok {
		return f.Fd()
	}
	return ^uintptr(0)
}

// asksHelp reports whether args ask for a page of help. Only those pages are
// styled, because styling asks the terminal for its colors and waits for the
// answer.
func asksHelp(args []string) bool {
	return len(args) > 0 && args[0] == "help" || slices.ContainsFunc(args, func(a string) bool { return a == "-h" || a == "--help" })
}

// maxErrors is how many mistakes of one input are told.
const maxErrors = 8

// tell prints an error as one line, several that were joined as one line each,
// with a hint as another, and returns the exit status it stands for.
func tell(w io.Writer, err error) int {
	if err == nil {
		return statusOK
	}
	if quiet, ok := errors.AsType[*exitError](err); ok {
		return quiet.status
	}
	lines := strings.Split(strings.TrimRight(err.Error(), "\n"), "\n")
	for i, line := range lines {
		if i == maxErrors {
			fmt.Fprintf(w, "quintain: and %d more\n", len(lines)-i)
			break
		}
		fmt.Fprintf(w, "quintain: %s\n", oneLine(plainly(line)))
	}
	if h, ok := errors.AsType[*hintError](err); ok {
		fmt.Fprintf(w, "hint: %s\n", oneLine(h.hint))
	}
	if _, ok := errors.AsType[*usageError](err); ok {
		return statusUsage
	}
	return statusCannot
}

// oneLine makes text safe to print as one line of a terminal.
func oneLine(s string) string { return doc.Line(strings.TrimRight(s, "\n")) }

// An exitError ends the program with a status and no message.
type exitError struct{ status int }

func (e *exitError) Error() string { return fmt.Sprintf("exit status %d", e.status) }

// A usageError says that the command was used wrongly.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// A hintError adds what can be done about an error.
type hintError struct {
	error
	hint string
}

func (e *hintError) Unwrap() error { return e.error }

func hint(err error, format string, args ...any) error {
	return &hintError{err, fmt.Sprintf(format, args...)}
}

func rootCommand(env *Env) *cobra.Command {
	cat := newCatalog()
	root := &cobra.Command{
		Use:           "quintain",
		Short:         "Secure AI systems, and learn how to",
		Long:          "Quintain tests AI systems by doing what an attacker would, and reports what was\ndemonstrated, what was resisted, and what is untested.\n\n" + statusExplain,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return hint(usagef("unknown command %q", args[0]), "quintain --help lists the commands")
			}
			if env.terminal(env.Stdout) {
				o := serveFlags{keys: keyFlag{defaultKeyEnv}}
				return o.serve(cmd.Context(), env, cat)
			}
			return cmd.Help()
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		assessCommand(env, cat),
		fetchCommand(env),
		scanCommand(env, cat),
		attackCommand(env, cat),
		dataCommand(env, cat),
		defendCommand(env, cat),
		probeCommand(env, cat),
		threatCommand(env, cat),
		labCommand(env),
		llmCommand(env),
		modelCommand(env),
		taxonomyCommand(env),
		pathCommand(env),
		serveCommand(env, cat),
		ledgerCommand(env),
		reportCommand(env, cat),
		checksCommand(env, cat),
		explainCommand(env, cat),
	)
	for _, c := range root.Commands() {
		if c.Long == "" {
			c.Long = c.Short + "."
		}
		c.Long += "\n\n" + statusExplain
	}
	return root
}

// version returns the version that the binary was built as.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "0.1.0-dev"
}
