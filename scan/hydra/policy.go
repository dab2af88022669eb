package hydra

import (
	"fmt"
	"slices"
	"strings"

	"quintain"
)

// isTarget reports whether a key names what is to be called: those of Hydra
// and of the command line of Lightning.
func isTarget(key string) bool { return key == "_target_" || key == "class_path" }

// image judges what the key "target" names, which image models import by the
// dotted name and call with what "params" holds. In other files it is a word.
func (x *file) image(off int64, name string) {
	if parts := strings.Split(name, "."); len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool { return !identifier(p) }) {
		x.target(off, "target", name)
	}
}

// packages are those whose classes a configuration may name: a class does not
// act before it is used. Functions are another matter, see functions.
var packages = []string{
	"nemo.collections", "nemo.core", "nemo.lightning", "torch.nn", "torch.optim", "torch.utils.data", "torchmetrics",
	"torchaudio.transforms", "torchvision.transforms", "torchvision.models", "torchvision.ops", "pytorch_lightning",
	"lightning", "lightning.pytorch", "megatron.core", "timm.models", "monai.networks", "monai.losses", "monai.transforms",
	"monai.inferers", "monai.metrics", "einops.layers", "sentence_transformers",
	"ldm.models", "ldm.modules", "ldm.lr_scheduler", "sgm.models", "sgm.modules", "sgm.lr_scheduler", "taming.models", "taming.modules",
}

// functions may be called: they make values and do nothing else.
var functions = map[string]bool{
	"builtins.dict": true, "builtins.list": true, "builtins.tuple": true, "builtins.set": true, "builtins.int": true,
	"builtins.float": true, "builtins.str": true, "builtins.bool": true, "builtins.slice": true, "collections.OrderedDict": true,
	"torch.device": true, "torch.Size": true, "torch.tensor": true, "torch.zeros": true, "torch.ones": true,
	"datetime.timedelta": true, "omegaconf.DictConfig": true, "omegaconf.ListConfig": true, "omegaconf.OmegaConf.create": true,
}

// functionPackages hold such functions only.
var functionPackages = []string{"torch.nn.functional", "torch.nn.init"}

// through are modules that other modules import, by which a name that begins
// well leads anywhere: "nemo.core.os.system".
var through = []string{
	"os", "sys", "subprocess", "shutil", "importlib", "runpy", "pickle", "builtins", "io", "ctypes", "socket", "posix",
	"multiprocessing", "threading", "tempfile", "pathlib", "inspect", "types", "functools", "operator", "marshal",
	"tarfile", "zipfile", "urllib", "requests", "code", "pty", "cloudpickle", "dill", "joblib", "yaml", "torch", "numpy",
	"concurrent", "asyncio", "logging", "webbrowser", "pdb", "platform", "hydra", "omegaconf", "wandb", "git",
}

// dangerous are packages whose functions run code or touch the system. The
// list decides nothing: what is not allowed is reported anyway.
var dangerous = []string{
	"os", "posix", "nt", "subprocess", "sys", "importlib", "runpy", "pickle", "builtins", "ctypes", "shutil", "socket",
	"pty", "code", "timeit", "pdb", "marshal", "dill", "cloudpickle", "joblib", "webbrowser", "platform", "types",
}

// target judges what a key of Hydra names.
func (x *file) target(off int64, key, name string) {
	if allowed(name) {
		return
	}
	root, _, _ := strings.Cut(name, ".")
	if slices.Contains(dangerous, root) || name == "eval" || name == "exec" {
		x.f.Reportf(quintain.Critical, off, "would run code: %s calls %q", key, name)
		return
	}
	x.f.Reportf(quintain.High, off, "%s calls %q, which is not known to be harmless", key, name)
}

// allowed reports whether name is a class or function that may be called.
func allowed(name string) bool {
	parts := strings.Split(name, ".")
	for _, p := range parts {
		if !identifier(p) || strings.HasPrefix(p, "_") {
			return false
		}
	}
	if functions[name] {
		return true
	}
	dir, last := strings.Join(parts[:len(parts)-1], "."), parts[len(parts)-1]
	if slices.Contains(functionPackages, dir) {
		return true
	}
	for _, p := range packages {
		rest, ok := strings.CutPrefix(dir, p)
		if !ok || rest != "" && rest[0] != '.' || last[0] < 'A' || last[0] > 'Z' {
			continue
		}
		if !slices.ContainsFunc(strings.Split(rest, "."), func(s string) bool { return slices.Contains(through, s) }) {
			return true
		}
	}
	return false
}

// identifier reports whether s is a name in Python, in ASCII.
func identifier(s string) bool {
	for i, c := range []byte(s) {
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// resolver reports text that the configuration library evaluates.
func (x *file) resolver(off int64, text string) {
	for rest := text; ; {
		_, after, ok := strings.Cut(rest, "${")
		if !ok {
			return
		}
		name, _, ok := strings.Cut(after, ":")
		if ok && slices.Contains([]string{"eval", "exec", "python", "call", "import"}, strings.TrimSpace(name)) {
			x.f.Reportf(quintain.High, off, "would evaluate %q", fmt.Sprintf("${%s:...}", strings.TrimSpace(name)))
			return
		}
		rest = after
	}
}
