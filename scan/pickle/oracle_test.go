package pickle

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"
)

// TestOracle compares the machine with CPython: whatever either unpickler of
// CPython imports, the machine has imported too, or it has said that the two
// disagree. The programs are random, half of them broken; testdata/oracle.py
// made them and asked.
func TestOracle(t *testing.T) {
	file := "testdata/oracle.jsonl.gz"
	if other := os.Getenv("QUINTAIN_ORACLE"); other != "" {
		file = other // a larger sample
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	programs, imports, differ := 0, 0, 0
	for dec := json.NewDecoder(z); dec.More(); programs++ {
		var line struct {
			P string
			I [][2]string
		}
		if err := dec.Decode(&line); err != nil {
			t.Fatal(err)
		}
		data, err := base64.StdEncoding.DecodeString(line.P)
		if err != nil {
			t.Fatal(err)
		}
		imports += len(line.I)
		m := newMachine(bytes.NewReader(data), int64(len(data)))
		_, err = m.run()
		if m.differs {
			differ++
			continue
		}
		for _, want := range line.I {
			if !m.imported(want) {
				t.Errorf("%q imports %q in CPython and not here (%v)", data, want, err)
			}
		}
	}
	if programs < 3000 || imports < 3000 || differ > programs/4 {
		t.Errorf("%d programs with %d imports, %d of them skipped because unpicklers differ: the sample proves too little", programs, imports, differ)
	}
}

// imported reports whether the machine has met a name.
func (m *machine) imported(name [2]string) bool {
	for i := range m.nodes {
		if n := &m.nodes[i]; n.kind == nodeGlobal && n.module == name[0] && n.name == name[1] {
			return true
		}
	}
	return false
}
