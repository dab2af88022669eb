package fetch_test

import (
	"strings"
	"testing"

	"quintain/internal/fetch"
)

// TestParse says what a source is, and that errors quote no password.
func TestParse(t *testing.T) {
	for _, ok := range []string{
		"https://h/m.bin", "http://h/a/b?x=y", "HTTPS://h/m.bin", "hf:o/n", "hf:gpt2", "hf:o/n@refs/pr/1", "s3://buck/", "s3://buck", "s3://buck/a/b",
		"oci://h/r", "oci://h:5000/a/b:t", "oci://h/r:t@" + string(digest(nil)), "oci://[::1]:5000/r@" + string(digest(nil)), "mlflow:m/1", "mlflow:a b/c/12",
	} {
		if _, err := fetch.Parse(ok); err != nil {
			t.Errorf("Parse(%q): %v", ok, err)
		}
	}
	for _, bad := range []string{
		"", "model.bin", "ftp://h/m", "https://", "https://h", "https://h/", "https://u:canary@h/m", "https://h/%zzcanary", "hf:", "hf:a/b/c", "hf:../x", "hf:o/n@", "hf:o/..",
		"s3:/b/k", "s3://B_/k", "s3://a", "oci:h/r", "oci://h", "oci://h/R", "oci://u:canary@h/r", "oci://h/r:", "oci://h/r@sha256:12", "oci://h/r@", "oci:///r", "mlflow:m", "mlflow:/1", "mlflow:m/latest",
	} {
		if s, err := fetch.Parse(bad); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("Parse(%q) = %v, error %v, want one that quotes no password", bad, s, err)
		}
	}
}
