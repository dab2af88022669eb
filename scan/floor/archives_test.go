package floor_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// evil and harmless are the contents of most archives.
func evil() []byte     { return newProgram().payload().end() }
func harmless() []byte { return newProgram().expr(`{"weight": [1, 2, 3]}`).end() }

// archives returns what hides a pickle in containers, and what containers do
// on their own when they are unpacked.
func archives() []*entry {
	out := make([]*entry, 0, 64)
	add := func(ids, format, name, what string, runs bool, build func(f facts) []byte) {
		out = append(out, &entry{ids: strings.Split(ids, ","), format: format, what: what, name: name, runs: runs, make: build})
	}
	torch := func(ids, what string, build func(f facts) []byte) { add(ids, "torch", "model.pt", what, true, build) }

	torch("torch-plain", "runs as the object of a checkpoint", func(f facts) []byte { return checkpoint(f, evil()) })
	torch("torch-protocol-0", "runs as a pickle of protocol 0 in a checkpoint", func(f facts) []byte {
		return checkpoint(f, []byte("cos\nsystem\n(S'"+command+"'\ntR."))
	})
	torch("torch-broken-tail", "runs in a checkpoint and then breaks", func(f facts) []byte { return checkpoint(f, append(newProgram().payload().b, 0xff, 0xff)) })
	torch("torch-deflated", "runs in a checkpoint whose members are compressed", func(f facts) []byte {
		return zipOf(f, member{name: "archive/data.pkl", data: evil(), deflate: true})
	})
	torch("zip-behind-pickle", "is a pickle for one loader and an archive for another", func(f facts) []byte { return append(harmless(), checkpoint(f, evil())...) })
	torch("pickle-before-zip", "is an archive for a scanner and a pickle for a loader", func(f facts) []byte { return append(evil(), checkpoint(f, harmless())...) })
	torch("zip-duplicate-first", "has two members of one name, the first of which runs", func(f facts) []byte {
		return checkpoint(f, evil(), member{name: "archive/data.pkl", data: harmless()})
	})
	torch("zip-duplicate-last", "has two members of one name, the last of which runs", func(f facts) []byte {
		return checkpoint(f, harmless(), member{name: "archive/data.pkl", data: evil()})
	})
	torch("zip-case", "has two members whose names differ in case only", func(f facts) []byte {
		return checkpoint(f, harmless(), member{name: "archive/DATA.pkl", data: evil()})
	})
	torch("zip-in-zip", "runs in an archive within an archive", func(f facts) []byte {
		return zipOf(f, member{name: "inner.pt", data: checkpoint(f, evil())})
	})
	torch("zip-in-zip-deep", "runs in an archive within six archives", func(f facts) []byte {
		b := checkpoint(f, evil())
		for range 6 {
			b = zipOf(f, member{name: "inner.zip", data: b})
		}
		return b
	})
	add("zip-unlisted", "torch", "model.pt", "has a member that the directory does not list", false, func(f facts) []byte {
		return checkpoint(f, harmless(), member{name: "archive/data.pkl", data: evil(), hidden: true})
	})
	torch("GHSA-769v-p64c-89pr,CVE-2025-1889", "runs in a member whose name promises no pickle", func(f facts) []byte {
		return checkpoint(f, newProgram().expr(`functools:partial(torch:load)("model.pt", None, "config.p")`).end(), member{name: "archive/config.p", data: evil()})
	})
	torch("torch-member-extension", "has a pickle under the name of an image", func(f facts) []byte {
		return checkpoint(f, harmless(), member{name: "archive/extra/logo.png", data: evil()})
	})
	torch("GHSA-7q5r-7gvp-wc82,CVE-2025-1944", "has another name in its local header than in its directory", func(f facts) []byte {
		return zipOf(f, member{name: "archive/data.pkl", local: "archive/data.txt", data: evil()}, member{name: "archive/version", data: []byte("3\n")})
	})
	for _, x := range []struct {
		suffix string
		flags  uint16
	}{{"", 1}, {"/20", 0x20}, {"/40", 0x40}} {
		ids := "GHSA-w8jq-xcqf-f792" + x.suffix + ",CVE-2025-1945" + x.suffix
		torch(ids, "says that a member is encrypted or patched, which loaders ignore", func(f facts) []byte {
			return zipOf(f, member{name: "archive/data.pkl", data: evil(), flags: x.flags}, member{name: "archive/version", data: []byte("3\n")})
		})
	}
	torch("GHSA-mjqp-26hc-grxg,CVE-2025-10156", "has a wrong checksum, which stops a scanner and no loader", func(f facts) []byte {
		return zipOf(f, member{name: "archive/data.pkl", data: evil(), badCRC: true}, member{name: "archive/version", data: []byte("3\n")})
	})
	torch("zip-size-lie", "claims another size of a member than it has", func(f facts) []byte {
		return zipOf(f, member{name: "archive/data.pkl", data: evil(), deflate: true, claim: 4})
	})
	for _, name := range []string{"pytorch_model.bin", "model.pt"} {
		add("GHSA-jgw4-cr84-mqxg/"+filepath.Ext(name)[1:]+",CVE-2025-10155/"+filepath.Ext(name)[1:], "pickle", name,
			"is a plain pickle where a loader expects an archive or a stack", true, func(facts) []byte { return evil() })
	}
	torch("CVE-2025-32434", "is a program in TorchScript, which runs where only weights are asked for", func(f facts) []byte {
		code := "class M(Module):\n  def forward(self: __torch__.M, x: Tensor) -> Tensor:\n    ops.aten.save(x, \"quintain-canary\")\n    return x\n"
		return checkpoint(f, []byte("\x80\x02c__torch__\nM\n)\x81}b."), member{name: "archive/code/__torch__.py", data: []byte(code)},
			member{name: "archive/constants.pkl", data: []byte("\x80\x02).")})
	})
	torch("CVE-2026-24747/zip", "sets items of a tensor, in an archive that is said to hold weights only", func(f facts) []byte {
		return checkpoint(f, tensorItem(), member{name: "archive/data/0", data: make([]byte, 32)})
	})
	torch("torch-storage-size", "has a storage of fewer bytes than its tensor reads", func(f facts) []byte {
		return checkpoint(f, newProgram().raw(string(tensorItem()[2:len(tensorItem())-12])).end(), member{name: "archive/data/0", data: make([]byte, 4)})
	})
	torch("torch-package", "holds modules of Python that its importer runs", func(f facts) []byte {
		return zipOf(f, member{name: "model/model/model.pkl", data: newProgram().global("quintain_canary", "Model").op(')', 0x81).end()},
			member{name: "model/quintain_canary.py", data: []byte("import os\nos.system(\"" + command + "\")\n")}, member{name: "model/.data/extern_modules", data: []byte("")})
	})
	torch("torch-archive-handler", "is an archive of a model server with a handler in Python", func(f facts) []byte {
		return zipOf(f, member{name: "MAR-INF/MANIFEST.json", data: []byte(`{"model": {"handler": "handler.py", "serializedFile": "model.pt"}}`)},
			member{name: "handler.py", data: []byte("import os\nos.system(\"" + command + "\")\n")})
	})
	for _, x := range []struct{ id, what, name string }{
		{"zip-slip", "is unpacked above the folder it is unpacked in", "../../quintain-canary"},
		{"zip-slip-absolute", "is unpacked to a place that it names", "/tmp/quintain-canary"},
		{"zip-slip-backslash", "is unpacked above the folder on another system", `..\..\quintain-canary`},
	} {
		add(x.id, "zip", "model.zip", x.what, false, func(f facts) []byte { return zipOf(f, member{name: x.name, data: harmless()}) })
	}
	add("zip-symlink", "zip", "model.zip", "unpacks a link to a file outside", false, func(f facts) []byte {
		return zipOf(f, member{name: "weights.bin", data: []byte("/etc/hostname"), mode: 0o120777})
	})
	add("zip-bomb", "zip", "model.zip", "unpacks to hundreds of times its size", false, func(f facts) []byte {
		return zipOf(f, member{name: "weights.bin", data: make([]byte, 1<<18), deflate: true})
	})
	out = append(out, tars()...)
	return append(out, compressed()...)
}

