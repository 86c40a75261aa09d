# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Single ONNX operators on inputs that are easily got wrong, interpreted and compiled, against numpy: the least
integers, empty dimensions, indices at the ends. Results are equal bit for bit unless a case says otherwise.
"""

import math
import os
from fractions import Fraction

import numpy as np
import onnx
from onnx import TensorProto, mapping

import bitwright_test as bw
import onnx_builder as build


def number(dtype):
    return mapping.NP_TYPE_TO_TENSOR_TYPE[np.dtype(dtype)]


def save(folder, name, nodes, inputs, outputs, opset=17, constants=None, dynamic=False):
    """Writes a model whose inputs have the types of the arrays; with `dynamic`, no input size is known."""
    types = {key: (number(a.dtype), [f"{key}{i}" if dynamic else d for i, d in enumerate(a.shape)])
             for key, a in inputs.items()}
    model = build.make(opset, types, nodes, " ".join(outputs), constants)
    path = os.path.join(folder, name + ".onnx")
    onnx.save(model, path)
    return path


def run(model, folder, inputs, *options):
    """The outputs of a model or library, in order."""
    os.makedirs(folder, exist_ok=True)
    words = []
    for name, array in inputs.items():
        path = os.path.join(folder, f"in_{name}.npy")
        np.save(path, array)
        words.append(f"--input={name}={path}")
    out = os.path.join(folder, "out")
    bw.succeed(["quant-run", model, f"--output={out}", *words, *options])
    return [np.load(os.path.join(out, f"output_{i}.npy")) for i in range(len(os.listdir(out)))]


def check(folder, name, nodes, inputs, expected, constants=None, opset=17, tolerance=0, quantize=()):
    """Both forms of the model, static and with unknown sizes, interpreted and compiled, give `expected`. Where it is
    quantized, the static one, compiled: calibration has to know what is 0.
    """
    outputs = [f"y{i}" for i in range(len(expected))]
    for dynamic in (False,) if quantize else (False, True):
        label = name + ("_dynamic" if dynamic else "")
        model = save(folder, label, nodes, inputs, outputs, opset, constants, dynamic)
        library = os.path.join(folder, label + ".so")
        bw.succeed(["quant-compile", model, *quantize, "-o", library])
        results = {"compiled": run(library, os.path.join(folder, label + "-c"), inputs)}
        if not quantize:
            results["interpreted"] = run(model, os.path.join(folder, label + "-i"), inputs, "--interpret")
        for how, given in results.items():
            for i, (a, b) in enumerate(zip(given, expected, strict=True)):
                assert a.shape == b.shape and a.dtype == b.dtype, f"{label}, {how}: {a.dtype}{a.shape}, {b.dtype}{b.shape}"
                bad = (np.abs(a.astype(float) - b.astype(float)) > tolerance) if tolerance else a != b
                assert not bad.any(), f"{label}, {how}: output {i} is\n{a}\nnot\n{b}"


INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


def test_arg_of_the_least_integers(folder):
    """-x does not turn the least integer around; unsigned integers are not signed ones."""
    nodes = [build.node(op, "x", f"y{i}", axis=axis, keepdims=keep, select_last_index=last)
             for i, (op, axis, keep, last) in enumerate(
                 [("ArgMin", 1, 1, 0), ("ArgMax", 1, 1, 0), ("ArgMin", 0, 0, 0), ("ArgMax", 0, 0, 0)])]
    for dtype in INTEGERS:
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        x = np.array([[5, low, high, low, 1], [high, 3, low, high, high], [low, low, low, low, low],
                      [high, high, high, 0, high]], dtype)
        expected = [x.argmin(1)[:, None], x.argmax(1)[:, None], x.argmin(0), x.argmax(0)]
        check(folder, dtype, nodes, {"x": x}, expected)


def test_last_arg_of_the_least_integers(folder):
    """select_last_index turns the axis around."""
    for dtype in ("int8", "uint8", "int64"):
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        x = np.array([[5, low, high, low, 1], [high, 3, low, high, 2]], dtype)
        nodes = [build.node(op, "x", f"y{i}", axis=1, keepdims=0, select_last_index=1)
                 for i, op in enumerate(["ArgMin", "ArgMax"])]
        expected = [4 - x[:, ::-1].argmin(1), 4 - x[:, ::-1].argmax(1)]
        # The size of the axis has to be known to count from its other end.
        check_static(folder, "last_" + dtype, nodes, {"x": x}, expected)


def check_static(folder, name, nodes, inputs, expected, **options):
    model = save(folder, name, nodes, inputs, [f"y{i}" for i in range(len(expected))], **options)
    library = os.path.join(folder, name + ".so")
    bw.succeed(["quant-compile", model, "-o", library])
    for given in (run(library, os.path.join(folder, name + "-c"), inputs),
                  run(model, os.path.join(folder, name + "-i"), inputs, "--interpret")):
        for a, b in zip(given, expected, strict=True):
            assert a.dtype == b.dtype and np.array_equal(a, b), f"{name}: {a} is not {b}"


bw.main(__name__)
