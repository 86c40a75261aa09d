# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Samples as ONNX models bring them, and broken ones: make_sets.py FOLDER."""

import os
import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper

folder = sys.argv[1]


def save(place, data):
    os.makedirs(os.path.join(folder, place))
    with open(os.path.join(folder, place, "input_0.pb"), "wb") as file:
        file.write(data)


samples = np.array([[1, -2], [3, 4], [-5, 6]], np.float32)
for number, row in enumerate(samples):
    save(f"test_data_set_{number}", numpy_helper.from_array(row[None], "x").SerializeToString())
# The same numbers in float_data instead of raw_data.
save("typed/test_data_set_0",
     helper.make_tensor("x", TensorProto.FLOAT, [1, 2], samples[0]).SerializeToString())
whole = numpy_helper.from_array(samples[:1], "x").SerializeToString()
save("cut/test_data_set_0", whole[:-3])
save("wrong/test_data_set_0", numpy_helper.from_array(np.zeros((1, 2), np.int32)).SerializeToString())
save("text/test_data_set_0",
     helper.make_tensor("x", TensorProto.STRING, [1, 2], [b"a", b"b"]).SerializeToString())
