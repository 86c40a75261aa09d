# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ONNX operators that the importer writes as several ops, interpreted and compiled, of static and of unknown sizes,
against numpy that follows their definitions.
"""

import os

import numpy as np

import bitwright_test as bw
import onnx_builder as build
from operators import check, run, save

RNG = np.random.default_rng(7)
MS = "com.microsoft"


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def close(folder, name, node, inputs, expected, constants=None, opset=17, tolerance=2e-5):
    """The first outputs of one node, y0, y1, ..., are `expected`."""
    check(folder, name, [node], inputs, expected, constants, opset, tolerance)


def close_static(folder, name, node, inputs, expected, constants=None, opset=17, tolerance=2e-5):
    """The same of static sizes alone."""
    outputs = [f"y{i}" for i in range(len(expected))]
    model = save(folder, name, [node], inputs, outputs, opset, constants)
    library = os.path.join(folder, name + ".so")
    bw.succeed(["quant-compile", model, "-o", library])
    for how, program, options in [("compiled", library, []), ("interpreted", model, ["--interpret"])]:
        results = run(program, os.path.join(folder, name + how), inputs, *options)
        for given, right in zip(results, expected, strict=True):
            label = f"{name}, {how}"
            assert given.shape == right.shape and given.dtype == right.dtype, f"{label}: {given.dtype}{given.shape}"
            assert np.abs(given - right).max() <= tolerance, f"{label}: {given} is not {right}"


def softmax(x):
    shifted = np.exp(x - x.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


#===--- contractions and reductions ------------------------------------------------===#


def test_einsum(folder):
    """Transposes, sums, diagonals, batches, broadcast dimensions, several operands; with a constant operand it is a
    linear op."""
    for i, (equation, *shapes) in enumerate([
            ("ij->ji", (2, 3)), ("abc->b", (2, 3, 4)), ("ij->", (2, 3)), ("ij,jk", (2, 3), (3, 4)),
            ("bhqd,bhkd->bhqk", (2, 2, 3, 4), (2, 2, 5, 4)), ("bsd,dhe->bshe", (2, 3, 4), (4, 2, 5)),
            ("i,j->ij", (3,), (4,)), ("ij,ij->i", (2, 3), (2, 3)), ("b i j, b j -> b i", (2, 3, 4), (2, 4)),
            ("ijk,lk->l", (2, 3, 4), (5, 4)), ("...ij,...jk->...ik", (1, 3, 4), (2, 4, 5)),
            ("ij,jk,kl->il", (2, 3), (3, 4), (4, 5))]):
        arrays = {f"x{k}": normal(*shape) for k, shape in enumerate(shapes)}
        expected = np.asarray(np.einsum(equation, *arrays.values()))
        if equation == "ij,jk":
            expected = arrays["x0"] @ arrays["x1"]
        node = build.node("Einsum", " ".join(arrays), "y0", equation=equation)
        close(folder, f"e{i}", node, arrays, [expected])
        if len(shapes) == 2:
            close(folder, f"c{i}", node, {"x0": arrays["x0"]}, [expected], {"x1": arrays["x1"]})


def test_einsum_of_diagonals(folder):
    """A repeated label needs static sizes."""
    for i, equation in enumerate(["aab->ab", "aba->b"]):
        x = normal(3, 3, 2) if i == 0 else normal(3, 2, 3)
        node = build.node("Einsum", "x", "y0", equation=equation)
        close_static(folder, f"d{i}", node, {"x": x}, [np.einsum(equation, x)])


def test_reductions_over_axes_that_are_no_neighbours(folder):
    x = normal(2, 3, 4, 5)
    for axes in [(0, 2), (0, 3), (1, 3), (0, 2, 3)]:
        for keep in [0, 1]:
            node = build.node("ReduceMax", "x", "y0", axes=list(axes), keepdims=keep)
            close(folder, f"m{axes}{keep}", node, {"x": x}, [x.max(axes, keepdims=bool(keep))])
    squares = np.sqrt((x * x).sum((1, 3)))
    close(folder, "l2", build.node("ReduceL2", "x", "y0", axes=[3, 1], keepdims=0), {"x": x}, [squares])


def test_cumulative_products(folder):
    x = normal(3, 5)
    ahead = np.concatenate([np.ones((3, 1), np.float32), x[:, :-1]], 1)
    backwards = np.cumprod(x[:, ::-1], 1)[:, ::-1]
    for name, expected, attributes in [("forwards", np.cumprod(x, 1), {}),
                                       ("exclusive", np.cumprod(ahead, 1), {"exclusive": 1}),
                                       ("reverse", backwards, {"reverse": 1})]:
        node = build.node("CumProd", "x axis", "y0", **attributes)
        close_static(folder, name, node, {"x": x}, [expected], {"axis": np.int64(1)}, 26)


#===--- elementwise ----------------------------------------------------------------===#


def test_inverse_trigonometry(folder):
    unit = np.concatenate([np.linspace(-1, 1, 41), [1e-6, -1e-6, 0]]).astype(np.float32)
    wide = np.array([-np.inf, -1e30, -100, -2.4, -.4, -1e-6, 0, .4, .5, 2.5, 1e6, 1e20, np.inf], np.float32)
    above = np.array([1, 1.0001, 1.5, 3, 1e4, 1e18, 1e30], np.float32)
    for op, function, x in [("Asin", np.arcsin, unit), ("Acos", np.arccos, unit), ("Atan", np.arctan, wide),
                            ("Atanh", np.arctanh, unit[1:40]), ("Asinh", np.arcsinh, wide[1:12]),
                            ("Acosh", np.arccosh, above)]:
        expected = function(x.astype(np.float64)).astype(np.float32)
        close(folder, op, build.node(op, "x", "y0"), {"x": x}, [expected], tolerance=1e-5)
    x = np.array([1e-6, -3e-6], np.float32)  # relative, where a sum with 1 would lose all
    for op, function in [("Asinh", np.arcsinh), ("Atanh", np.arctanh), ("Atan", np.arctan)]:
        close(folder, op + "small", build.node(op, "x", "y0"), {"x": x}, [function(x)], tolerance=1e-12)


def test_bits(folder):
    for dtype in ["uint8", "int16", "int64"]:
        x = np.array([0, 1, 77, np.iinfo(dtype).max, np.iinfo(dtype).min], dtype)
        check(folder, dtype, [build.node("BitwiseNot", "x", "y0")], {"x": x}, [~x], opset=18)


def test_shifts(folder):
    """By less than nothing or by the width and more, too; signed numbers keep their sign."""
    for dtype in ["uint8", "uint32", "uint64", "int8", "int64"]:
        info = np.iinfo(dtype)
        values = np.array([0, 1, 5, info.max // 3, info.max, info.min], dtype)
        places = np.array([0, 1, info.bits // 2, info.bits - 1, info.bits, 100], dtype)
        x, y = (np.ascontiguousarray(a) for a in np.broadcast_arrays(values[:, None], places))
        left = [[(int(v) << min(int(p), 64)) % 2 ** info.bits for v, p in zip(a, b)] for a, b in zip(x, y)]
        right = [[int(v) >> min(int(p), 64) for v, p in zip(a, b)] for a, b in zip(x, y)]
        for direction, result in [("LEFT", np.array(left, np.uint64).astype(dtype)), ("RIGHT", np.array(right, dtype))]:
            node = build.node("BitShift", "x y", "y0", direction=direction)
            check(folder, dtype + direction, [node], {"x": x, "y": y}, [result], opset=28)


def test_cumulative_sums_along_an_axis_that_is_data(folder):
    x = normal(2, 3, 4)
    for axis in [-3, 1, 2]:
        node = build.node("CumSum", "x a", "y0")
        close_static(folder, f"axis{axis}", node, {"x": x, "a": np.array([axis])}, [x.cumsum(axis)])


#===--- selection ------------------------------------------------------------------===#


def test_selections(folder):
    x, lengths = normal(3, 4, 2), np.array([1, 3, 4])
    reversed_ = x.copy()
    for batch, length in enumerate(lengths):
        reversed_[batch, :length] = x[batch, :length][::-1]
    node = build.node("ReverseSequence", "x l", "y0", batch_axis=0, time_axis=1)
    close(folder, "batch", node, {"x": x, "l": lengths}, [reversed_])
    turned = x.transpose(1, 0, 2).copy()
    close(folder, "time", build.node("ReverseSequence", "x l", "y0"), {"x": turned, "l": lengths},
          [reversed_.transpose(1, 0, 2)])
    most = (np.arange(4)[:, None] == x.argmax(1)[:, None]).astype(np.float32)
    close(folder, "hardmax", build.node("Hardmax", "x", "y0", axis=1), {"x": x}, [most])
    close(folder, "eye", build.node("EyeLike", "x", "y0", k=-1, dtype=7), {"x": normal(3, 5)},
          [np.eye(3, 5, -1, np.int64)])
    image = normal(5, 4)
    expected = np.zeros((3, 7), np.float32)
    expected[:, 1:5] = image[1:4]
    node = build.node("CenterCropPad", "x s", "y0")
    close_static(folder, "crop", node, {"x": image}, [expected], {"s": np.array([3, 7])}, 18)


def test_local_response(folder):
    """The window lies half before its channel, an even one a place less."""
    x = normal(2, 7, 3, 4)
    for size in [1, 4, 5]:
        squares = np.zeros_like(x)
        for c in range(7):
            low, high = max(0, c - (size - 1) // 2), min(7, c + size // 2 + 1)
            squares[:, c] = (x[:, low:high] ** 2).sum(1)
        expected = x / (1.5 + 0.1 / size * squares) ** 0.7
        node = build.node("LRN", "x", "y0", size=size, alpha=0.1, beta=0.7, bias=1.5)
        close(folder, f"size{size}", node, {"x": x}, [expected])


#===--- losses ---------------------------------------------------------------------===#


def test_losses(folder):
    scores, weights = normal(2, 3, 4), np.array([.5, 2, 1], np.float32)
    target = np.array([[0, 2, 1, 9], [1, 1, 0, 2]])
    logs = np.log(softmax(scores.transpose(0, 2, 1)))
    kept = target != 9
    safe = np.where(kept, target, 0)
    picked = -np.take_along_axis(logs, safe[..., None], -1)[..., 0]
    w = weights[safe] * kept
    inputs = {"x": scores, "t": target}
    total = (picked * w).sum()
    for reduction, expected in [("none", picked * w), ("sum", total), ("mean", total / w.sum())]:
        node = build.node("SoftmaxCrossEntropyLoss", "x t w", "y0 y1", reduction=reduction, ignore_index=9)
        close(folder, reduction, node, inputs, [np.asarray(expected, np.float32), logs.transpose(0, 2, 1)],
              {"w": weights})
    node = build.node("NegativeLogLikelihoodLoss", "x t", "y0")
    close(folder, "plain", node, {"x": scores, "t": safe},
          [np.asarray(-np.take_along_axis(scores, safe[:, None], 1).mean(), np.float32)])


#===--- attention ------------------------------------------------------------------===#


def attention(q, k, v, allowed=None, bias=0, scale=None):
    """B x H x S x D; heads of k and v are shared by groups; no key gives 0."""
    k, v = (np.repeat(x, q.shape[1] // x.shape[1], 1) for x in (k, v))
    scores = q @ k.swapaxes(2, 3) * (scale or q.shape[3] ** -.5) + bias
    if allowed is None:
        return (softmax(scores) @ v).astype(np.float32)
    allowed = np.broadcast_to(allowed, scores.shape)
    weights = softmax(np.where(allowed, scores, -1e9)) * allowed.any(-1, keepdims=True)
    return (weights @ v).astype(np.float32)


def heads(x, count):
    return x.reshape(*x.shape[:2], count, -1).transpose(0, 2, 1, 3)


def joined(x):
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def causal(queries, keys, past=0):
    return np.arange(keys) <= np.arange(queries)[:, None] + past


def test_attention(folder):
    """Groups of queries share keys; masks of each kind; a query that sees no key gives 0."""
    q, k, v = normal(2, 4, 3, 8), normal(2, 2, 5, 8), normal(2, 2, 5, 6)
    inputs = {"q": q, "k": k, "v": v}
    close_static(folder, "plain", build.node("Attention", "q k v", "y0"), inputs, [attention(q, k, v)], opset=23)
    close_static(folder, "causal", build.node("Attention", "q k v", "y0", is_causal=1), inputs,
          [attention(q, k, v, causal(3, 5))], opset=23)
    mask = RNG.random((2, 1, 3, 5)) < .6
    mask[1, 0, 2] = False
    close_static(folder, "mask", build.node("Attention", "q k v m", "y0"), inputs | {"m": mask},
          [attention(q, k, v, mask)], opset=23)
    added = normal(3, 5)
    close_static(folder, "bias", build.node("Attention", "q k v m", "y0", scale=.5), inputs | {"m": added},
          [attention(q, k, v, bias=added, scale=.5)], opset=23)
    past_k, past_v = normal(2, 2, 4, 8), normal(2, 2, 4, 6)
    all_k, all_v = np.concatenate([past_k, k[:, :, :3]], 2), np.concatenate([past_v, v[:, :, :3]], 2)
    close_static(folder, "past", build.node("Attention", "q k v - pk pv", "y0 y1 y2", is_causal=1),
          {"q": q, "k": k[:, :, :3], "v": v[:, :, :3], "pk": past_k, "pv": past_v},
          [attention(q, all_k, all_v, causal(3, 7, 4)), all_k, all_v], opset=23)
    place = np.arange(3)[:, None]
    window = (np.arange(5) <= place + 1) & (np.arange(5) >= place - 1)
    close_static(folder, "window", build.node("Attention", "q k v", "y0", left_window_size=1, right_window_size=1),
          inputs, [attention(q, k, v, window)], opset=25)


def test_attention_of_hidden_states(folder):
    """B x S x (H * D), with the number of valid keys of each sequence."""
    q, k, v = normal(2, 3, 32), normal(2, 5, 16), normal(2, 5, 16)
    valid = np.array([2, 5])
    allowed = np.arange(5) < valid[:, None, None, None]
    node = build.node("Attention", "q k v - - - n", "y0", q_num_heads=4, kv_num_heads=2)
    check(folder, "a", [node], {"n": valid}, [joined(attention(heads(q, 4), heads(k, 2), heads(v, 2), allowed))],
          {"q": q, "k": k, "v": v}, 24, 2e-5)


def rotated(x, cos, sin, interleaved=False):
    half = cos.shape[-1]
    a, b = (x[..., 0:2 * half:2], x[..., 1:2 * half:2]) if interleaved else (x[..., :half], x[..., half:2 * half])
    parts = [cos * a - sin * b, sin * a + cos * b]
    turned = np.stack(parts, -1).reshape(*x.shape[:-1], -1) if interleaved else np.concatenate(parts, -1)
    return np.concatenate([turned, x[..., 2 * half:]], -1).astype(np.float32)


def tables(width=4):
    angles = np.outer(np.arange(16), .5 ** np.arange(width))
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def test_rotary_embeddings(folder):
    cos, sin = tables()
    x, places = normal(2, 2, 3, 10), np.array([[0, 1, 2], [7, 8, 9]])
    at = [t[places][:, None] for t in (cos, sin)]
    for interleaved in [0, 1]:
        node = build.node("RotaryEmbedding", "x c s p", "y0", interleaved=interleaved)
        check(folder, f"r{interleaved}", [node], {"p": places}, [rotated(x, *at, interleaved)],
              {"x": x, "c": cos, "s": sin}, 23, 2e-5)
    node = build.node("RotaryEmbedding", "x p c s", "y0", domain=MS)
    flat = normal(2, 3, 16)
    close(folder, "ms", node, {"p": np.array([5])},
          [joined(rotated(heads(flat, 2), cos[5:8], sin[5:8]))], {"x": flat, "c": cos, "s": sin})


def test_packed_attention(folder):
    """com.microsoft.Attention: one weight; counts of keys, a mask, a past."""
    x, w, b = normal(2, 5, 8), normal(8, 24) / 3, normal(24)
    q, k, v = (heads(part, 2) for part in np.split(x @ w + b, 3, -1))
    constants = {"w": w, "b": b}
    node = build.node("Attention", "x w b m", "y0", domain=MS, num_heads=2)
    counts, mask = np.array([3, 5], np.int32), np.array([[1, 1, 1, 0, 0], [1] * 5], np.int32)
    expected = [joined(attention(q, k, v, mask[:, None, None] == 1))]
    close_static(folder, "counts", node, {"x": x, "m": counts}, expected, constants)
    close_static(folder, "mask", node, {"x": x, "m": mask}, expected, constants)
    past = normal(2, 2, 2, 4, 4)
    k, v = np.concatenate([past[0], k], 2), np.concatenate([past[1], v], 2)
    node = build.node("Attention", "x w b - p", "y0 y1", domain=MS, num_heads=2, unidirectional=1)
    close_static(folder, "past", node, {"x": x, "p": past},
          [joined(attention(q, k, v, causal(5, 9, 4))), np.stack([k, v])], constants)


def test_multi_head_attention(folder):
    q, k, v, bias = normal(2, 5, 8), normal(2, 6, 8), normal(2, 6, 8), normal(24)
    inputs = {"q": q, "k": k, "v": v}
    split = [heads(x + b, 2) for x, b in zip((q, k, v), np.split(bias, 3), strict=True)]
    node = build.node("MultiHeadAttention", "q k v b", "y0", domain=MS, num_heads=2)
    close_static(folder, "bias", node, inputs, [joined(attention(*split))], {"b": bias})
    packed = normal(2, 5, 2, 3, 4)
    parts = packed.transpose(3, 0, 2, 1, 4)
    node = build.node("MultiHeadAttention", "q", "y0", domain=MS, num_heads=2)
    close_static(folder, "packed", node, {"q": packed}, [joined(attention(*parts))])


def test_group_query_attention(folder):
    """Two sequences, of which one has a shorter past: its new key follows its valid ones."""
    cos, sin = tables()
    q, k, v = normal(2, 1, 32), normal(2, 1, 16), normal(2, 1, 16)
    past_k, past_v, lengths = normal(2, 2, 4, 8), normal(2, 2, 4, 8), np.array([2, 4], np.int32)
    at = [t[lengths][:, None, None] for t in (cos, sin)]
    new_q, new_k = rotated(heads(q, 4), *at), rotated(heads(k, 2), *at)
    keys, values = (np.concatenate([p, np.zeros((2, 2, 1, 8), np.float32)], 2) for p in (past_k, past_v))
    for batch, length in enumerate(lengths):
        keys[batch, :, length] = new_k[batch, :, 0]
        values[batch, :, length] = heads(v, 2)[batch, :, 0]
    allowed = np.arange(5) <= lengths[:, None, None, None]
    node = build.node("GroupQueryAttention", "q k v pk pv n t c s", "y0", domain=MS, num_heads=4,
                      kv_num_heads=2, do_rotary=1)
    check(folder, "step", [node], {"n": lengths}, [joined(attention(new_q, keys, values, allowed))],
          {"q": q, "k": k, "v": v, "pk": past_k, "pv": past_v, "t": np.array([5], np.int32), "c": cos, "s": sin},
          17, 2e-5)


#===--- quantized tensors ----------------------------------------------------------===#


def quantized(x, scale, zero):
    info = np.iinfo(zero.dtype)
    return np.clip(np.rint(x / scale) + zero, info.min, info.max).astype(zero.dtype)


def real(q, scale, zero):
    return ((q.astype(np.int32) - zero.astype(np.int32)) * scale).astype(np.float32)


def test_qlinear(folder):
    """One step of the result's scale may lie between exact arithmetic and that of floats."""
    a, b = (RNG.integers(0, 256, (2, 3, 4)).astype(np.uint8) for _ in range(2))
    c = {"s": np.float32(.02), "z": np.uint8(120), "t": np.float32(.03), "u": np.uint8(100),
         "r": np.float32(.05), "o": np.uint8(130)}
    x, y = real(a, c["s"], c["z"]), real(b, c["t"], c["u"])
    for op, inputs, value, attributes in [
            ("QLinearAdd", "a s z b t u r o", x + y, {}), ("QLinearMul", "a s z b t u r o", x * y, {}),
            ("QLinearConcat", "r o a s z b t u", np.concatenate([x, y], 1), {"axis": 1}),
            ("QLinearSigmoid", "a s z r o", 1 / (1 + np.exp(-x)), {}),
            ("QLinearLeakyRelu", "a s z r o", np.where(x < 0, .1 * x, x), {"alpha": .1}),
            ("QLinearSoftmax", "a s z r o", softmax(x), {"axis": -1}),
            ("QLinearReduceMean", "a s z r o", x.mean((0, 2), keepdims=True), {"axes": [0, 2]})]:
        node = build.node(op, inputs, "y0", domain=MS, **attributes)
        given = {"a": a, "b": b} if " b " in inputs else {"a": a}
        check(folder, op, [node], given, [quantized(value, c["r"], c["o"])], c, 17, 1)


