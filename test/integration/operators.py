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
    return [np.load(path) for path in bw.outputs(out)]


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


def test_slice_with_the_least_start(folder):
    """INT64_MIN is a value like any other, also where a shape is sliced: shape[:-2] as torch writes it."""
    least = np.iinfo(np.int64).min
    constants = {"least": np.array([least]), "end": np.array([-2]), "axis": np.array([0]), "tail": np.array([-1])}
    nodes = [build.node("Shape", "x", "s"), build.node("Slice", "s least end axis", "a"),
             build.node("Concat", "a tail", "t", axis=0), build.node("Reshape", "x t", "y0")]
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    check(folder, "shape", nodes, {"x": x}, [x.reshape(2, 12)], constants)
    check(folder, "data", [build.node("Slice", "x least end axis", "y0")], {"x": np.arange(5)}, [np.arange(3)],
          constants)


def test_slice_by_computed_bounds(folder):
    """Exporters compute where to cut a shape: the parts have known lengths nevertheless."""
    for name, (left, right) in {"plus": (7, 3), "minus": (-5, 3), "fmod": (7, 2)}.items():
        fmod = int(name == "fmod")
        cut = int(np.fmod(left, right) if fmod else np.mod(left, right))
        constants = {"left": np.array(left), "right": np.array(right), "one": np.array([1]), "zero": np.array([0]),
                     "tail": np.array([-1])}
        nodes = [build.node("Mod", "left right", "m", fmod=fmod), build.node("Reshape", "m one", "end"),
                 build.node("Shape", "x", "s"), build.node("Slice", "s zero end", "a"),
                 build.node("Concat", "a tail", "t", axis=0), build.node("Reshape", "x t", "y0")]
        x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
        check(folder, name, nodes, {"x": x}, [x.reshape(*x.shape[:cut], -1)], constants)


def test_gather_nd(folder):
    """Tuples of every length, batch dimensions, indices from the end, and slices of nothing."""
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    cases = {
        "elements": ([[0, 2, -1], [-2, -3, 0]], 0), "rows": ([[1, -1], [0, 0], [1, 2]], 0),
        "planes": ([[1], [-2]], 0), "batch": ([[-1], [0]], 1), "batch_elements": ([[2, 3], [-3, -4]], 1),
        "two_batches": (np.arange(-3, 3).reshape(2, 3, 1) % 4, 2), "more": (np.arange(2).reshape(2, 1, 1, 1), 0),
        "none": (np.zeros((0, 2)), 0)}
    for name, (indices, batch) in cases.items():
        indices = np.array(indices, np.int64)
        # Only the length of the tuples has to be known.
        constants = {"i": indices}
        nodes = [build.node("GatherND", "x i", "y0", batch_dims=batch)]
        for dtype in (np.float32, np.int64, np.int8, bool) if name in ("elements", "rows") else (np.float32,):
            data = x.astype(dtype)
            expected = gather_nd(data, indices, batch)
            check(folder, f"{name}_{np.dtype(dtype)}", nodes, {"x": data}, [expected], constants)
        check_static(folder, name + "_computed", nodes, {"x": x, "i": indices}, [gather_nd(x, indices, batch)])


def gather_nd(x, indices, batch):
    length = indices.shape[-1]
    result = np.zeros(indices.shape[:-1] + x.shape[batch + length:], x.dtype)
    for place in np.ndindex(*indices.shape[:-1]):
        result[place] = x[place[:batch] + tuple(indices[place])]
    return result


def test_gather_nd_checks_indices(folder):
    """An index out of range is an error of the run, not memory that belongs to something else."""
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    nodes = [build.node("GatherND", "x i", "y0", name="pick")]
    for name, indices in {"high": [[0, 3]], "low": [[-3, 0]], "least": [[np.iinfo(np.int64).min, 0]],
                          "most": [[0, np.iinfo(np.int64).max]]}.items():
        inputs = {"x": x, "i": np.array(indices, np.int64)}
        model = save(folder, name, nodes, inputs, ["y0"])
        library = os.path.join(folder, name + ".so")
        bw.succeed(["quant-compile", model, "-o", library])
        for path, options in ((library, []), (model, ["--interpret"])):
            words = [f"--input={key}={os.path.join(folder, key)}.npy" for key in inputs]
            for key, array in inputs.items():
                np.save(os.path.join(folder, key + ".npy"), array)
            done = bw.run(["quant-run", path, *options, *words, f"--output={os.path.join(folder, 'out')}"])
            assert done.returncode == 1 and "pick" in done.stderr and "index" in done.stderr, done.stderr


