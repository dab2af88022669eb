package hexfs_test

import (
	"bytes"
	"strings"
	"testing"

	"quintain/internal/hexfs"
)

func TestDecode(t *testing.T) {
	for name, tc := range map[string]struct {
		in, want string
	}{
		"empty":    {"", ""},
		"comment":  {"  # nothing\n\n", ""},
		"digits":   {"80 02\n 2e # STOP\n", "\x80\x02."},
		"run":      {"8002 4e2E", "\x80\x02N."},
		"string":   {`63 "os\nsystem\n" "#"`, "cos\nsystem\n#"},
		"repeat":   {`00*3 "ab"*2 ff`, "\x00\x00\x00abab\xff"},
		"none":     {`00*0`, ""},
		"adjacent": {`28"x"29`, "(x)"},
		"escape":   {`"\x80\u00e9"`, "\x80é"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := hexfs.Decode([]byte(tc.in))
			if err != nil || string(got) != tc.want {
				t.Errorf("Decode(%q) = %q, %v, want %q", tc.in, got, err, tc.want)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"odd":       {"8", "line 1"},
		"word":      {"80\nos", "line 2"},
		"open":      {`"os`, "line 1"},
		"bad count": {"00*x", "count"},
		"bare star": {"*3", "nothing stands before"},
		"too much":  {"00*99999999999", "more than"},
		"overflow":  {"00*99999999999999999999", "count"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := hexfs.Decode([]byte(tc.in))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Decode(%q) = %q, %v, want an error with %q", tc.in, got, err, tc.want)
			}
		})
	}
}

func TestEncode(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for n := range all {
		got, err := hexfs.Decode(hexfs.Encode(all[:n]))
		if err != nil || !bytes.Equal(got, all[:n]) {
			t.Fatalf("Decode(Encode(%x)) = %x, %v", all[:n], got, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("80 02 \"x\"*3 # c"))
	f.Fuzz(func(t *testing.T, in []byte) {
		b, err := hexfs.Decode(in)
		if err != nil || len(b) > 1<<16 { // as text, 16 MiB of the same byte take seconds
			return
		}
		back, err := hexfs.Decode(hexfs.Encode(b))
		if err != nil || !bytes.Equal(back, b) {
			t.Errorf("Decode(Encode(%x)) = %x, %v", b, back, err)
		}
	})
}
