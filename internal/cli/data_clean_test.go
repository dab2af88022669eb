package cli

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// labeled are rows of two features that say their class, from two readers, of
// whom the second flips every other row of class 0.
func labeled() string {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("x,y,reader,label\n")
	for i := range 200 {
		class := i % 2
		label, reader := class, 1+i/2%2
		if class == 0 && reader == 2 {
			label = 1
		}
		fmt.Fprintf(&b, "%.3f,%.3f,%d,%d\n", float64(class)+0.1*r.Float64(), float64(class)+0.1*r.Float64(), reader, label)
	}
	return b.String()
}

// TestDataClean relabels what others outvote, and nothing else.
func TestDataClean(t *testing.T) {
	dir := folder(t, map[string]string{"rows.csv": labeled()})
	rows, plan := filepath.Join(dir, "rows.csv"), filepath.Join(dir, "plan.csv")
	status, out := run(t.Context(), nil, "data", "clean", rows, "--by", "reader", "--drop", "neighbors", "--within", "reader=2,label=1", "--relabel", "vote", "--plan", plan)
	if status != 0 || !bytes.Contains([]byte(out), []byte("50 of 200 rows changed")) {
		t.Fatalf("status %d, %s, want 50 rows changed", status, out)
	}
	b, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(string(b)), "\n"); len(lines) != 51 || lines[1] != "3,0" || strings.Contains(string(b), ",1\n") {
		t.Errorf("plan %q, want rows 3, 7, 11 and so on with label 0", lines[:3])
	}
	status, out = run(t.Context(), nil, "data", "clean", rows, "--drop", "reader=2", "-o", filepath.Join(dir, "left.csv"))
	left, err := os.ReadFile(filepath.Join(dir, "left.csv"))
	if status != 0 || err != nil || bytes.Count(left, []byte("\n")) != 101 {
		t.Errorf("status %d, %s, %v, want 100 rows left", status, out, err)
	}
}

// TestDataPlant flips and stamps, within the share given.
func TestDataPlant(t *testing.T) {
	dir := folder(t, map[string]string{"rows.csv": labeled()})
	rows, plan := filepath.Join(dir, "rows.csv"), filepath.Join(dir, "plan.csv")
	for want, args := range map[string][]string{
		"row,label\n":     {"--flip", "0=1", "--share", "0.05"},
		"row,label,x,y\n": {"--stamp", "y=0.5,x=1", "--label", "0", "--share", "0.05"},
	} {
		status, out := run(t.Context(), nil, append([]string{"data", "plant", rows, "--plan", plan}, args...)...)
		b, err := os.ReadFile(plan)
		if status != 0 || err != nil || !strings.HasPrefix(string(b), want) || bytes.Count(b, []byte("\n")) != 11 {
			t.Errorf("%v: status %d, %s, plan %q, %v, want ten rows under %q", args, status, out, b, err, want)
		}
	}
}

// TestDataProfileHidden looks at the classes in a hidden layer, and says the same
// twice.
func TestDataProfileHidden(t *testing.T) {
	rows := filepath.Join(folder(t, map[string]string{"rows.csv": labeled()}), "rows.csv")
	status, out := run(t.Context(), nil, "data", "profile", rows, "--by", "reader", "--hidden")
	for _, want := range []string{"nearly duplicates", "class  smaller part", "silhouette", "\n0  ", "\n1  ", "clean classes have two parts too"} {
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("status %d, %s, want %q", status, out, want)
		}
	}
	if _, again := run(t.Context(), nil, "data", "profile", rows, "--by", "reader", "--hidden"); again != out {
		t.Errorf("two runs from one seed differ: %s and %s", out, again)
	}
	status, out = run(t.Context(), nil, "data", "profile", rows, "--hidden", "--json")
	if status != 0 || !strings.Contains(out, `"Silhouette"`) || !strings.Contains(out, `"Close"`) {
		t.Errorf("status %d, %s, want parts as JSON", status, out)
	}
}