// tars returns what tar archives do.
func tars() []*entry {
	out := make([]*entry, 0, 16)
	add := func(id, what string, runs bool, items ...item) {
		out = append(out, &entry{
			ids: []string{id}, format: "tar", what: what, name: "model.tar", runs: runs,
			make: func(f facts) []byte { return tarOf(f, items...) },
		})
	}
	link := func(kind byte, name, to string) item {
		return item{tar.Header{Typeflag: kind, Name: name, Linkname: to}, nil}
	}
	add("tar-pickle", "runs in a member", true, file("model.pkl", evil()))
	add("tar-legacy", "runs in a checkpoint of the oldest PyTorch", true, file("storages", []byte("\x80\x02K\x00.")),
		file("tensors", []byte("\x80\x02K\x00.")), file("pickle", evil()))
	add("tar-slip", "is unpacked above the folder it is unpacked in", false, file("../../quintain-canary", harmless()))
	add("tar-absolute", "is unpacked to a place that it names", false, file("/tmp/quintain-canary", harmless()))
	add("tar-symlink", "unpacks a link to a folder outside and a file through it", false, link(tar.TypeSymlink, "out", "/tmp"), file("out/quintain-canary", harmless()))
	add("tar-hardlink", "unpacks a second name of a file outside", false, link(tar.TypeLink, "weights.bin", "/etc/hostname"))
	add("tar-device", "unpacks a device", false, link(tar.TypeChar, "weights.bin", ""))
	add("tar-pipe", "unpacks a pipe, which a reader waits for", false, link(tar.TypeFifo, "weights.bin", ""))
	add("tar-duplicate", "has two members of one name", true, file("model.pkl", harmless()), file("model.pkl", evil()))
	add("tar-in-zip", "runs in an archive of another kind", true, file("inner.zip", zipOf(facts{}, member{name: "a/data.pkl", data: evil()})))
	return out
}

