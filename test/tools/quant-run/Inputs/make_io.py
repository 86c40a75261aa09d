# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Recorded inputs and outputs of ../../quant-compile/Inputs/scale.mlir: make_io.py FOLDER."""

import os
import sys

import numpy as np

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
x = np.arange(15, dtype="float32").reshape(5, 3)
np.save(os.path.join(folder, "input_0.npy"), x)
np.save(os.path.join(folder, "output_0.npy"), x * np.array([1, 2, 3], "float32"))
np.save(os.path.join(folder, "labels.npy"), np.array([2, 2, 0, 2, 2]))
np.save(os.path.join(folder, "f64.npy"), x.astype("float64"))
np.save(os.path.join(folder, "i32.npy"), x.astype("int32"))
np.save(os.path.join(folder, "labels_u8.npy"), np.array([2, 2, 0, 2, 2], "uint8"))
np.save(os.path.join(folder, "labels_f32.npy"), np.array([2, 2, 0, 2, 2], "float32"))
np.save(os.path.join(folder, "labels_far.npy"), np.array([2, 2, 0, 3, 2]))
np.save(os.path.join(folder, "wrong.npy"), np.zeros((5, 4), "float32"))
