"""Writes the files of TensorFlow in testdata/benign, and a model that JAX
exported for the check of saved models.

    python3 scan/floor/testdata/make_tf.py

with tensorflow-cpu 2.21, keras 3.15 and jax 0.10. PyTorch cannot be in the same
process.
"""
import os
import shutil
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
from tensorflow.compiler.tf2xla.python import xla as tfxla

here = os.path.dirname(os.path.abspath(__file__))
at = lambda name: os.path.join(here, "benign", name)
jax_at = lambda name: os.path.join(here, "..", "..", "savedmodel", "testdata", name)

model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3, activation="relu"), keras.layers.Dense(2)])
model.compile("adam", "mse")
with tempfile.TemporaryDirectory() as d:
    tf.saved_model.save(tf.Module(), d)
    shutil.copy(os.path.join(d, "saved_model.pb"), at("saved_model.pb"))
with tempfile.TemporaryDirectory() as d:
    model.export(d, verbose=False)
    shutil.copy(os.path.join(d, "saved_model.pb"), at("exported.pb"))
    with open(at("model.tflite"), "wb") as f:
        f.write(tf.lite.TFLiteConverter.from_saved_model(d).convert())
tf.train.Checkpoint(v=tf.Variable([1.0, 2.0])).write(os.path.join(tempfile.gettempdir(), "quintain-ck"))
shutil.copy(os.path.join(tempfile.gettempdir(), "quintain-ck.index"), at("variables.index"))

import jax
import jax.numpy as jnp


def exported(function, name):
    """A saved model whose graph is one XlaCallModule, as jax2tf makes it."""
    e = jax.export.export(jax.jit(function))(jax.ShapeDtypeStruct((4,), np.float32))
    module = e.mlir_module_serialized

    @tf.function(input_signature=[tf.TensorSpec([4], tf.float32)], autograph=False)
    def f(x):
        return tfxla.call_module([x], version=e.calling_convention_version, module=module, Sout=[[4]], Tout=[tf.float32], platforms=["CPU"])

    m = tf.Module()
    m.f = f
    with tempfile.TemporaryDirectory() as d:
        tf.saved_model.save(m, d)
        shutil.copy(os.path.join(d, "saved_model.pb"), jax_at(name))


exported(lambda x: jnp.sin(x) + 1, "jax.pb")


# JAX refuses to export callbacks, so a name of the same length stands in.
def swap():
    with open(jax_at("jax.pb"), "rb") as f:
        b = f.read()
    i = b.index(b"ML\xefR") + 64
    target = b"xla_ffi_python_cpu_callback"
    with open(jax_at("jax_callback.pb"), "wb") as f:
        f.write(b[:i] + target + b[i + len(target):])


swap()
