# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Quantized models keep what rounding must not lose: the narrow part of joined tensors (static int8), and output
channels whose weights are all zero (every scheme). Each model is small, compiled, run and compared with float.
"""

import os
import re

import numpy as np
import onnx

import bitwright_test as bw
from onnx_builder import F, make, node

IMAGE = (1, 3, 8, 8)
CONV = {"pads": [1, 1, 1, 1]}


def run(folder, model, x, scheme="", calibration=None, tag="q"):
    """The result of the compiled model and the text of its report."""
    path, library, report = (os.path.join(folder, f"{tag}.{end}") for end in ("onnx", "so", "txt"))
    onnx.save(model, path)
    options = [f"--report={report}"] + ([f"--quantize={scheme}"] if scheme else [])
    if calibration is not None:
        np.savez(os.path.join(folder, "calib.npz"), x=calibration)
        options.append(f"--calibrate={os.path.join(folder, 'calib.npz')}")
    bw.succeed(["quant-compile", path, "--mcpu=native", "-o", library, *options])
    np.save(os.path.join(folder, "x.npy"), x)
    bw.succeed(["quant-run", library, f"--input=x={os.path.join(folder, 'x.npy')}",
                f"--output={os.path.join(folder, tag)}"])
    with open(report) as file:
        return np.load(os.path.join(folder, tag, "output_0.npy")), file.read()


def decibels(expected, actual):
    noise = float(np.square(expected.astype(np.float64) - actual).sum())
    return 10 * np.log10(float(np.square(expected.astype(np.float64)).sum()) / max(noise, 1e-30))


def check_parts(folder, nodes, constants, parts, reason="unlike range"):
    """Each slice of the channels keeps 20 dB in int8; `reason` stands in the report (or, negated by '!', does not)."""
    model = make(13, {"x": F(*IMAGE)}, nodes, "y", constants)
    samples = weights(7, 8, *IMAGE)
    expected, _ = run(folder, model, samples[0], tag="float")
    actual, report = run(folder, model, samples[0], "int8", samples)
    for part in parts:
        kept = decibels(expected[:, part], actual[:, part])
        assert kept >= 20, f"channels {part} keep {kept:.1f} dB\n{report}"
    assert (reason[1:] not in report) if reason[0] == "!" else (reason in report), report
    return report


def weights(seed, *dims, spread=1.0):
    return np.random.RandomState(seed).uniform(-spread, spread, dims).astype(np.float32)


def two_convs(wide=100.0):
    """Convolutions a (wide) and b (narrow) of x, 4 channels each."""
    return ([node("Conv", "x w1", "a", "a", **CONV), node("Conv", "x w2", "b", "b", **CONV)],
            {"w1": weights(1, 4, 3, 3, 3, spread=wide), "w2": weights(2, 4, 3, 3, 3, spread=0.1)})


HALVES = (slice(0, 4), slice(4, 8))


def test_concat(folder):
    nodes, constants = two_convs()
    check_parts(folder, nodes + [node("Concat", "a b", "y", "cat", axis=1)], constants, HALVES)


def test_concat_per_tensor_weights(folder):
    nodes, constants = two_convs()
    model = make(13, {"x": F(*IMAGE)}, nodes + [node("Concat", "a b", "y", "cat", axis=1)], "y", constants)
    samples = weights(9, 8, *IMAGE)
    expected, _ = run(folder, model, samples[0], tag="float")
    actual, _ = run(folder, model, samples[0], "int8:per-tensor", samples)
    assert decibels(expected[:, 4:], actual[:, 4:]) >= 20


def test_concat_of_like_ranges_shares(folder):
    nodes, constants = two_convs(wide=0.3)
    report = check_parts(folder, nodes + [node("Concat", "a b", "y", "cat", axis=1)], constants, HALVES,
                         "!unlike range")
    assert re.search(r"\+ cat \(qnn.concat\): quantized: int8", report), report


def test_concat_of_a_function(folder):
    nodes, constants = two_convs()
    nodes += [node("Sigmoid", "b", "s", "s"), node("Concat", "a s", "y", "cat", axis=1)]
    check_parts(folder, nodes, constants, HALVES)


def test_concat_of_three_in_two_steps(folder):
    """The inner concat is harmless, the outer one is not."""
    nodes, constants = two_convs()
    constants["w3"] = weights(3, 4, 3, 3, 3, spread=0.2)
    nodes += [node("Conv", "x w3", "c", "c", **CONV), node("Concat", "b c", "d", "inner", axis=1),
              node("Concat", "d a", "y", "outer", axis=1)]
    report = check_parts(folder, nodes, constants, HALVES + (slice(8, 12),))
    assert re.search(r"\+ inner \(qnn.concat\): quantized", report), report


def test_concat_of_a_constant(folder):
    nodes, constants = two_convs()
    constants["k"] = np.full((1, 4, 8, 8), 0.7, np.float32)
    check_parts(folder, nodes[:1] + [node("Concat", "a k", "y", "cat", axis=1)],
                {name: constants[name] for name in ("w1", "k")}, HALVES)


def test_concat_of_zeros_shares(folder):
    """Zeros are exact in any scale."""
    nodes, constants = two_convs()
    constants["k"] = np.zeros((1, 4, 8, 8), np.float32)
    report = check_parts(folder, nodes[:1] + [node("Concat", "a k", "y", "cat", axis=1)],
                         {name: constants[name] for name in ("w1", "k")}, HALVES[:1], "!unlike range")
    assert re.search(r"\+ cat \(qnn.concat\): quantized", report), report


def check_reader(folder, between, reason="which it reads, would drown"):
    """A 1 x 1 convolution behind the nodes `between`, first of the wide part alone, then of the narrow one alone."""
    nodes, constants = two_convs()
    constants["w4"] = np.zeros((8, 8, 1, 1), np.float32)
    constants["w4"][:4, :4, 0, 0] = weights(4, 4, 4)
    constants["w4"][4:, 4:, 0, 0] = weights(5, 4, 4, spread=300)
    nodes += [node("Concat", "a b", "c", "cat", axis=1), *between, node("Conv", "d w4", "y", "reader")]
    check_parts(folder, nodes, constants, HALVES, reason)


def test_convolution_of_a_concat(folder):
    check_reader(folder, [node("Identity", "c", "d")])


def test_convolution_behind_a_relu(folder):
    check_reader(folder, [node("Relu", "c", "d")])


def test_convolution_behind_a_pool(folder):
    check_reader(folder, [node("AveragePool", "c", "d", kernel_shape=[2, 2])])


def test_convolution_behind_a_mean(folder):
    check_reader(folder, [node("GlobalAveragePool", "c", "d")])


def filled(folder, nodes, constants, shape=(8, 4, 1, 1)):
    """A narrow tensor b, then `nodes`, which mix it with something wide into m, and a convolution of m."""
    conv, weight = two_convs()
    constants = {"w1": weight["w1"], "w2": weight["w2"], "w4": weights(6, *shape), **constants}
    model = make(13, {"x": F(*IMAGE)}, conv + nodes + [node("Conv", "m w4", "y", "reader")], "y", constants)
    samples = weights(7, 8, *IMAGE)
    expected, _ = run(folder, model, samples[0], tag="float")
    actual, report = run(folder, model, samples[0], "int8", samples)
    return expected, actual, report


def test_pad_with_a_large_value(folder):
    expected, actual, report = filled(folder, [node("Pad", "b pads five", "m", "pad")],
                                      {"pads": np.array([0, 0, 1, 1, 0, 0, 1, 1]), "five": np.float32(500)})
    inside = (slice(None), slice(None), slice(1, -1), slice(1, -1))
    assert decibels(expected[inside], actual[inside]) >= 20, report
    assert "unlike range" in report, report


def test_pad_with_zero_is_int8(folder):
    """The report does not call a pad float that computes on bytes."""
    expected, actual, report = filled(folder, [node("Pad", "b pads", "m", "pad")],
                                      {"pads": np.array([0, 0, 1, 1, 0, 0, 1, 1])})
    assert decibels(expected, actual) >= 30, report
    assert re.search(r"\+ pad \(qnn.pad\): quantized: int8", report) and "- pad" not in report, report
    text = bw.succeed(["quant-opt", os.path.join(folder, "q.onnx"), "--quantize=int8", "--fuse",
                       f"--calibrate={os.path.join(folder, 'calib.npz')}"]).stdout
    assert re.search(r"qnn\.pad .*xi8>", text) and not re.search(r"qnn\.pad .*xf32> ->", text), text


def test_where(folder):
    mask = np.zeros((1, 4, 8, 8), bool)
    mask[..., 4:] = True
    expected, actual, report = filled(folder, [node("Where", "mask a b", "m", "where")], {"mask": mask})
    narrow = (slice(None), slice(None), slice(None), slice(0, 4))
    assert decibels(expected[narrow], actual[narrow]) >= 20, report
    assert "unlike range" in report, report


def test_max(folder):
    expected, actual, report = filled(folder, [node("Max", "a b", "m", "max")], {})
    assert decibels(expected, actual) >= 20 and "unlike range" in report, report


SCHEMES = ("", "int8", "int8:per-tensor", "int8-dynamic", "int8-weight", "int4-rtn", "int4-rtn:sym",
           "int4-rtn:group=16,act=int8", "int4-awq", "int4-awq:sym")


def check_zero_channel(folder, nodes, shape, constants, channel):
    """Channel 3 has no weights: it is its bias, whatever the others hold."""
    model = make(17, {"x": F(*shape)}, nodes, "y", constants)
    samples = np.random.RandomState(8).uniform(-3, 3, (4, *shape)).astype(np.float32)
    bias = constants["b"][3] if "b" in constants else np.float32(0)
    for scheme in SCHEMES:
        calibrates = scheme.startswith(("int8", "int4-awq")) and not scheme.startswith("int8-weight")
        actual, report = run(folder, model, samples[0], scheme, samples if calibrates else None,
                             tag=re.sub("[:,=]", "_", scheme) or "float")
        found = actual[channel]
        step = np.ptp(actual) / 255  # Static int8 rounds the bias to a step of the result's range.
        allowed = 2 * step if scheme.split(":")[0] == "int8" and bias else 0
        assert np.all(np.abs(found - bias) <= allowed), f"{scheme}: {found.ravel()[:4]} for {bias}\n{report}"


def scaled(seed, *dims, spread):
    """Weights whose outputs (the first of `dims`) have nothing at 3; blocks of 16 vanish in others, too."""
    values = weights(seed, *dims, spread=spread)
    values[3] = 0
    values.reshape(dims[0], -1)[1, 16:32] = 0
    return values


def test_zero_channel_of_matmul(folder):
    for spread, rows in ((3e-6, 3), (1.0, 3), (3e-6, 40), (1e-38, 3), (1e-42, 3)):
        check_zero_channel(folder, [node("MatMul", "x w", "y", "fc")], (rows, 64),
                           {"w": scaled(11, 8, 64, spread=spread).T}, (slice(None), 3))


def test_zero_channel_of_gemm_with_bias(folder):
    for spread, bias in ((3e-6, 2e-6), (0.02, 0.11)):
        check_zero_channel(folder, [node("Gemm", "x w b", "y", "fc", transB=1)], (5, 64),
                           {"w": scaled(12, 8, 64, spread=spread), "b": np.full(8, bias, np.float32)},
                           (slice(None), 3))


def test_zero_channel_of_convolutions(folder):
    for constants in ({"w": scaled(13, 8, 3, 3, 3, spread=1e-6)},
                      {"w": scaled(14, 8, 3, 3, 3, spread=0.05), "b": np.full(8, 0.3, np.float32)}):
        check_zero_channel(folder, [node("Conv", " ".join(["x", *constants]), "y", "conv", **CONV)], IMAGE,
                           constants, (slice(None), 3))


def test_zero_weights(folder):
    """Nothing but a bias."""
    check_zero_channel(folder, [node("Gemm", "x w b", "y", "fc", transB=1)], (5, 64),
                       {"w": np.zeros((8, 64), np.float32), "b": np.full(8, 0.3, np.float32)}, (slice(None), 3))


bw.main(__name__)
