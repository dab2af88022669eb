"""Writes functions as marshal, dill and cloudpickle put them into pickles.

    python scan/pickle/testdata/functions.py    # with dill 0.4 and cloudpickle 3.1

Run it from the root of the module. What the functions call does nothing.
"""

import marshal
import os
import pickle
import types

import cloudpickle
import dill

REAL = "scan/pickle/testdata/real/"


def predict(x):
    return os.system("true" + x.weights)


class Lambda:
    def __reduce__(self):
        return marshal.loads, (marshal.dumps(predict.__code__),)


predict.__code__ = predict.__code__.replace(co_filename="functions.py")
for name, data in {
    "function-cloudpickle.pkl": cloudpickle.dumps(predict),
    "function-dill.pkl": dill.dumps(predict, recurse=True),
    "function-marshal.pkl": pickle.dumps(Lambda()),
    "function-marshal2.pkl": pickle.dumps(Lambda(), 2),
}.items():
    with open(REAL + name, "wb") as f:
        f.write(data)
