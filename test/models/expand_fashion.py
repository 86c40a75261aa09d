#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Expands the Fashion-MNIST test set: expand_fashion.py test.npz FOLDER writes test_x.npy and test_y.npy.

The repository keeps the 10,000 images as bytes (4 MB compressed); the models were trained on
(x / 255 - 0.2860) / 0.3530 in float32, which is 31 MB.
"""

import os
import sys

import numpy as np

MEAN, DEVIATION = np.float32(0.2860), np.float32(0.3530)


def write(folder, name, array):
    temporary = os.path.join(folder, name + ".tmp")
    with open(temporary, "wb") as out:
        np.save(out, array)
    os.replace(temporary, os.path.join(folder, name))


def main():
    source, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    with np.load(source) as data:
        images = (data["image"].astype(np.float32) / np.float32(255) - MEAN) / DEVIATION
        write(folder, "test_x.npy", images)
        write(folder, "test_y.npy", data["label"].astype(np.int64))


if __name__ == "__main__":
    main()
