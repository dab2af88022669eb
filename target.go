package quintain

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// A Kind is a kind of thing that can be tested or described.
type Kind string

// The kinds.
const (
	KindSystem     Kind = "system"     // a system model, system.yaml
	KindArtifact   Kind = "artifact"   // a model file, an archive of them, or a folder
	KindClassifier Kind = "classifier" // a learned model with data to test it on
	KindDataset    Kind = "dataset"    // rows of training or test data
	KindChat       Kind = "chat"       // an endpoint that answers messages
	KindAgent      Kind = "agent"      // an application that answers messages and calls tools
	KindPrompt     Kind = "prompt"     // a system prompt
	KindTool       Kind = "tool"       // a tool an agent may call
)

// A Target is the thing under test, described as data.
//
// A Target can be stored, compared, and handed to a worker on another machine.
// Opening it (reading the file, loading the weights, dialing the endpoint) is
// the business of the engine that accepts its Kind. Credentials are never part
// of a Target; engines receive them when they are constructed.
type Target struct {
	Kind   Kind   `json:"kind"`
	Ref    string `json:"ref"`             // path, URL or name, as the operator wrote it
	Digest Digest `json:"digest,omitzero"` // of everything the result depends on, where that is fixed

	// With names what the test needs beside the subject itself: "data" for
	// the rows a classifier is attacked on, "prompt" for a system prompt
	// file. Keys are documented by the engine that reads them.
	With map[string]string `json:"with,omitempty"`
}

// String returns the kind and the reference, such as "artifact model.pt".
func (t Target) String() string { return string(t.Kind) + " " + t.Ref }

// credential matches the query of an address that carries one.
var credential = regexp.MustCompile(`(?i)(^|[&;_.-])(api_?-?key|key|token|secret|password|passwd|pwd|sig|signature|auth|code)=`)

// Validate reports whether t may be stored and shown. An address with a user
// name, a password or a key may not; the error does not quote it.
func (t Target) Validate() error {
	_, rest, remote := strings.Cut(t.Ref, "://")
	if authority, _, _ := strings.Cut(rest, "/"); remote && strings.Contains(authority, "@") {
		return errors.New("the address carries a user name or a password, which would end up in reports")
	}
	if _, query, ok := strings.Cut(rest, "?"); remote && ok && credential.MatchString(query) {
		return errors.New("the address carries a key, which would end up in reports")
	}
	if err := t.Digest.Validate(); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	return nil
}

// A Digest names bytes: "sha256:" and 64 hexadecimal digits. The zero Digest
// means that the bytes are not known.
type Digest string

// DigestOf returns the digest of b.
func DigestOf(b []byte) Digest {
	sum := sha256.Sum256(b)
	return Digest("sha256:" + hex.EncodeToString(sum[:]))
}

// DigestSum makes a Digest from a finished SHA-256 sum.
func DigestSum(sum []byte) Digest { return Digest("sha256:" + hex.EncodeToString(sum)) }

// Short returns the first twelve hexadecimal digits, for people.
func (d Digest) Short() string {
	h := strings.TrimPrefix(string(d), "sha256:")
	return h[:min(12, len(h))]
}

// Validate reports whether d is well formed; the zero Digest is.
func (d Digest) Validate() error {
	if d == "" {
		return nil
	}
	h, ok := strings.CutPrefix(string(d), "sha256:")
	if b, err := hex.DecodeString(h); !ok || err != nil || len(b) != sha256.Size {
		return fmt.Errorf("digest %q is not sha256 and 64 hexadecimal digits", string(d))
	}
	return nil
}