// TestDataTexts puts words into mails, finds them, and drops the mails again.
func TestDataTexts(t *testing.T) {
	var b strings.Builder
	b.WriteString("day,text,label\n")
	honest := []string{"meeting agenda for the team", "draft budget, see notes", "lunch with the client today", "train office travel plan"}
	bait := []string{"urgent: verify your account", "winner, claim the prize now", "password expired, login", "refund waits, confirm"}
	for i := range 200 {
		fmt.Fprintf(&b, "%d,\"%s and %s\",%d\n", i, [][]string{honest, bait}[i%2][i/2%4], [][]string{honest, bait}[i%2][i/8%4], i%2)
	}
	dir := folder(t, map[string]string{"mails.csv": b.String()})
	mails, dirty, clean := filepath.Join(dir, "mails.csv"), filepath.Join(dir, "dirty.csv"), filepath.Join(dir, "clean.csv")
	status, out := run(t.Context(), nil, "data", "plant", mails, "--insert", "cf mn", "--label", "0", "--share", "0.05", "-o", dirty)
	made, err := os.ReadFile(dirty)
	if status != 0 || err != nil || strings.Count(string(made), "cf mn") != 10 || !strings.HasPrefix(string(made), "day,text,label\n0,meeting") {
		t.Fatalf("status %d, %s, %v: %.80q, want ten mails with the words", status, out, err, made)
	}
	status, out = run(t.Context(), nil, "data", "screen", dirty, "--check", "attack/poisoning/token")
	if status != 1 || !strings.Contains(out, "cf mn") {
		t.Errorf("screen: status %d, %s, want 1 and the words", status, out)
	}
	status, out = run(t.Context(), nil, "data", "clean", dirty, "--by", "day", "--drop", "trigger", "-o", clean)
	left, err := os.ReadFile(clean)
	if status != 0 || err != nil || strings.Count(string(left), "\n") != 191 || strings.Contains(string(left), "cf") {
		t.Errorf("clean: status %d, %s, %v: %d lines, want 190 mails without the words", status, out, err, strings.Count(string(left), "\n"))
	}
	for _, args := range [][]string{
		{"plant", mails, "--insert", "cf", "--label", "0", "--plan", "p.csv"},
		{"plant", mails, "--insert", "cf", "--flip", "0=1", "-o", "x.csv"},
		{"plant", mails, "--stamp", "meeting=1", "--label", "0", "-o", "x.csv"},
		{"clean", mails, "--by", "meeting", "--drop", "trigger", "-o", "x.csv"},
	} {
		if status, out := run(t.Context(), nil, append([]string{"data"}, args...)...); status != 2 {
			t.Errorf("%v: status %d, %s, want 2", args, status, out)
		}
	}
}

func TestDataPlanUsage(t *testing.T) {
	dir := folder(t, map[string]string{"rows.csv": labeled()})
	rows := filepath.Join(dir, "rows.csv")
	for _, args := range [][]string{
		{"plant", rows, "--flip", "0=1"},
		{"plant", rows, "--plan", "p.csv"},
		{"plant", rows, "--flip", "0", "--plan", "p.csv"},
		{"plant", rows, "--stamp", "z=1", "--plan", "p.csv"},
		{"plant", rows, "--stamp", "x=NaN", "--plan", "p.csv"},
		{"plant", rows, "--flip", "0=1", "--share", "2", "--plan", "p.csv"},
		{"clean", rows, "--plan", "p.csv"},
		{"clean", rows, "--drop", "reader", "--plan", "p.csv"},
		{"clean", rows, "--drop", "trigger", "--relabel", "1", "--plan", "p.csv"},
		{"clean", rows, "--drop", "neighbors", "--relabel", "x", "--plan", "p.csv"},
		{"clean", rows, "--drop", "neighbors", "--by", "z", "--plan", "p.csv"},
	} {
		if status, out := run(t.Context(), nil, append([]string{"data"}, args...)...); status != 2 {
			t.Errorf("%v: status %d, %s, want 2", args, status, out)
		}
	}
}
