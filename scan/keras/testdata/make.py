"""Makes the .h5 and .json files of the cases: models that Keras itself saves,
and files of h5py with something wrong in them. Nothing in them does harm: the
code they hold returns its argument.

Made with Keras 3.15.1, JAX, h5py 3.16.0 and HDF5 2.0.0:
KERAS_BACKEND=jax python3 make.py
"""

import json
import zipfile

import h5py
import keras
import numpy as np
from keras import layers


def member(archive, name, to):
    """Takes one member out of a .keras archive."""
    with zipfile.ZipFile(archive) as z, open(to, "wb") as f:
        f.write(z.read(name))


dense = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(2)])
dense.compile(optimizer="adam", loss="mse", metrics=["accuracy"])
dense.save("dense.h5")
dense.save("/tmp/dense.keras")
member("/tmp/dense.keras", "model.weights.h5", "dense.weights.h5")
member("/tmp/dense.keras", "metadata.json", "metadata.json")

inputs = keras.Input((10,), dtype="int32")
x = layers.Embedding(50, 8)(inputs)
x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
x = layers.MultiHeadAttention(2, 4)(x, x)
x = layers.TimeDistributed(layers.Dense(3))(x)
x = layers.LayerNormalization()(x)
x = keras.ops.nn.softmax(x[:, 0] * 2 + 1 - keras.ops.square(x[:, 1]))
x = layers.Dense(2, activation=keras.activations.relu, kernel_regularizer="l2", kernel_constraint="max_norm")(x)
deep = keras.Model(inputs, x)
deep.compile(
    optimizer=keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)),
    loss=keras.losses.BinaryCrossentropy(),
    metrics=[keras.metrics.AUC(), keras.metrics.MeanSquaredError()],
)
deep.save("/tmp/deep.keras")
member("/tmp/deep.keras", "config.json", "deep.json")

code = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: (x, __import__("os").getcwd())[0])])
code.save("lambda.h5")
code.save("/tmp/lambda.keras")
member("/tmp/lambda.keras", "config.json", "lambda.json")


@keras.saving.register_keras_serializable("acme")
class Mine(layers.Layer):
    def call(self, x):
        return x


class Bare(layers.Layer):
    def call(self, x):
        return x


def act(x):
    return x


custom = keras.Sequential([keras.Input((4,)), Mine(), Bare(), layers.Dense(1, activation=act)])
custom.save("/tmp/custom.keras")
member("/tmp/custom.keras", "config.json", "custom.json")

config = json.dumps({"class_name": "Sequential", "config": {"layers": []}})


def h5(name, fill, **more):
    with h5py.File(name, "w", **more) as f:
        f.attrs["model_config"] = config
        fill(f)


def virtual(f):
    layout = h5py.VirtualLayout((4,), dtype="f4")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (4,))
    f.create_virtual_dataset("virtual", layout)


def hole(f):
    f.create_dataset("secret", data=np.arange(64.0))
    f.create_dataset("kept", data=np.arange(4.0))
    del f["secret"]


def plugin(f):
    # A filter that is not installed cannot be written, so its number is put in
    # the place of another one below.
    f.create_dataset("packed", data=np.zeros(8), chunks=(8,), compression="gzip")


h5("newest.h5", lambda f: f.create_dataset("kernel", data=np.ones((2, 2))), libver="latest")
h5("link.h5", lambda f: f.__setitem__("layer", h5py.ExternalLink("/etc/hostname", "/x")))
h5("external.h5", lambda f: f.create_dataset("kernel", (4,), dtype="u1", external=[("/etc/hostname", 0, 4)]))
h5("virtual.h5", virtual)
h5("hole.h5", hole)
h5("claim.h5", lambda f: f.create_dataset("kernel", (1 << 40,), dtype="f4"))
h5("block.h5", lambda f: None, userblock_size=512)
h5("plugin.h5", plugin)
h5("pickle.h5", lambda f: f.attrs.__setitem__("obj", np.bytes_(b"cos\nsystem\n(S'true'\ntR.")))
with open("block.h5", "r+b") as f:
    f.write(b"#!/bin/sh\nexit\n")
with open("appended.h5", "wb") as f, open("newest.h5", "rb") as g:
    f.write(g.read() + b"something more")
with open("plugin.h5", "r+b") as f:
    f.seek(f.read().index(b"deflate") - 8)
    f.write((32015).to_bytes(2, "little"))
