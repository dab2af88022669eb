package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"quintain/internal/cli"
)

// now is the clock of every script: acceptances end and reports repeat.
var now = time.Date(2026, time.December, 1, 12, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"quintain": func() {
			os.Exit(cli.Main(context.Background(), &cli.Env{
				Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv,
				Now: func() time.Time { return now },
			}))
		},
	})
}

// TestScripts runs the transcripts in testdata.
func TestScripts(t *testing.T) {
	repo, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("REPO", repo)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"status":   status,
			"endpoint": endpoint,
			"poke":     poke,
			"example":  example,
			"step":     step,
			"hook":     hook,
		},
	})
}

// status runs quintain and demands an exit status: "status 3 scan x.bin".
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: status N ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("quintain", args[1:]...)
	got := 0
	if err != nil {
		_, text, ok := strings.Cut(err.Error(), "exit status ")
		if !ok {
			ts.Fatalf("quintain %q: %v", args[1:], err)
		}
		got, err = strconv.Atoi(text)
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("quintain %q ended with status %d, want %d", args[1:], got, want)
	}
}

// endpoint starts a server on loopback that misbehaves in one way, and puts
// its address into the environment: "endpoint URL 500".
func endpoint(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: endpoint VARIABLE BEHAVIOR")
	}
	answer := map[string]http.HandlerFunc{
		"500":  func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusInternalServerError) },
		"html": func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>hello</html>")) }, //nolint:errcheck // the test sees what came
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for {
				if _, err := w.Write([]byte(strings.Repeat(" ", 1<<16))); err != nil {
					return
				}
			}
		},
		"pickle": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"one"`)
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader("cos\nsystem\n(S'id'\ntR."))
		},
		"elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://models.example.com/m.pkl", http.StatusFound)
		},
		"refusal": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(`{"choices":[{"message":{"role":"assistant","content":"I cannot help with that."}}]}`)) //nolint:errcheck // the test sees what came
		},
		"hang":     func(_ http.ResponseWriter, r *http.Request) { drain(r); <-r.Context().Done() },
		"tomorrow": tomorrow,
		"dies":     dies(),
		"flood":    flood,
		"clueless": clueless,
		"naive":    speaks("naive"),
		"hardened": speaks("hardened"),
	}[args[1]]
	if answer == nil {
		ts.Fatalf("endpoint: no behavior %q", args[1])
	}
	s := httptest.NewServer(answer)
	ts.Defer(func() { s.CloseClientConnections(); s.Close() })
	ts.Setenv(args[0], s.URL+"/v1")
}

// example copies the example clinic into a folder: "example DIR".
func example(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: example DIR")
	}
	ts.Check(os.CopyFS(ts.MkAbs(args[0]), os.DirFS(filepath.Join(ts.Getenv("REPO"), "examples", "clinic"))))
}

// poke changes one byte of a file: "poke FILE OFFSET".
func poke(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: poke FILE OFFSET")
	}
	name := ts.MkAbs(args[0])
	b, err := os.ReadFile(name)
	ts.Check(err)
	at, err := strconv.Atoi(args[1])
	ts.Check(err)
	b[at] ^= 1
	ts.Check(os.WriteFile(name, b, 0o644))
}
