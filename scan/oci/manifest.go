package oci

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/strictjson"
)

const maxDescriptors = 1 << 16

// digests are what a digest may be. What is none becomes part of a path when a
// client writes the blob.
var digests = regexp.MustCompile(`^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$`)

// placed are annotations that say where a client puts a blob.
var placed = map[string]bool{"org.opencontainers.image.title": true, "org.cncf.model.filepath": true}

// manifest judges an index or a manifest.
func (d *document) manifest(v *strictjson.Value) error {
	lists := 0
	for _, name := range []string{"manifests", "layers", "blobs"} {
		if v.Get(name) != nil {
			lists++
		}
	}
	if lists > 1 {
		d.f.Reportf(quintain.High, 0, "the document is an index and a manifest at once, so programs differ on what is in the image")
	}
	d.kind(v)
	n := 0
	for i := range v.Members {
		m := &v.Members[i]
		switch m.Name {
		case "manifests", "layers", "blobs":
			if m.Value.Kind != strictjson.Array {
				return scan.Errorf(m.Value.Off, "%s is no list", m.Name)
			}
			for k := range m.Value.Items {
				if n++; n > maxDescriptors {
					return scan.Errorf(m.Value.Off, "%w: more than %d descriptors", scan.ErrBudget, maxDescriptors)
				}
				d.descriptor(m.Name, &m.Value.Items[k])
			}
		case "config", "subject":
			d.descriptor(m.Name, &m.Value)
		case "annotations":
			d.annotations(&m.Value)
		case "schemaVersion", "mediaType", "artifactType":
		default:
			d.f.Doubtf(m.Off, "%q of a manifest is not known", m.Name)
		}
	}
	d.f.Fact("descriptors", strconv.Itoa(n))
	return nil
}

// kind compares what a document says that it is with what it holds.
func (d *document) kind(v *strictjson.Value) {
	if s, ok := v.Get("artifactType").Str(); ok {
		d.f.Fact("artifact", s)
	} else if s, ok := v.Get("config").Get("mediaType").Str(); ok {
		d.f.Fact("artifact", s)
	}
	s, ok := v.Get("mediaType").Str()
	if !ok {
		return
	}
	index := strings.Contains(s, "index") || strings.Contains(s, "manifest.list")
	if index != (v.Get("manifests") != nil) {
		d.f.Reportf(quintain.High, v.Get("mediaType").Off, "the document says that it is %q and holds something else, so programs differ on it", s)
	}
}

// descriptor judges what points to a blob.
func (d *document) descriptor(list string, v *strictjson.Value) {
	if v.Kind != strictjson.Object {
		d.f.Doubtf(v.Off, "a descriptor among %s is no object", list)
		return
	}
	digest, _ := v.Get("digest").Str()
	switch {
	case digests.MatchString(digest):
	case strings.ContainsAny(digest, `/\`) || strings.Contains(digest, ".."):
		d.f.Reportf(quintain.High, v.Off, "the digest %q is a path, to which some clients write or from which they read", digest)
	default:
		d.f.Reportf(quintain.Medium, v.Off, "%q is no digest, so nobody knows what the blob should be", digest)
	}
	size, err := strconv.ParseInt(text(v.Get("size")), 10, 64)
	if err != nil || size < 0 {
		d.f.Doubtf(v.Off, "the size of blob %s is not stated", digest)
	}
	if urls := v.Get("urls"); urls != nil && len(urls.Items) > 0 {
		d.f.Reportf(quintain.Medium, urls.Off, "blob %s is fetched from %q, not from where the image is", digest, text(&urls.Items[0]))
	}
	if a := v.Get("annotations"); a != nil {
		d.annotations(a)
	}
	if data := v.Get("data"); data != nil {
		d.embedded(digest, size, data)
	}
}

// text returns the text of a value as it is written, or "".
func text(v *strictjson.Value) string {
	if v == nil {
		return ""
	}
	return v.Text
}

// annotations judges where a client is told to put a blob.
func (d *document) annotations(v *strictjson.Value) {
	for i := range v.Members {
		m := &v.Members[i]
		if s, ok := m.Value.Str(); ok && placed[m.Name] && outside(s) {
			d.f.Reportf(quintain.High, m.Value.Off, "a blob is unpacked outside the folder it should be in, to %q", s)
		}
	}
}

// outside reports whether a path leads out of its folder.
func outside(p string) bool {
	p = strings.ReplaceAll(p, `\`, "/")
	return strings.HasPrefix(p, "/") || len(p) > 1 && p[1] == ':' || slices.Contains(strings.Split(p, "/"), "..")
}

// embedded inspects a blob that is in its descriptor.
func (d *document) embedded(digest string, size int64, v *strictjson.Value) {
	b, err := base64.StdEncoding.DecodeString(text(v))
	if err != nil {
		d.f.Doubtf(v.Off, "the data of blob %s: %v", digest, err)
		return
	}
	sum := fmt.Sprintf("sha256:%x", sha256.Sum256(b))
	if int64(len(b)) != size || strings.HasPrefix(digest, "sha256:") && digest != sum {
		d.f.Reportf(quintain.High, v.Off, "the data of blob %s is another one, of %d bytes: %s", digest, len(b), sum)
	}
	if string(b) == "{}" || len(b) == 0 { // what has no configuration has this
		return
	}
	if _, err := d.f.Descend(d.ctx, "data", bytes.NewReader(b), int64(len(b))); err != nil {
		d.f.Doubtf(v.Off, "the data of blob %s is not analyzed: %v", digest, err)
	}
}

// saved judges the list that docker save writes.
func (d *document) saved(v *strictjson.Value) {
	for i := range v.Items {
		image := &v.Items[i]
		files := []*strictjson.Value{image.Get("Config")}
		if layers := image.Get("Layers"); layers != nil {
			for k := range layers.Items {
				files = append(files, &layers.Items[k])
			}
		}
		for _, x := range files {
			s, ok := x.Str()
			switch {
			case !ok:
				d.f.Doubtf(image.Off, "an image names a file that is no text")
			case outside(s) || s != path.Clean(s):
				d.f.Reportf(quintain.High, x.Off, "the image reads %q, outside of its own files", s)
			}
		}
	}
	d.f.Fact("images", strconv.Itoa(len(v.Items)))
}
