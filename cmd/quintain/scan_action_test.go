package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/testscript"
)

// An action is what the tests know of action.yml.
type action struct {
	Inputs map[string]struct {
		Description string `yaml:"description"`
		Default     string `yaml:"default"`
	} `yaml:"inputs"`
	Runs struct {
		Using string `yaml:"using"`
		Steps []struct {
			ID    string            `yaml:"id"`
			Uses  string            `yaml:"uses"`
			Shell string            `yaml:"shell"`
			Env   map[string]string `yaml:"env"`
			Run   string            `yaml:"run"`
		} `yaml:"steps"`
	} `yaml:"runs"`
}

// stepOf returns the script of a step of action.yml.
func stepOf(file, id string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var a action
	if err := yaml.Unmarshal(b, &a); err != nil {
		return "", err
	}
	for _, s := range a.Runs.Steps {
		if s.ID == id {
			return s.Run, nil
		}
	}
	return "", os.ErrNotExist
}

// step writes the script of a step of an action to a file: "step ACTION ID FILE".
func step(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: step ACTION ID FILE")
	}
	run, err := stepOf(ts.MkAbs(args[0]), args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(run), 0o644))
}

// hook writes what a pre-commit hook runs to a file: "hook HOOKS ID FILE".
func hook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: hook HOOKS ID FILE")
	}
	b, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	var hooks []struct {
		ID    string   `yaml:"id"`
		Entry string   `yaml:"entry"`
		Args  []string `yaml:"args"`
	}
	ts.Check(yaml.Unmarshal(b, &hooks))
	for _, h := range hooks {
		if h.ID == args[1] {
			ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(h.Entry+" "+strings.Join(h.Args, " ")+" \"$@\"\n"), 0o644))
			return
		}
	}
	ts.Fatalf("no hook %q", args[1])
}

// The action passes every input to its scripts as a variable, never as part of
// a script, where a pull request could put commands into it.
func TestAction(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "..", "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(b, &a); err != nil {
		t.Fatal(err)
	}
	if a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		t.Errorf("it runs %q with %d steps, want a composite action", a.Runs.Using, len(a.Runs.Steps))
	}
	for _, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("step %q has an expression in its script", s.ID)
		}
		if (s.Run == "") == (s.Uses == "") || (s.Run != "") != (s.Shell == "bash") {
			t.Errorf("step %q runs %q in %q and uses %q", s.ID, s.Run, s.Shell, s.Uses)
		}
	}
	for name, in := range a.Inputs {
		if in.Description == "" || !strings.Contains(string(b), "inputs."+name) {
			t.Errorf("input %q is not described or not used", name)
		}
	}
}

// The step that builds the program does.
func TestActionBuilds(t *testing.T) {
	repo, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	script, err := stepOf(filepath.Join(repo, "action.yml"), "build")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "bash", "-e", "-c", script)
	cmd.Env = append(os.Environ(), "GITHUB_ACTION_PATH="+repo, "RUNNER_TEMP="+dir, "GITHUB_PATH="+filepath.Join(dir, "path"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	path, err := os.ReadFile(filepath.Join(dir, "path"))
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(strings.TrimSpace(string(path)), "quintain")
	if out, err := exec.CommandContext(t.Context(), program, "--version").CombinedOutput(); err != nil || !strings.Contains(string(out), "quintain") {
		t.Errorf("%v: %s", err, out)
	}
}
