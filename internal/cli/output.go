package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"quintain"
	doc "quintain/report"
)

// An output is the flags that every command with a report shares.
type output struct {
	format string
	file   string
	json   bool
	failOn string
	seed   uint64
	grant  string
}

func (o *output) flags(cmd *cobra.Command, cat *catalog) {
	f := cmd.Flags()
	f.StringVar(&o.format, "format", "text", "report as "+strings.Join(formatNames(cat), ", "))
	f.StringVarP(&o.file, "output", "o", "", "write the report to `file`, not to standard output")
	f.BoolVar(&o.json, "json", false, "same as --format json")
	f.StringVar(&o.failOn, "fail-on", "high", "exit with status 1 from this severity: low, medium, high, critical, or none")
	f.Uint64Var(&o.seed, "seed", 1, "seed of everything random; same seed, same bytes")
	f.StringVar(&o.grant, "grant", "", "what checks may do beyond reading their targets: network,spend,write")
}

func formatNames(cat *catalog) []string {
	var names []string
	for _, f := range cat.reports {
		names = append(names, f.Name)
	}
	return names
}

// parse checks the flags before anything runs.
func (o *output) parse(cat *catalog) (f *doc.Format, failOn quintain.Severity, grant quintain.Need, err error) {
	if o.json {
		o.format = "json"
	}
	if f, err = findFormat(cat, o.format); err != nil {
		return nil, 0, 0, err
	}
	if err := failOn.UnmarshalText([]byte(o.failOn)); err != nil {
		return nil, 0, 0, usagef("--fail-on: %w", err)
	}
	if failOn == quintain.None {
		failOn = quintain.Critical + 1 // nothing is that severe
	}
	if grant, err = quintain.ParseNeeds(o.grant); err != nil {
		return nil, 0, 0, usagef("--grant: %w", err)
	}
	return f, failOn, grant, nil
}

func findFormat(cat *catalog, name string) (*doc.Format, error) {
	for _, f := range cat.reports {
		if f.Name == name {
			return f, nil
		}
	}
	return nil, usagef("unknown format %q (have %s)", name, strings.Join(formatNames(cat), ", "))
}

// write renders the document and writes it whole or not at all.
func (o *output) write(env *Env, f *doc.Format, d *doc.Document) error {
	var buf bytes.Buffer
	if err := f.Write(&buf, d); err != nil {
		return fmt.Errorf("write %s report: %w", f.Name, err)
	}
	if o.file == "" || o.file == "-" {
		_, err := env.Stdout.Write(buf.Bytes())
		return err
	}
	return writeFile(o.file, buf.Bytes())
}

// writeDevice writes to what is no regular file. A pipe that nobody reads is an
// error, not something to wait for.
func writeDevice(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

// writeFile puts b into the named file, whole or not at all. A device or pipe
// is written to, never replaced; of a link, what it leads to is replaced.
// The file is its owner's alone, because reports hold prompts and transcripts.
func writeFile(name string, b []byte) error {
	if to, err := filepath.EvalSymlinks(name); err == nil {
		name = to
	}
	switch info, err := os.Stat(name); {
	case err != nil: // it is new
	case info.IsDir():
		return &os.PathError{Op: "write", Path: name, Err: errors.New("is a folder")}
	case !info.Mode().IsRegular():
		return writeDevice(name, b)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) //nolint:errcheck // gone already if all went well
	if _, err := tmp.Write(b); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := tmp.Close(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.Rename(tmp.Name(), name)
}

// status returns the exit status that a report stands for: 3 when nothing at
// all was decided or the run broke off, 1 when the gate failed.
func status(d *doc.Document) error {
	switch d.Verdict() {
	case doc.Incomplete, doc.Undecided:
		return &exitError{statusCannot}
	case doc.Failed:
		return &exitError{statusFailed}
	case doc.Passed:
	}
	return nil
}
