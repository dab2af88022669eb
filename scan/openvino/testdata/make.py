"""Writes ops.txt of this package, with the four names that differ in XML, and the real model in testdata/real.

    python3 scan/openvino/testdata/make.py     # with openvino 2026 and numpy
"""
import glob
import os
import re

import numpy as np
import openvino as ov

here = os.path.dirname(os.path.abspath(__file__))
real = os.path.join(here, "real")

names = set()
for table in glob.glob(os.path.join(os.path.dirname(ov.__file__), "include", "openvino", "opsets", "opset*_tbl.hpp")):
    names.update(re.findall(r"_OPENVINO_OP_REG\((\w+)", open(table).read()))
with open(os.path.join(here, "..", "ops.txt"), "w") as out:
    out.write("# The operations of the sets that OpenVINO %s comes with. Written by testdata/make.py.\n" % ov.__version__.split("-")[0])
    out.writelines(n + "\n" for n in sorted(names | {"Const", "PReLU", "ReLU", "SoftMax"}) if n != "NAME")

import openvino.opset13 as ops

x = ops.parameter([1, 4], np.float32, name="x")
w = ops.constant(np.ones((4, 3), np.float32))
y = ops.softmax(ops.relu(ops.matmul(x, w, False, False)), 1)
ov.save_model(ov.Model([y], [x], "net"), os.path.join(real, "net.xml"), compress_to_fp16=False)
