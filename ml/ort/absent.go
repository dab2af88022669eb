//go:build !ort || !(darwin || linux)

package ort

import "errors"

// open fails.
func open(string, string) (library, error) {
	return nil, errors.New("this program was built without it; build it with go build -tags ort, on Linux or macOS")
}
