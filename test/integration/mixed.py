# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Schemes of several parts: static int8 for some ops and int4 for others of one model, compiled and run on every level
that this CPU has, compared with the interpreter and with float; and statistics that follow a transform.
"""

import os
import re

import numpy as np
import onnx

import bitwright_test as bw
from onnx_builder import F, make, node

IMAGE = (1, 3, 12, 12)


def weights(seed, *dims):
    return (np.random.RandomState(seed).standard_normal(dims) / np.sqrt(np.prod(dims[1:]))).astype(np.float32)


def network(folder):
    """Two convolutions, two linear ops; its samples beside it."""
    nodes = [node("Conv", "x w1 b1", "c1", "conv1", pads=[1, 1, 1, 1], strides=[2, 2]), node("Relu", "c1", "r1", "relu1"),
             node("Conv", "r1 w2", "c2", "conv2", pads=[1, 1, 1, 1]), node("Relu", "c2", "r2", "relu2"),
             node("Flatten", "r2", "f", "flat"),
             node("Gemm", "f w3 b3", "g", "fc1", transB=1), node("Relu", "g", "r3", "relu3"),
             node("Gemm", "r3 w4 b4", "y", "fc2", transB=1)]
    constants = {"w1": weights(1, 16, 3, 3, 3), "b1": weights(2, 16), "w2": weights(3, 8, 16, 3, 3),
                 "w3": weights(4, 48, 288), "b3": weights(5, 48), "w4": weights(6, 10, 48), "b4": weights(7, 10)}
    path, samples = os.path.join(folder, "m.onnx"), os.path.join(folder, "calib.npz")
    onnx.save(make(13, {"x": F(*IMAGE)}, nodes, "y", constants), path)
    x = np.random.RandomState(8).standard_normal((16, *IMAGE)).astype(np.float32)
    np.savez(samples, x=x)
    np.save(os.path.join(folder, "x.npy"), x[3])
    calibrated = os.path.join(folder, "c.mlir")
    bw.succeed(["quant-opt", path, f"--calibrate={samples}", "-o", calibrated])
    return calibrated


def run(folder, model, tag, *options):
    bw.succeed(["quant-run", model, f"--input=x={os.path.join(folder, 'x.npy')}",
                f"--output={os.path.join(folder, tag)}", *options])
    return np.load(os.path.join(folder, tag, "output_0.npy")).astype(np.float64)


def formats(path):
    """What the fused model holds: {node: op with the type of its weight}."""
    with open(path) as file:
        text = file.read()
    aliases = dict(re.findall(r"^(#loc\d*) = loc\((.*)\)$", text, re.M))

    def resolve(where):
        return re.sub(r"#loc\d*", lambda match: resolve(aliases.get(match[0], "")), where)

    found = {}
    for op, types, where in re.findall(r"= (qnn\.\w*(?:conv2d|linear)) ([^\n]*) loc\(([^\n]*)\)$", text, re.M):
        storage = re.findall(r"tensor<[0-9x]+x(i4|i8)>", types)
        found[resolve(where)] = op + (" " + storage[-1] if storage and "block" in op else "")
    return found


def check(folder, scheme, expected, decibels=15):
    """`expected` is {node: op}, by the beginning of the node's name."""
    calibrated = network(folder)
    quantized, fused = os.path.join(folder, "q.mlir"), os.path.join(folder, "f.mlir")
    report = os.path.join(folder, "r.txt")
    bw.succeed(["quant-opt", calibrated, f"--quantize={scheme}", f"--report={report}", "-o", quantized])
    with open(quantized) as file:
        assert "qnn.precision" not in file.read()
    bw.succeed(["quant-opt", quantized, "--fuse", "--mlir-print-debuginfo", "-o", fused])
    found = formats(fused)
    for name, op in expected.items():
        matches = [value for key, value in found.items() if name in key]
        assert matches == [op], f"{scheme}: {name} is {matches}, expected {op}; all: {found}"
    reference = run(folder, fused, "i", "--interpret")
    plain = run(folder, calibrated, "p", "--interpret")
    noise = np.square(reference - plain).sum()
    kept = 10 * np.log10(np.square(plain).sum() / max(noise, 1e-30))
    assert kept >= decibels, f"{scheme}: {kept:.1f} dB to float"
    for level, (options, _) in bw.LEVELS.items():
        library = os.path.join(folder, f"{level}.so")
        bw.succeed(["quant-compile", quantized, *options, "-o", library])
        if not bw.runs(level):
            continue
        actual = run(folder, library, level)
        worst = np.abs(actual - reference).max() / np.abs(reference).max()
        assert worst <= 1e-5, f"{scheme} on {level}: off by {worst:.1e}"
    print(f"{scheme}: {kept:.1f} dB to float")
    with open(report) as file:
        return file.read()


INT8 = "qnn.qlinear"


def test_convolutions_int8_linear_ops_int4(folder):
    check(folder, "int8+int4-awq",
          {"conv1": "qnn.qconv2d", "conv2": "qnn.qconv2d", "fc1": "qnn.block_linear i4", "fc2": "qnn.block_linear i4"})


def test_int4_with_int8_activations(folder):
    check(folder, "int8+int4:group=16,sym,act=int8",
          {"conv1": "qnn.qconv2d", "conv2": "qnn.qconv2d", "fc1": "qnn.block_linear i4", "fc2": "qnn.block_linear i4"})


def test_only_names_ops(folder):
    report = check(folder, "int8:only=conv+int4-rtn:only=fc1",
                   {"conv1": "qnn.qconv2d", "fc1": "qnn.block_linear i4", "fc2": "qnn.linear"})
    assert "fc2 (qnn.linear): kept float: its name matches no 'only'" in report, report


def test_keep_leaves_what_parts_before_gave(folder):
    check(folder, "int8+int4:keep=fc1",
          {"conv1": "qnn.qconv2d", "fc1": INT8, "fc2": "qnn.block_linear i4"})


def test_the_later_part_wins(folder):
    check(folder, "int4+int8", {"conv1": "qnn.qconv2d", "fc1": INT8, "fc2": INT8})


def test_a_kept_convolution_stays_float_between_int8(folder):
    report = check(folder, "int8:keep=conv2+int4-rtn:only=fc2",
                   {"conv1": "qnn.qconv2d", "conv2": "qnn.conv2d", "fc1": INT8, "fc2": "qnn.block_linear i4"})
    assert "conv2 (qnn.conv2d): kept float: its name matches 'keep'" in report, report


def test_dynamic_beside_static(folder):
    check(folder, "int8+int8-dynamic:only=fc1",
          {"conv1": "qnn.qconv2d", "fc1": "qnn.dynamic_qlinear", "fc2": INT8})


bw.main(__name__)
