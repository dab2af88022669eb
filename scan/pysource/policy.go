package pysource

import "strings"

// An effect is what a function does.
type effect uint8

const (
	runsCode effect = iota
	runsCommand
	unpickles
	loadsCode
)

// String says it in words.
func (e effect) String() string {
	return [...]string{"runs text as code", "runs a program", "unpickles and so can run code", "loads code from outside the file"}[e]
}

// A sink is a function that is worth a look wherever it is called.
type sink struct{ does effect }

// effects are the sinks by what they do.
var effects = map[effect]string{
	runsCode: "builtins.exec builtins.eval builtins.compile builtins.execfile code.interact runpy.run_path runpy.run_module " +
		"timeit.timeit code.InteractiveInterpreter().runsource code.InteractiveInterpreter().runcode types.FunctionType types.CodeType " +
		"cProfile.run profile.run pandas.eval builtins.exec.__call__ builtins.eval.__call__",
	runsCommand: "os.system os.popen os.execl os.execle os.execlp os.execlpe os.execv os.execve os.execvp os.execvpe os.spawnl os.spawnle " +
		"os.spawnlp os.spawnlpe os.spawnv os.spawnve os.spawnvp os.spawnvpe os.posix_spawn os.posix_spawnp os.startfile os.popen2 os.popen3 " +
		"os.popen4 subprocess.Popen subprocess.run subprocess.call subprocess.check_call subprocess.check_output subprocess.getoutput " +
		"subprocess.getstatusoutput subprocess.fork_exec pty.spawn commands.getoutput commands.getstatusoutput asyncio.create_subprocess_exec " +
		"asyncio.create_subprocess_shell distutils.spawn.spawn pip.main pip._internal.main IPython.get_ipython().system IPython.get_ipython().getoutput builtins.get_ipython().system builtins.get_ipython().getoutput",
	unpickles: "pickle.load pickle.loads pickle.Unpickler().load dill.load dill.loads cloudpickle.load cloudpickle.loads marshal.load " +
		"marshal.loads shelve.open yaml.load yaml.unsafe_load yaml.full_load jsonpickle.decode pandas.read_pickle",
	loadsCode: "ctypes.CDLL ctypes.cdll.LoadLibrary ctypes.windll.LoadLibrary ctypes.WinDLL ctypes.PyDLL torch.ops.load_library torch.hub.load " +
		"torch.classes.load_library torch.utils.cpp_extension.load torch.utils.cpp_extension.load_inline tensorflow.load_op_library " +
		"tensorflow.load_library importlib.machinery.SourceFileLoader importlib.util.spec_from_file_location imp.load_source " +
		"transformers.dynamic_module_utils.get_class_from_dynamic_module ctypes.windll.kernel32.VirtualAlloc",
}

// sinks are the sinks by name.
var sinks = func() map[string]sink {
	out := make(map[string]sink)
	for e, names := range effects {
		for n := range strings.FieldsSeq(names) {
			out[n] = sink{e}
		}
	}
	return out
}()

// decoders turn one text into another.
var decoders = set("base64.b64decode base64.urlsafe_b64decode base64.standard_b64decode base64.b32decode base64.b16decode base64.b85decode " +
	"base64.a85decode base64.decodebytes base64.decodestring codecs.decode builtins.bytes.fromhex builtins.bytearray.fromhex binascii.unhexlify " +
	"binascii.a2b_hex binascii.a2b_base64 zlib.decompress gzip.decompress bz2.decompress lzma.decompress zlib.decompressobj().decompress")

// builtins are the names of Python that matter here.
var builtins = set("exec eval compile __import__ get_ipython getattr globals locals vars open chr bytes bytearray __builtins__ execfile True False list dict str")

// fetches reports whether a function reaches the network.
func fetches(path string) bool {
	root, _, _ := strings.Cut(path, ".")
	last := path[strings.LastIndexByte(path, '.')+1:]
	switch root {
	case "requests", "httpx", "aiohttp", "urllib3":
		return verbs[last]
	case "urllib":
		return last == "urlopen" || last == "urlretrieve"
	case "urllib2":
		return last == "urlopen"
	case "http":
		return strings.HasPrefix(path, "http.client.") && last == "request"
	case "socket":
		return last == "connect" || last == "create_connection" || last == "sendall" || last == "getaddrinfo" || last == "gethostbyname"
	case "ftplib", "smtplib", "telnetlib", "paramiko":
		return !strings.Contains(path, "(")
	}
	return false
}

var verbs = set("get post put patch delete head request urlopen stream")

func set(words string) map[string]bool {
	out := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}