def test_products_of_quantized_matrices(folder):
    a = RNG.integers(0, 256, (3, 8)).astype(np.uint8)
    w, bias = RNG.integers(-128, 128, (8, 5)).astype(np.int8), RNG.integers(-300, 300, 5).astype(np.int32)
    scales = (RNG.random(5) * .02 + .01).astype(np.float32)
    c = {"s": np.float32(.02), "z": np.uint8(120), "w": w, "t": scales, "u": np.zeros(5, np.int8), "c": bias,
         "r": np.float32(.5), "o": np.uint8(128), "f": normal(5)}
    x, weight = real(a, c["s"], c["z"]), real(w, scales, c["u"])
    product = x @ weight
    check(folder, "gemm", [build.node("QGemm", "a s z w t u c r o", "y0", domain=MS)], {"a": a},
          [quantized(product + bias * (c["s"] * scales), c["r"], c["o"])], c, 17, 1)
    close(folder, "half", build.node("QGemm", "a s z w t u", "y0", domain=MS, alpha=.5), {"a": a}, [product / 2], c)
    close(folder, "float", build.node("MatMulIntegerToFloat", "a w s t z u f", "y0", domain=MS), {"a": a},
          [product + c["f"]], c)
    x = normal(3, 8)
    low, high = min(x.min(), 0), max(x.max(), 0)
    scale = np.float32((high - low) / 255)
    zero = np.uint8(np.rint(-low / scale))
    close(folder, "dynamic", build.node("DynamicQuantizeMatMul", "x w t u f", "y0", domain=MS), {"x": x},
          [real(quantized(x, scale, zero), scale, zero) @ weight + c["f"]], c)


