"""Writes schema.txt and ops.txt of this package and the real files in testdata.

    python3 scan/coreml/testdata/make.py     # with coremltools 9 and numpy
"""
import os
import shutil

import numpy as np
import coremltools as ct
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil.ops.registry import SSAOpRegistry
from coremltools.models import datatypes, neural_network
from coremltools.proto import Model_pb2
import coremltools.converters.mil.mil.ops.defs  # noqa: F401, registers them

here = os.path.dirname(os.path.abspath(__file__))
real = os.path.join(here, "real")

KINDS = {1: "fixed64", 2: "fixed32", 6: "fixed64", 7: "fixed32", 15: "fixed32", 16: "fixed64", 9: "text", 12: "bytes", 11: "message"}
seen = []


def walk(d):
    if d.full_name in [m.full_name for m in seen]:
        return
    seen.append(d)
    for f in d.fields:
        if f.message_type:
            walk(f.message_type)


walk(Model_pb2.Model.DESCRIPTOR)
short = lambda n: n.replace("CoreML.Specification.", "")
with open(os.path.join(here, "..", "schema.txt"), "w") as out:
    out.write("# The messages of Core ML as coremltools %s has them. Written by testdata/make.py.\n\n" % ct.__version__)
    for m in seen:
        out.write(short(m.full_name) + ":\n")
        for f in sorted(m.fields, key=lambda f: f.number):
            out.write("  %d %s %s" % (f.number, f.name, KINDS.get(f.type, "number")))
            out.write((" " + short(f.message_type.full_name) if f.message_type else "") + "\n")

names = set()
for table in vars(SSAOpRegistry).values():
    if isinstance(table, dict):
        names.update(k.split("::")[-1] for k in table)
with open(os.path.join(here, "..", "ops.txt"), "w") as out:
    out.write("# The operations of the language MIL as coremltools %s has them. Written by testdata/make.py.\n" % ct.__version__)
    for n in sorted(names):
        out.write(n + "\n")

b = neural_network.NeuralNetworkBuilder([("x", datatypes.Array(3))], [("y", datatypes.Array(2))])
b.add_inner_product("dense", np.ones((2, 3), np.float32), np.zeros(2, np.float32), 3, 2, True, "x", "h")
b.add_activation("relu", "RELU", "h", "y")
ct.models.utils.save_spec(b.spec, os.path.join(real, "network.mlmodel"))

b.spec.neuralNetwork.layers[1].custom.className = "EvilLayer"
ct.models.utils.save_spec(b.spec, os.path.join(here, "custom_layer.mlmodel"))


def model(fill, name, version=5):
    m = Model_pb2.Model()
    m.specificationVersion = version
    m.description.input.add(name="x").type.multiArrayType.shape.append(3)
    m.description.output.add(name="y").type.multiArrayType.shape.append(3)
    fill(m)
    with open(os.path.join(here, name), "wb") as out:
        out.write(m.SerializeToString())


def custom(m):
    m.customModel.className = "EvilModel"
    m.customModel.parameters["path"].stringValue = "/etc/passwd"


def linked(m):
    m.linkedModel.linkedModelFile.linkedModelFileName.defaultValue = "../../other"
    m.linkedModel.linkedModelFile.linkedModelSearchPath.defaultValue = "/tmp:."


def linked_near(m):
    m.linkedModel.linkedModelFile.linkedModelFileName.defaultValue = "other"


def serialized(m):
    m.serializedModel.identifier = "x"
    m.serializedModel.model = b"\0" * 8


def pipeline(m):
    custom(m.pipeline.models.add())


def suppression(m):
    m.nonMaximumSuppression.iouThreshold = 0.5
    m.nonMaximumSuppression.pickTop.perClass = True
    m.nonMaximumSuppression.stringClassLabels.vector.append("a")


def program(m, op="relu", file="@model_path/weights/weight.bin", offset=64):
    m.specificationVersion = 7
    f = m.mlProgram.functions["main"]
    f.opset = "CoreML6"
    o = f.block_specializations["CoreML6"].operations.add()
    o.type = op
    o = f.block_specializations["CoreML6"].operations.add()
    o.type = "const"
    o.attributes["val"].blobFileValue.fileName = file
    o.attributes["val"].blobFileValue.offset = offset


model(custom, "custom_model.mlmodel")
model(linked, "linked.mlmodel")
model(linked_near, "linked_near.mlmodel")
model(serialized, "serialized.mlmodel")
model(pipeline, "pipeline.mlmodel")
model(suppression, "real/suppression.mlmodel")
model(lambda m: program(m, file="@model_path/../../../etc/passwd"), "blob.mlmodel")
model(lambda m: program(m, op="custom_layer"), "program_custom.mlmodel")
model(lambda m: program(m, op="made_up"), "program_unknown.mlmodel")


@mb.program(input_specs=[mb.TensorSpec(shape=(1, 64))])
def prog(x):
    return mb.relu(x=mb.linear(x=x, weight=np.ones((64, 64), np.float32), bias=np.zeros(64, np.float32)))


path = "/tmp/quintain.mlpackage"
ct.convert(prog, convert_to="mlprogram", skip_model_load=True).save(path)
data = os.path.join(path, "Data", "com.apple.CoreML")
shutil.copy(os.path.join(data, "model.mlmodel"), os.path.join(real, "program.mlmodel"))
shutil.copy(os.path.join(data, "weights", "weight.bin"), os.path.join(real, "weight.bin"))
shutil.copy(os.path.join(path, "Manifest.json"), os.path.join(real, "Manifest.json"))
shutil.rmtree(path)
