# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cases of the float ops and of those that move elements. Ops that round once or
only move are bit for bit; the others within a tolerance."""
import numpy as np

from case import Builder, Case, Operand, scalar
from integer_cases import BROADCASTS, DEPTHS, OUTPUTS, ROWS, convolution_shape

EXACT, CLOSE = 0.0, 1e-5
UNARY = {
    "abs": (EXACT, -3, 3), "ceil": (EXACT, -9, 9), "floor": (EXACT, -9, 9), "neg": (EXACT, -3, 3),
    "round": (EXACT, -9, 9), "relu": (EXACT, -3, 3), "sqrt": (EXACT, 0, 9),
    "reciprocal": (EXACT, 0.1, 9), "sign": (EXACT, -2, 2), "cos": (CLOSE, -200, 200),
    "sin": (CLOSE, -200, 200), "erf": (CLOSE, -5, 5), "exp": (CLOSE, -20, 20),
    "log": (CLOSE, 1e-3, 50), "tanh": (CLOSE, -9, 9), "sigmoid": (CLOSE, -30, 30),
    "silu": (CLOSE, -30, 30), "softplus": (CLOSE, -30, 30), "hard_swish": (CLOSE, -5, 5),
    "gelu": (CLOSE, -6, 6),
}
PARAMETRIC = {
    "clip": ("min = -1.5 : f64, max = 0.75 : f64", EXACT),
    "elu": ("alpha = 1.25 : f64", CLOSE), "leaky_relu": ("alpha = 0.1 : f64", CLOSE),
    "hard_sigmoid": ("alpha = 0.2 : f64, beta = 0.5 : f64", CLOSE),
    "gelu": ("tanh_approximation", CLOSE),
}
BINARY = {"add": EXACT, "sub": EXACT, "mul": EXACT, "div": EXACT, "max": EXACT, "min": EXACT,
          "pow": CLOSE, "prelu": CLOSE}
COMPARISONS = ("equal", "greater", "greater_equal", "less", "less_equal")


def unary(source):
    for name, (tolerance, low, high) in UNARY.items():
        values = source.floats((3, 43), low, high)
        yield Case(name, f"qnn.{name} {{0}}", [values], [((3, 43), "f32")], functional=False,
                   tolerance=tolerance, dynamic=source.flip())
    for name, (attributes, tolerance) in PARAMETRIC.items():
        values = source.floats((129,), -4, 4)
        yield Case(name, f"qnn.{name} {{0}} {{{{{attributes}}}}}", [values], [((129,), "f32")],
                   functional=False, tolerance=tolerance)


def binary(source):
    for index, (name, tolerance) in enumerate(BINARY.items()):
        lhs, rhs = BROADCASTS[index % len(BROADCASTS)]
        low = 0.1 if name in ("pow", "div") else -3
        yield Case(name, f"qnn.{name} {{0}}, {{1}}",
                   [source.floats(lhs, low, 3), source.floats(rhs, low, 3)],
                   [(np.broadcast_shapes(lhs, rhs), "f32")], functional=False, tolerance=tolerance)
    for name in COMPARISONS:
        yield Case(name, f"qnn.{name} {{0}}, {{1}}",
                   [source.floats((4, 33), -2, 2), source.floats((33,), -2, 2)],
                   [((4, 33), "i1")], functional=False)
    for name in ("and", "or", "xor"):
        flags = [Operand(source.random.randint(0, 2, size=(5, 7)).astype(bool), False)
                 for _ in range(2)]
        yield Case(name, f"qnn.{name} {{0}}, {{1}}", flags, [((5, 7), "i1")], functional=False)
    flag = Operand(source.random.randint(0, 2, size=(5, 1)).astype(bool), False)
    yield Case("not", "qnn.not {0}", [flag], [((5, 1), "i1")], functional=False)
    yield Case("where", "qnn.where {0}, {1}, {2}",
               [flag, source.floats((5, 19), -2, 2), source.floats((19,), -2, 2)],
               [((5, 19), "f32")], functional=False)


def casts(source):
    floats = source.floats((67,), -400, 400)
    floats.values[:4] = [np.nan, np.inf, -np.inf, 3e9]
    for element in ("i32", "i64", "i8"):
        yield Case("cast-to-" + element, "qnn.cast {0}", [floats], [((67,), element)],
                   functional=False)
    integers = source.integers((67,), -2**40, 2**40, np.int64)
    for element in ("f32", "i32", "i8"):
        yield Case("cast-from-i64-to-" + element, "qnn.cast {0}", [integers], [((67,), element)],
                   functional=False)
    halves = Operand(np.arange(65536, dtype=np.uint16).view(np.float16), False)
    for element in ("f32", "f64", "i32"):
        yield Case("cast-from-f16-to-" + element, "qnn.cast {0}", [halves], [((65536,), element)],
                   functional=False)
    yield Case("cast-to-f16", "qnn.cast {0}", [near_halves(source)], [((65536 * 4,), "f16")],
               functional=False)
    yield Case("cast-from-i32-to-f16", "qnn.cast {0}",
               [source.integers((67,), -70000, 70000, np.int32)], [((67,), "f16")],
               functional=False)


def near_halves(source):
    """Each half, one between it and the next, and ties with the floats on both sides of them; any bits."""
    halves = np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float32)
    ties = halves.view(np.uint32) + np.uint32(0x1000)
    beside = ties + np.asarray(source.random.choice([-1, 1], ties.shape), np.int64).astype(np.uint32)
    any_bits = source.random.randint(0, 2**32, ties.shape, dtype=np.uint64).astype(np.uint32)
    bits = np.concatenate([halves.view(np.uint32), ties, beside, any_bits])
    return Operand(bits.view(np.float32), False)


def contractions(source):
    for kind in ("dense", "pointwise", "grouped", "depthwise") * 2:
        shape = convolution_shape(source, kind)
        builder = Builder()
        op = "qnn.conv2d " + builder.add(source.floats(shape["input"], -2, 2))
        op += ", " + builder.add(source.floats(shape["weight"], -1, 1, constant=True))
        if source.flip():
            op += ", " + builder.add(source.floats((shape["outputs"],), -1, 1, constant=True))
        yield Case("conv2d-" + kind, op + shape["text"], builder.operands,
                   [(shape["result"], "f32")], functional=False, tolerance=CLOSE,
                   dynamic=source.pick(0, 3) == 0)
    for _ in range(4):
        depth, outputs, rows = (source.choose(*DEPTHS), source.choose(*OUTPUTS),
                                source.choose(*ROWS))
        builder = Builder()
        op = "qnn.linear " + builder.add(source.floats((rows, depth), -2, 2))
        op += ", " + builder.add(source.floats((outputs, depth), -1, 1, constant=True))
        if source.flip():
            op += ", " + builder.add(source.floats((outputs,), -1, 1, constant=True))
        yield Case("linear", op, builder.operands, [((rows, outputs), "f32")], functional=False,
                   tolerance=CLOSE, dynamic=source.flip())
        lhs = source.choose((), (3,), (2, 3)) + (rows, depth)
        rhs = source.choose((), lhs[:-2]) + (depth, outputs)
        yield Case("matmul", "qnn.matmul {0}, {1}",
                   [source.floats(lhs, -2, 2), source.floats(rhs, -1, 1)],
                   [(lhs[:-1] + (outputs,), "f32")], functional=False, tolerance=CLOSE)


def conv_transpose(source):
    for _ in range(10):
        groups = source.choose(1, 1, 2, 3)
        inputs, outputs = groups * source.choose(1, 3, 8), groups * source.choose(1, 5, 16, 17)
        image, kernel = (source.pick(1, 5), source.pick(1, 6)), (source.pick(1, 4), source.pick(1, 4))
        strides, dilations = [source.pick(1, 3), source.pick(1, 3)], [source.pick(1, 2), source.pick(1, 2)]
        spans = [(kernel[i] - 1) * dilations[i] + 1 for i in range(2)]
        pads = [source.pick(0, (spans[i % 2] - 1) // 2) for i in range(4)]
        output_pads = [source.pick(0, strides[i] - 1) for i in range(2)]
        batch = source.pick(1, 3)
        dims = tuple((image[i] - 1) * strides[i] + spans[i] - pads[i] - pads[i + 2] + output_pads[i]
                     for i in range(2))
        builder = Builder()
        op = "qnn.conv_transpose2d " + builder.add(source.floats((batch, *image, inputs), -1, 1))
        op += ", " + builder.add(source.floats((outputs // groups, *kernel, inputs), -1, 1, constant=True))
        if source.flip():
            op += ", " + builder.add(source.floats((outputs,), -1, 1, constant=True))
        yield Case("conv_transpose2d",
                   op + f" strides {strides} pads {pads} dilations {dilations} groups {groups} "
                   f"output_pads {output_pads}", builder.operands,
                   [((batch, *dims, outputs), "f32")], functional=False, tolerance=CLOSE,
                   dynamic=source.flip())


def normalizations(source):
    image = source.floats((2, 5, 7, 17), -2, 2)
    vectors = [source.floats((17,), -1, 1, constant=True) for _ in range(3)]
    variance = source.scales((17,), 0.1, 2)
    yield Case("batch_norm",
               "qnn.batch_norm {0}, {1}, {2}, {3}, {4} {{epsilon = 1.0e-5 : f64, axis = 3 : i64}}",
               [image, *vectors, variance], [(image.values.shape, "f32")], functional=False,
               tolerance=CLOSE)
    rows = source.floats((5, 67), -2, 2)
    scale, bias = (source.floats((67,), -1, 1, constant=True) for _ in range(2))
    yield Case("layer_norm",
               "qnn.layer_norm {0}, {1}, {2} {{epsilon = 1.0e-5 : f64, axis = 1 : i64}}",
               [rows, scale, bias], [((5, 67), "f32")], functional=False, tolerance=CLOSE,
               dynamic=True)
    yield Case("rms_norm", "qnn.rms_norm {0}, {1} {{epsilon = 1.0e-5 : f64}}", [rows, scale],
               [((5, 67), "f32")], functional=False, tolerance=CLOSE)
    for axis in (0, 1, 2):
        yield Case("softmax", "qnn.softmax {0} {{axis = %d : i64}}" % axis,
                   [source.floats((3, 5, 19), -20, 20)], [((3, 5, 19), "f32")], functional=False,
                   tolerance=CLOSE)


def softmax_tails(source):
    """Rows that do not fill vectors, some behind a mask of -inf."""
    for length in (1, 2, 7, 15, 16, 17, 31, 33, 64, 70):
        rows = source.floats((5, length), -20, 20)
        rows.values[2, length // 2 + 1:] = -np.inf
        yield Case("softmax-tail", "qnn.softmax {0} {{axis = 1 : i64}}", [rows],
                   [((5, length), "f32")], functional=False, tolerance=CLOSE, dynamic=source.flip())


def reductions(source):
    for name in ("max", "mean", "min", "prod", "sum"):
        for dims, axes in (((3, 67), (1,)), ((67, 3), (0,)), ((2, 5, 7, 9), (1, 2)), ((4, 5), (0, 1))):
            keep = source.flip()
            result = tuple(1 if i in axes else d for i, d in enumerate(dims)
                           if keep or i not in axes)
            yield Case("reduce_" + name, f"qnn.reduce_{name} {{0}} axes {list(axes)}" +
                       (" {{keep_dims}}" if keep else ""), [source.floats(dims, -2, 2)],
                       [(result, "f32")], functional=False,
                       tolerance=EXACT if name in ("max", "min") else CLOSE)
    for dims, axis in (((3, 67), 1), ((67, 3), 0), ((2, 5, 7), 1), ((0, 4), 0), ((4, 0), 0)):
        for flags in ("", ", exclusive", ", reverse", ", exclusive, reverse"):
            for values in (source.floats(dims, -2, 2), source.integers(dims, -2**31, 2**31 - 1, np.int32),
                           source.bytes(dims), source.integers(dims, -2**62, 2**62, np.int64)):
                yield Case("cum_sum", f"qnn.cum_sum {{0}} {{{{axis = {axis} : i64{flags}}}}}", [values],
                           [(dims, values.element)], functional=False, dynamic=source.flip())
    for low, high, dtype in ((-128, 127, np.int8), (-2**15, 2**15 - 1, np.int16), (-2**31, 2**31 - 1, np.int32),
                             (-2**63, 2**63 - 1, np.int64)):
        yield Case("arg_max-integers", "qnn.arg_max {0} {{axis = 1 : i64}}",
                   [Operand(source.random.choice([low, high, 0], size=(9, 5)).astype(dtype), False)],
                   [((9,), "i64")], functional=False)
    for axis in (0, 1):
        yield Case("arg_max", "qnn.arg_max {0} {{axis = %d : i64}}" % axis,
                   [source.floats((5, 33), -2, 2)], [((33, 5)[axis:axis + 1], "i64")],
                   functional=False)


def pools(source):
    for _ in range(3):
        shape = convolution_shape(source, "depthwise")
        window = (f"kernel {shape['kernel']} strides {shape['strides']} pads {shape['pads']} "
                  f"dilations {shape['dilations']}")
        image = source.floats(shape["input"], -2, 2)
        yield Case("max_pool2d", "qnn.max_pool2d {0} " + window, [image],
                   [(shape["result"], "f32")], functional=False)
        yield Case("avg_pool2d", "qnn.avg_pool2d {0} " + window +
                   (" {{count_include_pad}}" if source.flip() else ""), [image],
                   [(shape["result"], "f32")], functional=False, tolerance=CLOSE)


def integers64(values):
    return Operand(np.array(values, np.int64), True)


def movement(source):
    image = source.floats((2, 3, 5, 7), -2, 2)
    for perm in ([0, 2, 3, 1], [3, 2, 1, 0], [1, 0, 2, 3]):
        yield Case("transpose", f"qnn.transpose {{0}} perm {perm}", [image],
                   [(tuple(image.values.shape[i] for i in perm), "f32")], functional=False)
    yield Case("reshape", "qnn.reshape {0}, {1}", [image, integers64([6, 35])],
               [((6, 35), "f32")], functional=False)
    yield Case("gather", "qnn.gather {0}, {1} {{axis = 1 : i64}}",
               [image, source.integers((2, 4), -3, 2, np.int64)],
               [((2, 2, 4, 5, 7), "f32")], functional=False)
    yield Case("slice", "qnn.slice {0}, {1}, {2}, {3} axes [2, 3]",
               [image, integers64([-1, 1]), integers64([-100, 6]), integers64([-2, 2])],
               [((2, 3, 3, 3), "f32")], functional=False)
    for dims, indices, batch in (((5, 7), (4, 2), 0), ((5, 7, 3), (2, 4, 1), 0), ((5, 7, 3), (5, 4, 1), 1),
                                 ((2, 3, 4, 5), (2, 3, 6, 2), 2), ((5, 7), (0, 2), 0)):
        low = min(dims[batch:batch + indices[-1]])
        for element in ("float", "int8", "bool"):
            values = source.floats(dims, -2, 2) if element == "float" else \
                source.integers(dims, 0, 1, np.int8 if element == "int8" else bool)
            yield Case("gather_nd", f"qnn.gather_nd {{0}}, {{1}} {{{{batch_dims = {batch} : i64}}}}",
                       [values, source.integers(indices, -low, low - 1, np.int64)],
                       [(indices[:-1] + dims[batch + indices[-1]:], values.element)], functional=False)
    least, most = -2**63, 2**63 - 1
    for start, end, step, count in ((least, most, 1, 5), (most, least, -1, 5), (least, -2, 1, 3),
                                    (-2, least, least, 1), (least, most, most, 1), (most, most, 1, 0),
                                    (-9, least, -1, 1), (most, -1, -1, 0)):
        for dynamic in (False, True):
            yield Case("slice-extremes", "qnn.slice {0}, {1}, {2}, {3} axes [0]",
                       [source.floats((5, 3), -2, 2), integers64([start]), integers64([end]),
                        integers64([step])], [((count, 3), "f32")], functional=False, dynamic=dynamic)
    yield Case("concat", "qnn.concat {0}, {1} {{axis = 3 : i64}}",
               [image, source.floats((2, 3, 5, 4), -2, 2)], [((2, 3, 5, 11), "f32")],
               functional=False)
    for mode in ("constant", "reflect", "edge", "wrap"):
        yield Case("pad-" + mode, "qnn.pad {0}, {1}, {2} " + mode,
                   [image, integers64([0, 1, 2, 0, 0, 0, 2, 3]), scalar(9.5)],
                   [((2, 4, 9, 10), "f32")], functional=False)
    yield Case("expand", "qnn.expand {0}, {1}",
               [source.floats((3, 1, 7), -2, 2), integers64([2, 3, 5, 7])],
               [((2, 3, 5, 7), "f32")], functional=False)
    yield Case("tile", "qnn.tile {0}, {1}", [source.floats((3, 7), -2, 2), integers64([2, 3])],
               [((6, 21), "f32")], functional=False)


COORDINATES = ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")


def resizes(source):
    """Every mode with every mapping of coordinates: up, down, to one pixel, one axis only; any batch."""
    height, width = 5, 7
    roundings = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
    for mode in ("nearest", "linear", "cubic"):
        for coordinates in COORDINATES:
            for rounding in roundings if mode == "nearest" else ("floor",):
                for sizes in ((10, 14), (3, 4), source.choose((height, 11), (9, width), (1, 1))):
                    yield resize(source, (height, width), sizes, mode, coordinates, rounding)


def resize(source, image, sizes, mode, coordinates, rounding):
    batch, channels = source.pick(1, 3), source.choose(1, 3, 16, 17)
    scales = [sizes[i] / image[i] for i in range(2)]
    element, values = "f32", source.floats((batch, *image, channels), -2, 2)
    if mode == "nearest" and source.flip():
        element, values = "i8", source.bytes((batch, *image, channels))
    return Case(f"resize-{mode}-{coordinates}-{rounding}",
                f"qnn.resize {{0}}, {{1}} {mode} {coordinates} {rounding} scales [{scales[0]!r}, {scales[1]!r}]",
                [values, integers64(sizes)], [((batch, *sizes, channels), element)],
                functional=False, tolerance=EXACT if mode == "nearest" else CLOSE, dynamic=source.flip())


def make(source):
    cases = []
    for family in (unary, binary, casts, contractions, conv_transpose, normalizations,
                   softmax_tails, reductions, pools, movement, resizes):
        cases += list(family(source))
    return cases