def test_cum_sum(folder):
    """Every axis and direction; integers wrap."""
    for dtype in (np.float32, np.int32, np.int64, np.uint32, np.uint64):
        x = np.arange(24).reshape(2, 3, 4).astype(dtype) - dtype(5)
        if np.dtype(dtype).kind != "f":
            x[0, 0, 0] = np.iinfo(dtype).max
        for axis in (0, 1, -1):
            nodes, expected = [], []
            for exclusive, reverse in ((0, 0), (1, 0), (0, 1), (1, 1)):
                nodes.append(build.node("CumSum", "x axis", f"y{len(nodes)}", exclusive=exclusive, reverse=reverse))
                turned = np.flip(x, axis) if reverse else x
                total = np.cumsum(turned, axis, dtype=dtype)
                total = total - turned if exclusive else total
                expected.append(np.flip(total, axis) if reverse else total)
            check(folder, f"{np.dtype(dtype)}_{axis}", nodes, {"x": x}, expected, {"axis": np.array(axis)})
    check(folder, "empty", [build.node("CumSum", "x axis", "y0")], {"x": np.zeros((3, 0), np.float32)},
          [np.zeros((3, 0), np.float32)], {"axis": np.array(1, np.int32)})


def test_sums_of_no_products(folder):
    """With nothing to add, a product is 0 or its bias, under every scheme."""
    bias, x = np.array([1.5, -2, 3], np.float32), np.zeros((2, 0), np.float32)
    wide, weight = np.tile(bias, (2, 1)), np.zeros((0, 3), np.float32)
    schemes = [(), *[(f"--quantize={s}",) for s in ("int8", "int8-weight", "int8-dynamic", "int4-rtn", "int4-rtn:sym,group=16")]]
    for i, quantize in enumerate(schemes):
        check(folder, f"gemm{i}", [build.node("Gemm", "x w b", "y0")], {"x": x}, [wide], {"w": weight, "b": bias},
              quantize=quantize)
        check(folder, f"matmul{i}", [build.node("MatMul", "x w", "y0")], {"x": x}, [0 * wide], {"w": weight},
              quantize=quantize)
        if quantize == ("--quantize=int8",):
            continue  # tensors of no elements alone cannot be calibrated
        check(folder, f"batch{i}", [build.node("MatMul", "x w", "y0")],
              {"x": np.zeros((2, 4, 0), np.float32), "w": np.zeros((2, 0, 3), np.float32)},
              [np.zeros((2, 4, 3), np.float32)], quantize=quantize)
    image = np.zeros((2, 0, 5, 4), np.float32)
    for i, shape in enumerate([(3, 0, 1, 1), (3, 0, 3, 3)]):
        pads = [shape[2] // 2] * 4
        check_static(folder, f"conv{i}", [build.node("Conv", "x w b", "y0", pads=pads)], {"x": image},
                     [np.tile(bias[:, None, None], (2, 1, 5, 4))],
                     constants={"w": np.zeros(shape, np.float32), "b": bias})


def test_integer_sums_of_no_products(folder):
    """QLinearMatMul and QLinearConv of nothing give the bias, else the zero point."""
    one, zero = np.array(0.5, np.float32), np.array(7, np.uint8)
    constants = {"s": one, "z": zero, "w": np.zeros((0, 3), np.uint8)}
    check_static(folder, "qlinear_matmul", [build.node("QLinearMatMul", "x s z w s z s z", "y0")],
                 {"x": np.zeros((2, 0), np.uint8)}, [np.full((2, 3), 7, np.uint8)], constants=constants)
    constants = {"s": one, "z": zero, "w": np.zeros((3, 0, 1, 1), np.uint8), "b": np.array([4, -8, 0], np.int32)}
    expected = np.tile(np.array([9, 3, 7], np.uint8)[:, None, None], (1, 1, 2, 2))
    check_static(folder, "qlinear_conv", [build.node("QLinearConv", "x s z w s z s z b", "y0")],
                 {"x": np.zeros((1, 0, 2, 2), np.uint8)}, [expected], constants=constants)


def test_quantize_to_32_bits(folder):
    """The ends of int32 are no f32; NaN gives the zero point."""
    x = np.array([0, -0.5, 1.5, 2.5, 2147483520, 2147483648, -2147483648, -3e9, 1e30, np.nan, np.inf, -np.inf, 7e8,
                  -7e8, 16777217, 3], np.float32)
    scale = np.array(0.5, np.float32)
    ratio = np.round(x.astype(np.float64) / 0.5)
    q = np.where(np.isnan(ratio), 0, np.clip(ratio, -2**31, 2**31 - 1)).astype(np.int32)
    module = f"""func.func @main(%x: tensor<16xf32> {{qnn.name = "x"}}, %s: tensor<f32> {{qnn.name = "s"}})
        -> (tensor<16xi32> {{qnn.name = "q"}}, tensor<16xf32> {{qnn.name = "d"}}) {{
      %z = qnn.constant dense<0> : tensor<i32>
      %q = qnn.quantize %x, %s, %z : tensor<16xf32>, tensor<f32>, tensor<i32> -> tensor<16xi32>
      %d = qnn.dequantize %q, %s, %z : tensor<16xi32>, tensor<f32>, tensor<i32> -> tensor<16xf32>
      return %q, %d : tensor<16xi32>, tensor<16xf32>
    }}"""
    path, library = os.path.join(folder, "wide.mlir"), os.path.join(folder, "wide.so")
    with open(path, "w") as file:
        file.write(module)
    bw.succeed(["quant-compile", path, "-o", library])
    expected = [q, q.astype(np.float32) * scale]
    for name, model, options in (("interpreted", path, ["--interpret"]), ("compiled", library, [])):
        for a, b in zip(run(model, os.path.join(folder, name), {"x": x, "s": scale}, *options), expected, strict=True):
            assert np.array_equal(a, b), f"{name}: {a} is not {b}"


def test_outputs_that_nothing_reads(folder):
    """A mask, indices or statistics that nothing reads do not stop a model; a use of them names them."""
    x = np.random.RandomState(1).standard_normal((1, 2, 4, 4)).astype(np.float32)
    ones, zeros = np.ones(2, np.float32), np.zeros(2, np.float32)
    norm = {"g": ones, "b": zeros, "m": zeros, "v": ones}
    pooled = x.reshape(1, 2, 2, 2, 2, 2).max((3, 5))
    cases = [("Dropout", "x", "y0 extra", 9, {}, {}, x),
             ("MaxPool", "x", "y0 extra", 12, {"kernel_shape": [2, 2], "strides": [2, 2]}, {}, pooled),
             ("BatchNormalization", "x g b m v", "y0 extra o2 o3 o4", 9, {"epsilon": 0.0}, norm, x)]
    for op, inputs, outputs, opset, attributes, constants, expected in cases:
        nodes = [build.node(op, inputs, outputs, name="n", **attributes)]
        check_static(folder, op, nodes, {"x": x}, [expected], opset=opset, constants=constants)
        for name, last, results in (("result", [], ["y0", "extra"]),
                                    ("used", [build.node("Identity", "extra", "y1", name="i")], ["y0", "y1"])):
            model = save(folder, op + name, nodes + last, {"x": x}, results, opset, constants)
            done = bw.run(["quant-compile", model, "-o", os.path.join(folder, "no.so")])
            assert done.returncode == 1 and f"'extra' is output 1" in done.stderr and op in done.stderr, done.stderr
    scale = {"g": np.ones(4, np.float32)}
    nodes = [build.node("LayerNormalization", "x g", "y0 mean inv", name="n", epsilon=0.0)]
    model = save(folder, "layer", nodes, {"x": x}, ["y0"], 17, scale)
    given = run(model, os.path.join(folder, "layer"), {"x": x}, "--interpret")[0]
    mean = x.mean(-1, keepdims=True)
    assert np.allclose(given, (x - mean) / np.sqrt(((x - mean) ** 2).mean(-1, keepdims=True)), atol=1e-5)


def test_negative_sizes_are_unknown(folder):
    """Exporters write -1 for a size that is known at run time only."""
    nodes, x = [build.node("Relu", "x", "y0")], np.array([[-1, 2, 3]], np.float32)
    for size in (-1, -2, np.iinfo(np.int64).min):
        model = build.make(13, {"x": (TensorProto.FLOAT, [int(size), 3])}, nodes, "y0")
        path, library = os.path.join(folder, "model.onnx"), os.path.join(folder, "model.so")
        onnx.save(model, path)
        bw.succeed(["quant-compile", path, "-o", library])
        for rows in (1, 5):
            data = np.tile(x, (rows, 1))
            assert np.array_equal(run(library, os.path.join(folder, "run"), {"x": data})[0], np.maximum(data, 0))


def test_half_precision(folder):
    """Sums, products, quotients and roots of f16 round once, on every processor; functions are close."""
    random = np.random.RandomState(2)
    x, z = (np.concatenate([random.standard_normal(100), [0, -0.0, 65504, 6e-8, 6.1e-5, np.inf, np.nan]]).astype(np.float16)
            for _ in range(2))
    z = np.roll(z, 3)
    with np.errstate(all="ignore"):
        exact = [x + z, x - z, x * z, x / z, np.sqrt(np.abs(x)), np.maximum(x, np.float16(0))]
        close = [np.exp(x), np.tanh(x)]
    nodes = [build.node(op, "x z", f"y{i}") for i, op in enumerate(["Add", "Sub", "Mul", "Div"])]
    nodes += [build.node("Abs", "x", "a"), build.node("Sqrt", "a", "y4"), build.node("Relu", "x", "y5"),
              build.node("Exp", "x", "y6"), build.node("Tanh", "x", "y7")]
    model = save(folder, "half", nodes, {"x": x, "z": z}, [f"y{i}" for i in range(8)])
    for level, (flags, _) in bw.LEVELS.items():
        library = os.path.join(folder, level + ".so")
        bw.succeed(["quant-compile", model, *flags, "-o", library])
        if not bw.runs(level):
            continue
        given = run(library, os.path.join(folder, level), {"x": x, "z": z})
        for i, (a, b) in enumerate(zip(given[:6], exact, strict=True)):
            same = (a == b) | (np.isnan(a) & (np.isnan(b) | (i == 5)))
            assert same.all(), f"{level}: output {i}: {a[~same]} is not {b[~same]}"
        for a, b in zip(given[6:], close, strict=True):
            finite = np.isfinite(b)
            assert np.array_equal(np.isnan(a), np.isnan(b)) and np.allclose(a[finite], b[finite], rtol=2e-3, atol=1e-6)


def test_brain_floats(folder):
    """f32 to bf16 rounds ties to even, and keeps NaNs."""
    x = np.concatenate([np.arange(0x3F800000, 0x3F830000, 0x1000).astype(np.uint32).view(np.float32),
                        np.array([np.nan, np.inf, -np.inf, 3.4e38, -0.0, 1e-40], np.float32)])
    bits = x.view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16 << 16).astype(np.uint32).view(np.float32)
    expected = np.where(np.isnan(x), x, rounded)
    nodes = [build.node("Cast", "x", "b", to=TensorProto.BFLOAT16), build.node("Cast", "b", "y0", to=TensorProto.FLOAT)]
    model = save(folder, "brain", nodes, {"x": x}, ["y0"])
    library = os.path.join(folder, "brain.so")
    bw.succeed(["quant-compile", model, "-o", library])
    for path, options in ((library, []), (model, ["--interpret"])):
        given = run(path, os.path.join(folder, "out"), {"x": x}, *options)[0]
        assert np.array_equal(given, expected, equal_nan=True), f"{given} is not {expected}"


