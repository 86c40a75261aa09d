# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a network means in QDQ form, and what the integer ops that fusion makes of it give: both through the reference
interpreter, on small random networks, one for each pattern. They differ by at most one step of the result's scale
(a bias and a multiplier are rounded once more; a tie may then fall to the other side). And of each network, and of the
models of the repository: whatever quantization planned to compute in int8, fusion turns into integer ops.
"""

import json
import os
import re

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import bitwright_test as bw

# The shape of every input.
IMAGE = [2, 8, 9, 11]


class Network:
    """A graph that grows node by node."""

    def __init__(self, seed, shapes):
        self.random = np.random.RandomState(seed)
        self.inputs = [f"x{i}" for i in range(len(shapes))]
        self.shapes, self.nodes, self.weights = shapes, [], []

    def weight(self, *dims, spread=0.4):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(
            self.random.uniform(-spread, spread, dims).astype(np.float32), name))
        return name

    def integers(self, *values):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def add(self, op, *inputs, **attributes):
        name = f"y{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=f"{op}{len(self.nodes)}", **attributes))
        return name

    def conv(self, x, inputs, outputs, group=1, **attributes):
        return self.add("Conv", x, self.weight(outputs, inputs // group, 3, 3), self.weight(outputs), group=group,
                        pads=[1, 1, 1, 1], **attributes)

    def save(self, folder, result):
        values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in zip(self.inputs, self.shapes)]
        output = helper.make_tensor_value_info(result, TensorProto.FLOAT, None)
        graph = helper.make_graph(self.nodes, "g", values, [output], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, os.path.join(folder, "model.onnx"))


def last_scale(text):
    """The scale of the dequantize that gives the module's result."""
    result = re.search(r"^ *return (%\d+)", text, re.M)[1]
    while True:
        op, first, second = re.search(rf"^ *{result} = qnn\.(\w+) (%\w+)(?:, (%\w+))?", text, re.M).groups()
        if op == "dequantize":
            break
        assert op in ("transpose", "reshape", "squeeze", "unsqueeze"), f"the result comes from qnn.{op}"
        result = first
    return float(re.search(rf"^ *{second} = qnn\.constant dense<([^>]*)>", text, re.M)[1])


def node_names(text):
    """A function that gives the node's name behind a location of a module, as decisions have it."""
    aliases = dict(re.findall(r"^(#loc\d*) = loc\((.*)\)$", text, re.M))

    def resolve(location):
        location = aliases.get(location, location)
        if location.startswith("fused"):
            parts = [resolve(part) for part in re.findall(r'#loc\d*|"[^"]*"', location)]
            return "+".join(name for name in parts if name)
        name = re.match(r'"([^"]*)"', location)
        return name[1] if name else ""
    return resolve


def float_ops(text):
    """(op, node) of all that gives an f32 tensor."""
    resolve = node_names(text)
    ops = re.findall(r"^ *%\S+ = (qnn\.\w+) .*xf32> loc\((.*)\)$", text, re.M)
    return {(op, resolve(location)) for op, location in ops}


def check_plan(report, qdq, fused):
    """Ops that static quantization planned in int8 are float in QDQ form, and no longer so when they are fused."""
    planned = {(d["op"], d["node"]) for d in report["decisions"]
               if d["applied"] and d["pass"] in ("qnn-quantize-static", "qnn-round")}
    assert planned and planned <= float_ops(qdq), planned - float_ops(qdq)
    assert not planned & float_ops(fused), f"planned, but not fused: {planned & float_ops(fused)}"
    return planned


def run(folder, module, out):
    files = sorted(file for file in os.listdir(folder) if file.startswith("in_"))
    inputs = [f"--input={os.path.join(folder, file)}" for file in files]
    bw.succeed(["quant-run", module, "--interpret", f"--output={out}", *inputs])
    return np.load(os.path.join(out, "output_0.npy"))


def quantize_and_fuse(folder, model, samples):
    """The report of static int8, the module in QDQ form, and the one that fusion makes of it."""
    qdq, fused, report = (os.path.join(folder, name) for name in ("qdq.mlir", "fused.mlir", "report.json"))
    bw.succeed(["quant-opt", f"--calibrate={samples}", "--quantize=int8", model, "-o", qdq, f"--report={report}"])
    bw.succeed(["quant-opt", "--fuse", qdq, "-o", fused])
    texts = []
    for path in (report, qdq, fused):
        with open(path) as file:
            texts.append(file.read())
    return json.loads(texts[0]), texts[1], texts[2]


