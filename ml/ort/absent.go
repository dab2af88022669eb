//go:build !ort || !(darwin || linux)

package ort

import "errors"

// Built reports whether the program was built with the tag ort.
const Built = false

// open fails.
func open(string, string) (library, error) {
	return nil, errors.New("this program was built without it; build it with go build -tags ort, on Linux or macOS")
}
