# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A compilation needs little more memory than the float weights take, whatever happens to them: each scheme on a chain of
linear layers, calibrated in the same run where the scheme wants it. What the tool needs for a model of nothing is not counted.

    memory.py --table 64 2048    prints the table of docs/benchmarks.md: as many layers of that size
"""

import os
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

import bitwright_test as bw

MOST = 1.3
LAYERS, SIZE, ROWS, SAMPLES = 32, 1024, 8, 16
SCHEMES = ["int8", "int8-dynamic", "int8-weight", "int4-rtn", "int4-awq"]
CALIBRATED = ["int8", "int8-dynamic", "int4-awq"]
# How exporters hold weights: as the ops want them, or to be transposed, in a file of their own or in the model.
FORMS = ["gemm", "matmul", "inline"]


def save_model(folder, layers, size, form):
    """Writes m.onnx and the samples x.npz; the weights of one layer at a time are in memory, unless the form wants all."""
    os.makedirs(folder)
    random = np.random.default_rng(0)
    nodes, weights, last, place = [], [], "x", 0
    with open(os.path.join(folder, "w.bin"), "wb") as file:
        for i in range(layers):
            values = random.standard_normal((size, size), dtype=np.float32) / np.sqrt(np.float32(size))
            weight = TensorProto(name=f"w{i}", data_type=TensorProto.FLOAT, dims=values.shape)
            if form == "inline":
                weight.raw_data = values.tobytes()
            else:
                values.tofile(file)
                weight.data_location = TensorProto.EXTERNAL
                for key, value in (("location", "w.bin"), ("offset", place), ("length", values.nbytes)):
                    weight.external_data.add(key=key, value=str(value))
                place += values.nbytes
            weights.append(weight)
            op = {"op_type": "Gemm", "transB": 1} if form == "gemm" else {"op_type": "MatMul"}
            nodes.append(helper.make_node(inputs=[last, f"w{i}"], outputs=[f"h{i}"], name=f"fc{i}", **op))
            nodes.append(helper.make_node("Relu", [f"h{i}"], [f"y{i}"], name=f"relu{i}"))
            last = f"y{i}"
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [ROWS, size]) for name in ("x", last)]
    graph = helper.make_graph(nodes, "chain", value[:1], value[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_operatorsetid("", 17)], ir_version=8)
    onnx.save(model, os.path.join(folder, "m.onnx"))
    samples = random.standard_normal((SAMPLES, ROWS, size), dtype=np.float32)
    np.savez(os.path.join(folder, "x.npz"), x=samples)


def measure(command):
    """The peak of a command's memory in bytes."""
    words = [bw.tool(command[0])] + command[1:]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    assert status == 0, f"{' '.join(command)} exits with {status}: {errors}"
    return usage.ru_maxrss * 1024


def measure_scheme(folder, scheme):
    command = ["quant-compile", os.path.join(folder, "m.onnx"), "-o", os.path.join(folder, "m.so")]
    if scheme != "float":
        command.append("--quantize=" + scheme)
    if scheme in CALIBRATED:
        command.append("--calibrate=" + os.path.join(folder, "x.npz"))
    return measure(command)


def measure_ratios(folder, form, schemes, layers=LAYERS, size=SIZE):
    """For each scheme the peak above that of a small model, by the size of the weights."""
    large, small = os.path.join(folder, form), os.path.join(folder, form + "-small")
    save_model(large, layers, size, form)
    save_model(small, 2, 64, form)
    bytes_of_weights = layers * size * size * 4
    for scheme in schemes:
        ratio = (measure_scheme(large, scheme) - measure_scheme(small, scheme)) / bytes_of_weights
        print(f"{form:<8}{scheme:<14}{ratio:.2f}", flush=True)
        yield scheme, ratio


def check(folder, form, schemes):
    high = [f"{scheme}: {ratio:.2f}" for scheme, ratio in measure_ratios(folder, form, schemes) if ratio > MOST]
    assert not high, f"more than {MOST} times the weights: {', '.join(high)}"


def test_all_schemes(folder):
    check(folder, "gemm", SCHEMES)


def test_transposed_weights(folder):
    check(folder, "matmul", ["int8", "int4-awq"])


def test_weights_in_the_model(folder):
    check(folder, "inline", ["int8", "int4-rtn"])


def print_table(folder, layers, size):
    for form in FORMS[:2]:
        list(measure_ratios(folder, form, ["float"] + SCHEMES, layers, size))


if sys.argv[1:2] == ["--table"]:
    import tempfile
    with tempfile.TemporaryDirectory(dir="/var/tmp") as place:
        print_table(place, int(sys.argv[2]), int(sys.argv[3]))
else:
    bw.main(__name__)