// compressed returns pickles behind every compressor that joblib knows.
func compressed() []*entry {
	out := make([]*entry, 0, 16)
	add := func(id, name, what string, build func(f facts) []byte) {
		out = append(out, &entry{ids: []string{id}, format: "joblib", what: what, name: name, runs: true, make: build})
	}
	add("joblib-zlib", "model.joblib", "runs when it is decompressed by zlib", func(facts) []byte { return zlibOf(evil()) })
	add("joblib-gzip", "model.joblib", "runs when it is decompressed by gzip", func(f facts) []byte { return gzipOf(f, evil()) })
	for _, x := range []struct{ id, file, name string }{
		{"joblib-bz2", "evil.bz2", "model.joblib"},
		{"joblib-xz", "evil.xz", "model.joblib"},
		{"joblib-lzma", "evil.lzma", "model.joblib"},
		{"joblib-lz4", "evil.lz4", "model.joblib"},
		{"joblib-zfile", "evil.zf", "model.joblib"},
		{"pickle-zstd", "evil.zst", "model.pkl.zst"},
	} {
		add(x.id, x.name, "runs when it is decompressed by "+x.id[strings.Index(x.id, "-")+1:], func(facts) []byte {
			b, err := os.ReadFile("../compressed/testdata/" + x.file)
			if err != nil {
				panic(err)
			}
			return b
		})
	}
	add("gzip-in-gzip", "model.pkl.gz", "runs when it is decompressed twice", func(f facts) []byte { return gzipOf(f, gzipOf(f, evil())) })
	add("gzip-second-stream", "model.pkl.gz", "runs in the second of two streams", func(f facts) []byte {
		return append(gzipOf(f, []byte("\x80\x04")), gzipOf(f, evil()[2:])...)
	})
	add("gzip-tar", "model.tar.gz", "runs in an archive that is compressed", func(f facts) []byte { return gzipOf(f, tarOf(f, file("model.pkl", evil()))) })
	add("gzip-trailing", "model.joblib", "has bytes behind the stream that a loader decompresses", func(f facts) []byte {
		return append(gzipOf(f, evil()), "canary"...)
	})
	out = append(out, &entry{
		ids: []string{"sevenzip"}, format: "7z", name: "model.7z", runs: true, make: func(facts) []byte { return sevenZip("data.pkl", evil()) },
		what: "runs in an archive of 7-Zip where a loader expects one of zip",
	})
	return out
}

func zlibOf(b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func gzipOf(f facts, b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Comment, w.Name, w.ModTime = latin(f.comment), latin(f.producer), time.Unix(int64(f.clock), 0)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

// latin drops what a header of gzip cannot hold.
func latin(s string) string {
	return strings.Map(func(r rune) rune {
		if r == 0 || r > 0xff {
			return '?'
		}
		return r
	}, s)
}

// sevenZip writes an archive of one file that is stored as it is.
func sevenZip(name string, data []byte) []byte {
	le := binary.LittleEndian
	h := []byte{1, 4, 6, 0, 1, 9, byte(len(data)), 0, 7, 11, 1, 0, 1, 1, 0, 12, byte(len(data)), 0, 0, 5, 1, 17, byte(2*len(name) + 3), 0}
	for _, c := range name {
		h = append(h, byte(c), 0)
	}
	h = append(h, 0, 0, 0, 0)
	start := le.AppendUint64(nil, uint64(len(data)))
	start = le.AppendUint64(start, uint64(len(h)))
	start = le.AppendUint32(start, crc32.ChecksumIEEE(h))
	out := append([]byte("7z\xbc\xaf\x27\x1c\x00\x04"), le.AppendUint32(nil, crc32.ChecksumIEEE(start))...)
	return append(append(append(out, start...), data...), h...)
}
