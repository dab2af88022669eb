"""Writes code objects of the running Python, and what they look up.

    for p in python2.7 python3.6 python3.8 ... ; do $p scan/internal/marshal/testdata/make.py; done

Each writes pyXY.bin, the marshaled code, and pyXY.txt: one line for each code
object, depth first: its name, and then its names. Those of 3.14 were written by
CPython 3.14.2 built for WebAssembly (npm package pyodide 314), whose module
marshal is the same C.
"""
import marshal
import os
import sys
import types

SOURCE = """
import os.path as p
from subprocess import Popen, check_output

GREETING = u"snow \\u2603", b"raw\\xff", (1, 2.5, 3j, None, True, 2 ** 70, ("deep", Ellipsis))

class Model(object):
    def predict(self, x, *rest, **more):
        total = 0
        for i in range(10):
            total += x.weights[i] if x in {"a", "b"} else self.bias
        return [j for j in rest if j.ready(lambda q: q.deep_attribute)]

def run(command):
    def inner(y):
        return os.system(command + y)
    try:
        return inner("echo")
    except ValueError:
        return Popen(command)
"""

code = compile(SOURCE, "model.py", "exec", dont_inherit=True)
here = os.path.dirname(os.path.abspath(__file__))
tag = "py%d%d" % sys.version_info[:2]


def walk(c):
    yield " ".join((c.co_name,) + c.co_names)
    for k in c.co_consts:
        if isinstance(k, types.CodeType):
            for line in walk(k):
                yield line


with open(os.path.join(here, tag + ".bin"), "wb") as f:
    f.write(marshal.dumps(code))
with open(os.path.join(here, tag + ".txt"), "w") as f:
    f.write("\n".join(walk(code)) + "\n")
