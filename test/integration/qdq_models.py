# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models in QDQ form as static quantizers write them: int32 biases with a dequantize of their own, weights for each
channel or unsigned for the tensor, weights that are computed. Every contraction becomes an integer op where its sums
fit, and the result is what the interpreter gives for the file's own ops.
"""

import os
import re
import tempfile

import numpy as np
import onnx

import bitwright_test as bw
from onnx_builder import F, make, node


def interpret(model, x):
    """What the float ops of the model mean, by the reference interpreter on the imported file."""
    with tempfile.TemporaryDirectory(prefix="bitwright-") as folder:
        path, source, out = (os.path.join(folder, name) for name in ("m.onnx", "x.npy", "out"))
        onnx.save(model, path)
        np.save(source, x)
        bw.succeed(["quant-run", path, "--interpret", f"--input=x={source}", f"--output={out}"])
        return np.load(os.path.join(out, "output_0.npy"))


class Writer:
    """Writes a float network in QDQ form while it computes it, layer by layer, on `x`."""

    def __init__(self, x, unsigned, per_channel):
        self.nodes, self.constants, self.x = [], {}, x
        self.unsigned, self.per_channel, self.shape = unsigned, per_channel, x.shape
        self.random = np.random.RandomState(3)

    def bytes(self, values, unsigned):
        return values.astype(np.uint8 if unsigned else np.int8)

    def constant(self, name, value):
        self.constants[name] = value
        return name

    def parameters(self, name, values):
        """Scale and zero point of an activation, as constants."""
        low, high = min(values.min(), 0), max(values.max(), 0)
        scale = np.float32((high - low) / 255)
        zero = np.round(-low / scale) - (0 if self.unsigned else 128)
        self.constant(name + "_scale", scale)
        self.constant(name + "_zero_point", self.bytes(np.array(zero), self.unsigned))

    def bracket(self, name, values, parameters=""):
        """Q and DQ of an activation; the name of what is dequantized."""
        parameters = parameters or name
        if parameters == name:
            self.parameters(name, values)
        pair = f"{parameters}_scale {parameters}_zero_point"
        self.nodes.append(node("QuantizeLinear", f"{name} {pair}", name + "_q", name + "_QuantizeLinear"))
        self.nodes.append(node("DequantizeLinear", f"{name}_q {pair}", name + "_d", name + "_DequantizeLinear"))
        return name + "_d"

    def weight(self, name, values, axis):
        """The dequantized weight and its scales."""
        others = tuple(i for i in range(values.ndim) if i != axis)
        if self.unsigned:
            low, high = min(values.min(), 0), max(values.max(), 0)
            scale = np.float32((high - low) / 255)
            zero = np.array(np.round(-low / scale))
            stored = np.clip(np.round(values / scale) + zero, 0, 255)
        else:
            scale = np.abs(values).max(axis=others if self.per_channel else None).astype(np.float32) / np.float32(127)
            spread = np.expand_dims(scale, others) if self.per_channel else scale
            stored, zero = np.round(values / spread), np.zeros(np.shape(scale))
        self.constant(name + "_quantized", self.bytes(stored, self.unsigned))
        self.constant(name + "_scale", np.asarray(scale, np.float32))
        self.constant(name + "_zero_point", self.bytes(zero, self.unsigned))
        inputs = f"{name}_quantized {name}_scale {name}_zero_point"
        self.nodes.append(node("DequantizeLinear", inputs, name + "_d", axis=axis))
        return name + "_d", np.asarray(scale, np.float32)

    def bias(self, name, values, input_name, scale):
        """int32, with the product of the scales; per tensor that product has one dimension, its zero point none."""
        scale = np.float32(self.constants[input_name + "_scale"]) * scale
        self.constant(name + "_quantized", np.round(values / scale).astype(np.int32))
        self.constant(name + "_scale", scale.reshape(-1))
        self.constant(name + "_zero_point", np.zeros(scale.shape, np.int32))
        inputs = f"{name}_quantized {name}_scale {name}_zero_point"
        self.nodes.append(node("DequantizeLinear", inputs, name + "_d", axis=0) if scale.ndim else
                          node("DequantizeLinear", inputs, name + "_d"))
        return name + "_d"

    def evaluate(self, result):
        return interpret(self.model(result), self.x)

    def layer(self, op, data, input_name, weight, bias, result, axis=0, **attributes):
        weight_name, scale = self.weight(result + "_w", weight, axis)
        bias_name = self.bias(result + "_b", bias, input_name, scale)
        self.nodes.append(node(op, f"{data} {weight_name} {bias_name}", result, result, **attributes))
        return self.bracket(result, self.evaluate(result))

    def uniform(self, *dims):
        return self.random.uniform(-1, 0.8, dims).astype(np.float32)

    def model(self, result):
        return make(17, {"x": F(*self.shape)}, self.nodes, result, self.constants)


def network(unsigned, per_channel):
    """Two convolutions, a mean and a Gemm, as quantize_static writes them (relus are in the zero points)."""
    w = Writer(np.random.RandomState(1).uniform(-3, 4, (2, 3, 10, 10)).astype(np.float32), unsigned, per_channel)
    x = w.bracket("x", w.x)
    c1 = w.layer("Conv", x, "x", w.uniform(8, 3, 3, 3), w.uniform(8), "c1", pads=[1, 1, 1, 1])
    c2 = w.layer("Conv", c1, "c1", w.uniform(8, 8, 3, 3), w.uniform(8), "c2", pads=[1, 1, 1, 1], strides=[2, 2])
    w.nodes.append(node("GlobalAveragePool", c2, "g", "pool"))
    g = w.bracket("g", w.evaluate("g"))
    w.nodes.append(node("Flatten", g, "f", "flatten"))
    f = w.bracket("f", None, "g")
    y = w.layer("Gemm", f, "g", w.uniform(8, 5), w.uniform(5), "y", axis=1)
    return w, y


def compile_and_run(folder, model, x):
    path, library, report = (os.path.join(folder, name) for name in ("m.onnx", "m.so", "report.txt"))
    onnx.save(model, path)
    bw.succeed(["quant-compile", path, "--mcpu=native", "-o", library, f"--report={report}"])
    np.save(os.path.join(folder, "x.npy"), x)
    bw.succeed(["quant-run", library, f"--input=x={os.path.join(folder, 'x.npy')}",
                f"--output={os.path.join(folder, 'out')}"])
    with open(report) as file:
        return np.load(os.path.join(folder, "out", "output_0.npy")), file.read()


def difference(expected, actual):
    return np.abs(expected - actual).max() / np.abs(expected).max()


def check_network(folder, unsigned, per_channel):
    w, y = network(unsigned, per_channel)
    actual, report = compile_and_run(folder, w.model(y), w.x)
    for name in ("c1 (qnn.qconv2d)", "c2 (qnn.qconv2d)", "y (qnn.qlinear)"):
        assert f"+ {name}: fused" in report, report
    bits = float(re.search(r"bytes with scales, ([\d.]+) bits each", report)[1])
    assert bits <= 10, report
    assert difference(w.evaluate(y), actual) <= 2e-2, report
    return report


def test_signed_for_each_channel(folder):
    check_network(folder, unsigned=False, per_channel=True)


def test_signed_for_the_tensor(folder):
    check_network(folder, unsigned=False, per_channel=False)


def test_unsigned_for_the_tensor(folder):
    """The weights reach from -142 to 113 steps: what leaves the signed byte is rounded, and the report says so."""
    report = check_network(folder, unsigned=True, per_channel=False)
    assert "weights that leave the signed byte are rounded to it" in report, report


def large(bias, weights=None):
    """One Gemm with these int32 biases, one more behind it."""
    w = Writer(np.random.RandomState(1).uniform(0, 1, (2, 16)).astype(np.float32), True, False)
    w.unsigned = False
    w.bracket("x", w.x)
    weight, scale = w.weight("w", w.uniform(16, 4) if weights is None else weights, 1)
    scale = w.constants["x_scale"] * scale
    w.constant("b", np.array(bias, np.int32))
    w.constant("bs", scale.reshape(-1))
    w.nodes += [node("DequantizeLinear", "b bs", "bd"), node("Gemm", f"x_d {weight} bd", "fc1", "fc1")]
    fc1 = w.bracket("fc1", w.evaluate("fc1"))
    return w, w.layer("Gemm", fc1, "fc1", w.uniform(4, 3), w.uniform(3), "fc2", axis=1)


def test_bias_of_more_than_24_bits(folder):
    """Float does not hold it; the integer op does."""
    w, y = large([(1 << 24) + 1, -(1 << 25) - 3, 1 << 26, 5])
    actual, report = compile_and_run(folder, w.model(y), w.x)
    assert "+ fc1 (qnn.qlinear)" in report and "+ fc2 (qnn.qlinear)" in report, report
    assert difference(w.evaluate(y), actual) <= 2e-2, report
    text = bw.succeed(["quant-opt", os.path.join(folder, "m.onnx"), "--simplify", "--fuse"]).stdout
    assert "[16777217, -33554435, 67108864, 5]" in text, text


def test_bias_that_overflows(folder):
    """The sums of fc1 may leave int32: it stays float, and fc2 is integer all the same."""
    w, y = large([(1 << 31) - 1, 0, 0, 0])
    actual, report = compile_and_run(folder, w.model(y), w.x)
    assert "'fc1' stays float" in report and "+ fc2 (qnn.qlinear)" in report, report
    assert difference(w.evaluate(y), actual) <= 2e-2, report


def test_sums_at_the_edge_of_int32(folder):
    """70000 products of up to 255 * 127: of one sign they overflow, of both signs in halves they do not."""
    for signs, integer in ((1, False), (-1, True)):
        weights = np.ones((70000, 2), np.float32)
        weights[::2] *= signs
        w = Writer(np.zeros((1, 70000), np.float32), True, False)
        w.x[0, :5] = [1, 0.5, 0.25, 1, 0.75]
        x = w.bracket("x", w.x)
        w.unsigned = False
        weight, _ = w.weight("w", weights, 1)
        w.nodes.append(node("MatMul", f"{x} {weight}", "fc", "fc"))
        y = w.bracket("fc", np.array([-3.0, 4.0]))
        actual, report = compile_and_run(folder, w.model(y), w.x)
        assert ("+ fc (qnn.qlinear)" in report) == integer, report
        assert integer or "'fc' stays float" in report, report
        assert difference(w.evaluate(y), actual) <= 2e-2


def test_mean_of_many(folder):
    """A mean whose sum may leave int32 stays float; the model compiles."""
    w = Writer(np.zeros((1, 1, 3000, 3000), np.float32), True, False)
    w.x[0, 0, :9, :9] = 1
    x = w.bracket("x", w.x)
    w.nodes.append(node("GlobalAveragePool", x, "g", "pool"))
    y = w.bracket("g", np.array([0.0, 1e-5]))
    actual, report = compile_and_run(folder, w.model(y), w.x)
    assert "qreduce_mean" not in report and difference(w.evaluate(y), actual) <= 2e-2, report


def computed(folder, nodes, constants, integer):
    """A convolution whose weights `w` are what `nodes` compute from stored bytes `q`, scales s and zero points z."""
    quantize = {"sx": np.float32(0.03), "zx": np.uint8(110), "sy": np.float32(0.06), "zy": np.uint8(120)}
    model = make(13, {"x": F(1, 2, 5, 5)}, [
        *nodes, node("QuantizeLinear", "x sx zx", "xq"), node("DequantizeLinear", "xq sx zx", "xd"),
        node("Conv", "xd w", "c", "conv", pads=[1, 1, 1, 1]),
        node("QuantizeLinear", "c sy zy", "yq"), node("DequantizeLinear", "yq sy zy", "y")], "y",
                 {**quantize, **constants})
    x = np.random.RandomState(2).uniform(-3, 3, (1, 2, 5, 5)).astype(np.float32)
    actual, report = compile_and_run(folder, model, x)
    expected = interpret(model, x)
    assert np.abs(expected - actual).max() <= 0.0601, report
    assert ("+ conv (qnn.qconv2d)" in report) == integer, report


SCALES = {"s": np.array([0.01, 0.02, 0.005], np.float32), "z": np.zeros(3, np.int8)}


def stored(*dims):
    return np.random.RandomState(4).randint(-128, 128, dims).astype(np.int8)


def test_computed_by_transpose(folder):
    computed(folder, [node("DequantizeLinear", "q s z", "d", axis=1), node("Transpose", "d", "w", perm=[1, 0, 2, 3])],
             {"q": stored(2, 3, 3, 3), **SCALES}, integer=True)


def test_computed_by_reshape(folder):
    computed(folder, [node("DequantizeLinear", "q s z", "d", axis=0), node("Reshape", "d shape", "w")],
             {"q": stored(3, 18), "shape": np.array([3, 2, 3, 3]), **SCALES}, integer=True)


def test_computed_by_reshape_of_channels(folder):
    """Channels that a reshape cuts: float weights."""
    computed(folder, [node("DequantizeLinear", "q s z", "d", axis=1), node("Reshape", "d shape", "w")],
             {"q": stored(18, 3), "shape": np.array([3, 2, 3, 3]), **SCALES}, integer=False)


def test_computed_by_quantize(folder):
    floats = np.random.RandomState(5).uniform(-0.6, 0.6, (3, 2, 3, 3)).astype(np.float32)
    computed(folder, [node("QuantizeLinear", "f s z", "q", axis=0), node("DequantizeLinear", "q s z", "w", axis=0)],
             {"f": floats, **SCALES}, integer=True)


def test_computed_by_arithmetic(folder):
    computed(folder, [node("DequantizeLinear", "q s z", "d", axis=0), node("Mul", "d k", "m"), node("Add", "m o", "w")],
             {"q": stored(3, 2, 3, 3), "k": np.array([1.5, -1, 2], np.float32).reshape(3, 1, 1, 1),
              "o": np.float32(0.01), **SCALES}, integer=False)


def test_computed_by_cast(folder):
    computed(folder, [node("Cast", "q", "d", to=1), node("Mul", "d k", "w")],
             {"q": stored(3, 2, 3, 3), "k": np.float32(0.01)}, integer=False)


bw.main(__name__)