def test_casts_to_narrow_floats_round_once(folder):
    """f64 and wide integers do not go through a rounded f32: just above and below a tie, and out of range."""
    tiny = 2.0 ** -45
    wide = np.array([sign * scale * (1 + step + side) for sign in (1, -1) for scale in (1, 2.0 ** -15, 2.0 ** 10)
                     for step in (2.0 ** -8, 3 * 2.0 ** -8, 2.0 ** -11, 3 * 2.0 ** -11) for side in (-tiny, 0, tiny)]
                    + [65519.999999, 65520, 1e300, -1e300, 1e-300, 3e-8, 2.0 ** -25, 2.0 ** -25 * (1 + tiny), np.nan,
                       np.inf, 0, -0.0, 3.3961775292304e38, 3.4e38])
    whole = np.array([2**24 + 2**16, 2**24 + 2**16 + 1, 2**24 + 2**16 - 1, 2**30 + 2**22 + 1, -2**30 - 2**22 - 1, 65519,
                      65520, 2**31 - 1, -2**31, 0, 7], np.int32)
    with np.errstate(over="ignore"):
        halves = [wide.astype(np.float16), whole.astype(np.float64).astype(np.float16)]
    brains = [np.array([to_brain(v) for v in array.astype(np.float64)], np.float32) for array in (wide, whole)]
    nodes = []
    for i, name in enumerate(("x", "n")):
        nodes += [build.node("Cast", name, f"y{i}", to=TensorProto.FLOAT16),
                  build.node("Cast", name, f"b{i}", to=TensorProto.BFLOAT16),
                  build.node("Cast", f"b{i}", f"y{i + 2}", to=TensorProto.FLOAT)]
    inputs = {"x": wide, "n": whole}
    model = save(folder, "casts", nodes, inputs, [f"y{i}" for i in range(4)])
    library = os.path.join(folder, "casts.so")
    bw.succeed(["quant-compile", model, "-o", library])
    for path, options in ((library, []), (model, ["--interpret"])):
        for a, b in zip(run(path, os.path.join(folder, "out"), inputs, *options), halves + brains, strict=True):
            assert np.array_equal(a, b, equal_nan=True), f"{path}: {a[a != b]} is not {b[a != b]}"


def to_brain(x):
    """The nearest number of eight bits, ties to even, by exact arithmetic."""
    if not np.isfinite(x) or x == 0:
        return np.float32(x)
    unit = Fraction(2) ** (max(math.frexp(x)[1], -125) - 8)
    rounded = round(Fraction(x) / unit) * unit
    return np.float32(np.inf if x > 0 else -np.inf) if abs(rounded) >= 2 ** 128 else np.float32(float(rounded))


bw.main(__name__)