def check(folder, build, wanted, steps=1):
    """`build(network)` makes the network and returns its result; `wanted` are ops that fusion has to make."""
    for seed in range(3):
        work = os.path.join(folder, str(seed))
        os.makedirs(work)
        network = Network(seed, [IMAGE, IMAGE])
        result = build(network)
        used = {name for node in network.nodes for name in node.input}
        network.inputs = [name for name in network.inputs if name in used]
        network.save(work, result)
        samples = {name: network.random.uniform(-2, 2, [8, *IMAGE[1:]]).astype(np.float32) for name in network.inputs}
        np.savez(os.path.join(work, "samples.npz"), **samples)
        for i, name in enumerate(network.inputs):
            np.save(os.path.join(work, f"in_{i}.npy"), samples[name][:IMAGE[0]] * 1.1)  # some saturate
        report, qdq_text, text = quantize_and_fuse(work, os.path.join(work, "model.onnx"),
                                                   os.path.join(work, "samples.npz"))
        qdq, fused = os.path.join(work, "qdq.mlir"), os.path.join(work, "fused.mlir")
        assert not re.search(r"qnn\.(q|lookup|requantize)", qdq_text.replace("qnn.quantize", "")), "fused early"
        check_plan(report, qdq_text, text)
        for op in wanted:
            assert f"qnn.{op} " in text, f"no {op} after fusion"
        scale = last_scale(text)
        a, b = run(work, qdq, os.path.join(work, "a")), run(work, fused, os.path.join(work, "b"))
        distance = np.round(np.abs(a.astype(np.float64) - b) / scale)
        print(f"seed {seed}: {np.mean(distance != 0):.2%} of {a.size} elements differ, at most by "
              f"{int(distance.max())} steps; {len(np.unique(a))} values")
        assert a.shape == b.shape and len(np.unique(a)) > 8, (a.shape, b.shape)
        assert distance.max() <= steps, distance.max()
        assert np.mean(distance != 0) < 0.02, "more than ties differ"


def test_conv_bias(folder):
    check(folder, lambda n: n.conv("x0", 8, 12), ["qconv2d"])


def test_conv_relu(folder):
    check(folder, lambda n: n.add("Relu", n.conv("x0", 8, 5, strides=[2, 2])), ["qconv2d"])


def test_conv_clip(folder):
    def build(n):
        n.weights += [numpy_helper.from_array(np.float32(v), f"clip{v}") for v in (0, 1)]
        return n.add("Clip", n.conv("x0", 8, 7, dilations=[2, 1]), "clip0", "clip1")
    check(folder, build, ["qconv2d"])


def test_depthwise(folder):
    check(folder, lambda n: n.add("Relu", n.conv("x0", 8, 8, group=8)), ["qconv2d"])


def test_residual_add(folder):
    def build(n):
        first = n.add("Relu", n.conv("x0", 8, 8))
        return n.conv(n.add("Relu", n.add("Add", n.conv(first, 8, 8), first)), 8, 6)
    check(folder, build, ["qconv2d"])


def pooled(network, x):
    """Something quantized that no addition fuses into."""
    return network.add("MaxPool", network.conv(x, 8, 8), kernel_shape=[2, 2])


def test_add(folder):
    check(folder, lambda n: n.add("Add", pooled(n, "x0"), pooled(n, "x1")), ["qadd"], steps=2)


def test_mul(folder):
    check(folder, lambda n: n.add("Mul", pooled(n, "x0"), pooled(n, "x1")), ["qmul"], steps=2)


def test_gemm(folder):
    def build(n):
        flat = n.add("Flatten", "x0")
        return n.add("Relu", n.add("Gemm", flat, n.weight(10, 8 * 9 * 11), n.weight(10), transB=1))
    check(folder, build, ["qlinear"])


def test_pools(folder):
    def build(n):
        most = n.add("MaxPool", n.conv("x0", 8, 8), kernel_shape=[3, 3], strides=[2, 2])
        return n.add("AveragePool", most, kernel_shape=[2, 2])
    check(folder, build, ["qconv2d", "max_pool2d", "qavg_pool2d"], steps=2)


def test_global_pool(folder):
    def build(n):
        return n.conv(n.add("GlobalAveragePool", n.conv("x0", 8, 8)), 8, 16)
    check(folder, build, ["qreduce_mean"], steps=2)


def test_concat(folder):
    check(folder, lambda n: n.add("Concat", n.conv("x0", 8, 3), n.conv("x1", 8, 5), axis=1), ["qconv2d", "concat"])


def test_lookup(folder):
    check(folder, lambda n: n.add("Sigmoid", n.conv("x0", 8, 6)), ["qconv2d", "lookup"], steps=2)


def test_hard_swish(folder):
    check(folder, lambda n: n.add("HardSwish", n.conv("x0", 8, 6)), ["qconv2d"], steps=2)


def test_two_convolutions_of_one_add(folder):
    def build(n):
        return n.conv(n.add("Relu", n.add("Add", n.conv("x0", 8, 8), n.conv("x1", 8, 8))), 8, 4)
    check(folder, build, ["qconv2d"], steps=2)


def test_sum_that_is_read_twice(folder):
    """The add reads the quantized convolution, whose sums somebody else needs."""
    def build(n):
        conv = n.conv("x0", 8, 8)
        return n.conv(n.add("Relu", n.add("Add", conv, pooled_to_same(n, conv))), 8, 4)
    check(folder, build, ["qconv2d", "qadd"], steps=2)


def pooled_to_same(network, x):
    return network.add("MaxPool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1])


def test_plans_of_models(folder):
    """Whole networks: residual blocks, depthwise convolutions, attention."""
    for name, samples, wanted in [("fashion-resnet", "fashion/calib.npz", "qnn.add"),
                                  ("fashion-mobile", "fashion/calib.npz", "qnn.clip"),
                                  ("lm", "lm/calib.npz", "qnn.silu")]:
        work = os.path.join(folder, name)
        os.makedirs(work)
        texts = quantize_and_fuse(work, os.path.join(bw.MODELS, name, "model.onnx"),
                                  os.path.join(bw.MODELS, samples))
        planned = check_plan(*texts)
        print(f"{name}: {len(planned)} ops planned in int8, all fused")
        assert wanted in {op for op, _ in planned}, (name, wanted)


bw.main(__name__)