def packed(codes, bits):
    """Codes of the last dimension in bytes, the first in the lowest bits."""
    groups = codes.reshape(*codes.shape[:-1], -1, 8 // bits).astype(np.uint8)
    return np.bitwise_or.reduce(groups << (np.arange(8 // bits, dtype=np.uint8) * bits), -1)


def test_matmul_in_blocks(folder):
    """Zero points of float, those that are whole numbers among them, a depth with a rest, 2 bits, and an order."""
    for name, bits, depth, kind in [("int4", 4, 64, "none"), ("float4", 4, 64, "float"), ("rest", 4, 40, "float"),
                                    ("whole", 4, 64, "whole"), ("float8", 8, 64, "float"), ("int2", 2, 64, "none"),
                                    ("order", 4, 64, "order"), ("negative", 4, 40, "negative"),
                                    ("negative8", 8, 64, "negative")]:
        features, block = 6, 16
        blocks = -(-depth // block)
        codes = RNG.integers(0, 2 ** bits, (features, blocks * block))
        scales = (RNG.random((features, blocks)) * .05 + .01).astype(np.float32)
        zeros = np.full((features, blocks), 2 ** (bits - 1), np.float32)
        if kind in ("float", "whole"):
            zeros = (RNG.random((features, blocks)) * 2 ** bits).astype(np.float32)
        zeros = np.floor(zeros) if kind == "whole" else zeros
        if kind == "negative":  # and zero, of a block of zeros
            scales *= RNG.choice(np.array([-1, 1, 0], np.float32), scales.shape)
        group = np.arange(blocks * block) // block
        group = RNG.permutation(group) if kind == "order" else group
        weight = ((codes - zeros[:, group]) * scales[:, group])[:, :depth]
        constants = {"b": packed(codes, bits).reshape(features, blocks, -1), "s": scales.reshape(-1)}
        inputs = "x b s"
        if kind in ("float", "whole"):
            constants["z"], inputs = zeros.reshape(-1), inputs + " z"
        if kind == "order":
            constants["g"], inputs = group.astype(np.int32), inputs + " - g"
        x = normal(3, depth)
        node = build.node("MatMulNBits", inputs, "y0", domain=MS, K=depth, N=features, bits=bits, block_size=block)
        expected = (x.astype(np.float64) @ weight.T).astype(np.float32)
        close(folder, name, node, {"x": x}, [expected], constants, tolerance=2e-4)


def stored(name, number, values):
    """A tensor of 4 or 8 bits; 4 bits are two to a byte."""
    data = (values.reshape(-1) & 255).astype(np.uint8)
    if number > 20:
        data = packed(np.append(data & 15, np.zeros(data.size % 2, np.uint8)), 4)
    return build.TensorProto(name=name, data_type=number, dims=values.shape, raw_data=data.tobytes())


def test_negative_scales(folder):
    """Of constants, signed and not, of 4 and 8 bits, by channel and for the whole tensor."""
    for number, low in [(22, -8), (21, 0), (3, -128), (2, 0)]:
        for whole in [False, True]:
            bits = 4 if number > 20 else 8
            codes, zeros = RNG.integers(low, low + 2 ** bits, (5, 7)), RNG.integers(low, low + 2 ** bits, 5)
            scales = np.array([.1, -.2, 0, -.3, .4], np.float32)
            scales, zeros = (scales[1:2], zeros[1:2]) if whole else (scales, zeros)
            shape = [] if whole else [5]
            weight = ((codes - zeros[:, None]) * scales[:, None]).astype(np.float32)
            constants = {"q": stored("q", number, codes), "s": scales.reshape(shape),
                         "z": stored("z", number, zeros.reshape(shape))}
            x = normal(3, 5)
            nodes = [build.node("DequantizeLinear", "q s z", "w", axis=0), build.node("MatMul", "x w", "y0")]
            check(folder, f"t{number}{whole}", nodes, {"x": x}, [x @ weight], constants, 21, 1e-4)


def test_quantization_by_axis_in_another_domain(folder):
    q = RNG.integers(0, 256, (2, 3, 4)).astype(np.uint8)
    scales, zeros = np.array([.1, .2, .3], np.float32), np.array([1, 2, 3], np.uint8)
    node = build.node("DequantizeLinear", "q s z", "y0", domain=MS, axis=1)
    close(folder, "dq", node, {"q": q}, [real(q, scales[:, None], zeros[:, None])], {"s": scales, "z": zeros})


#===--- what optimizers fuse -------------------------------------------------------===#


def layer_norm(x, scale, bias, epsilon=1e-5):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return ((x - mean) / np.sqrt(variance + epsilon) * scale + bias).astype(np.float32)


def test_norms(folder):
    """Of opsets before 17, with the statistics as outputs; of sums, and of embeddings."""
    x, skip, scale, bias, more = normal(2, 3, 8), normal(2, 3, 8), normal(8), normal(8), normal(8)
    mean, deviation = x.mean(-1, keepdims=True), np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    constants = {"s": scale, "b": bias, "m": more}
    close(folder, "layer", build.node("LayerNormalization", "x s b", "y0 y1 y2"), {"x": x},
          [layer_norm(x, scale, bias), mean, 1 / deviation], constants, opset=11)
    node = build.node("SkipLayerNormalization", "x k s b m", "y0 - - y1", domain=MS, epsilon=1e-5)
    total = x + skip + more
    close(folder, "skip", node, {"x": x, "k": skip}, [layer_norm(total, scale, bias), total], constants)
    words, places, kinds = normal(20, 8), normal(10, 8), normal(2, 8)
    ids, kind = RNG.integers(0, 20, (2, 5)).astype(np.int32), RNG.integers(0, 2, (2, 5)).astype(np.int32)
    mask = np.array([[1, 1, 1, 0, 0], [1] * 5], np.int32)
    total = words[ids] + places[:5] + kinds[kind]
    node = build.node("EmbedLayerNormalization", "i k w p q s b a", "y0 y1 y2", domain=MS, epsilon=1e-5)
    close(folder, "embed", node, {"i": ids, "k": kind, "a": mask},
          [layer_norm(total, scale, bias), mask.sum(1, dtype=np.int32), total],
          constants | {"w": words, "p": places, "q": kinds})


def test_fused_activations(folder):
    x, w, b = normal(3, 8), normal(5, 8), normal(5)
    y = x @ w.T + b
    node = build.node("FusedGemm", "x w b", "y0", domain=MS, transB=1, activation="LeakyRelu", activation_alpha=.2)
    close(folder, "gemm", node, {"x": x}, [np.where(y < 0, np.float32(.2) * y, y)], {"w": w, "b": b})
    image, addend = normal(1, 3, 4, 4), normal(1, 4, 4, 4)
    kernel = normal(4, 3, 1, 1)
    expected = np.einsum("nchw,oc->nohw", image, kernel[:, :, 0, 0]) + addend
    node = build.node("FusedConv", "x w - z", "y0", domain=MS, activation="Clip", activation_params=[0.0, 1.0])
    close(folder, "conv", node, {"x": image, "z": addend}, [np.clip(expected, 0, 1)], {"w": kernel})


bw.main(__name__)
