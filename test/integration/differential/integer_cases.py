# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Cases of the integer forms and of quantization: bit for bit."""
import dataclasses

import numpy as np

from case import Builder, Case, Operand, scalar

DEPTHS = (1, 2, 3, 7, 16, 31, 33, 64, 67, 97, 128, 131, 200, 257)
OUTPUTS = (1, 2, 5, 8, 15, 16, 17, 31, 32, 40, 61, 64, 97)
ROWS = (1, 1, 2, 3, 4, 5, 8, 13, 17)


def convolution_shape(source, kind):
    """Sizes of a convolution as a dict; kinds: dense, pointwise, grouped, depthwise."""
    shape = {
        "batch": source.pick(1, 2),
        "image": [source.pick(3, 9), source.choose(1, 4, 5, 7, 8, 13, 17)],
        "inputs": source.choose(1, 3, 4, 5, 8, 16, 17, 32, 37, 64),
        "outputs": source.choose(1, 2, 7, 8, 16, 19, 32, 33, 48),
        "groups": 1, "kernel": [], "strides": [], "dilations": [], "pads": [0] * 4,
    }
    if kind == "grouped":
        shape["groups"] = source.choose(2, 3, 4)
        shape["inputs"] = shape["groups"] * source.choose(1, 2, 5, 8, 16)
        shape["outputs"] = shape["groups"] * source.choose(1, 3, 8, 17)
    if kind == "depthwise":
        shape["groups"] = shape["outputs"] = shape["inputs"]
    for i in range(2):
        kernel = 1 if kind == "pointwise" else source.choose(1, 2, 3, 3, 5)
        dilation = source.choose(1, 1, 1, 2)
        span = (kernel - 1) * dilation + 1
        shape["kernel"].append(kernel)
        shape["dilations"].append(dilation)
        shape["strides"].append(source.choose(1, 1, 2, 3))
        shape["image"][i] = max(shape["image"][i], span)
        shape["pads"][i] = source.pick(0, span - 1)
        shape["pads"][i + 2] = source.pick(0, span - 1)
    finish_shape(shape)
    return shape


def finish_shape(shape):
    """Adds the dimensions of operands and result, and the attributes' text."""
    sizes = []
    for i in range(2):
        padded = shape["image"][i] + shape["pads"][i] + shape["pads"][i + 2]
        span = (shape["kernel"][i] - 1) * shape["dilations"][i] + 1
        sizes.append((padded - span) // shape["strides"][i] + 1)
    shape["input"] = (shape["batch"], *shape["image"], shape["inputs"])
    shape["weight"] = (shape["outputs"], *shape["kernel"], shape["inputs"] // shape["groups"])
    shape["result"] = (shape["batch"], *sizes, shape["outputs"])
    shape["text"] = (f" strides {shape['strides']} pads {shape['pads']} "
                     f"dilations {shape['dilations']} groups {shape['groups']}")


def clamp(source, unsigned):
    """A range inside of 8-bit storage, often the whole of it."""
    low, high = (0, 255) if unsigned else (-128, 127)
    first = low if source.flip() else source.pick(low, high)
    last = high if source.flip() else source.pick(first, high)
    return f" clamp {first} to {last}"


def flags(*pairs):
    names = [name for name, isSet in pairs if isSet]
    return " {{" + ", ".join(names) + "}}" if names else ""


def epilogue(source, builder, outputs, result, unit):
    """Bias, multiplier and residual of an integer contraction, as text; and whether
    there is a residual."""
    text = ""
    if source.flip():
        bias = source.integers((outputs,), -100000, 100000, np.int32, constant=True)
        text += " bias " + builder.add(bias)
    text += " zero_point " + builder.add(source.zero_point())
    dims = (outputs,) if source.flip() else ()
    text += " requantize " + builder.add(source.scales(dims, unit * 0.003, unit * 0.1))
    text += ", " + builder.add(source.zero_point())
    residual = source.flip()
    if residual:
        text += " residual " + builder.add(source.bytes(result))
        text += ", " + builder.add(source.zero_point())
        text += ", " + builder.add(source.scales((), 0.01, 2.0))
    return text, residual


def qconv2d(source, kind):
    shape = convolution_shape(source, kind)
    unsigned = source.flip()
    builder = Builder()
    op = "qnn.qconv2d " + builder.add(source.bytes(shape["input"]))
    op += ", " + builder.add(source.bytes(shape["weight"], constant=True))
    depth = np.prod(shape["weight"][1:])
    tail, residual = epilogue(source, builder, shape["outputs"], shape["result"], 1 / (depth + 1))
    op += tail + shape["text"] + clamp(source, unsigned)
    op += flags(("unsigned_input", source.flip()), ("unsigned_output", unsigned),
                ("unsigned_residual", residual and source.flip()))
    return Case("qconv2d-" + kind, op, builder.operands, [(shape["result"], "i8")],
                dynamic=source.pick(0, 3) == 0)


def qlinear(source):
    depth, outputs, rows = source.choose(*DEPTHS), source.choose(*OUTPUTS), source.choose(*ROWS)
    unsigned = source.flip()
    builder = Builder()
    op = "qnn.qlinear " + builder.add(source.bytes((rows, depth)))
    op += ", " + builder.add(source.bytes((outputs, depth), constant=True))
    tail, residual = epilogue(source, builder, outputs, (rows, outputs), 1 / (depth + 1))
    op += tail + clamp(source, unsigned)
    op += flags(("unsigned_input", source.flip()), ("unsigned_output", unsigned),
                ("unsigned_residual", residual and source.flip()))
    return Case("qlinear", op, builder.operands, [((rows, outputs), "i8")], dynamic=source.flip())


def dynamic_qlinear(source):
    """As the compiler meets it: fed by dynamic_quantize."""
    depth, outputs, rows = source.choose(*DEPTHS), source.choose(*OUTPUTS), source.choose(*ROWS)
    operands = [source.bytes((rows, depth)), source.bytes((outputs, depth), constant=True),
                source.scales((rows, 1), 1e-3, 10, constant=False), source.bytes((rows, 1)),
                source.scales((outputs,) if source.flip() else (), 1e-3, 1)]
    op = "qnn.dynamic_qlinear {0}, {1} scales {2}, {4} zero_point {3}"
    if source.flip():
        op += " bias {5}"
        operands.append(source.floats((outputs,), -3, 3, constant=True))
    return Case("dynamic_qlinear", op, operands, [((rows, outputs), "f32")], dynamic=source.flip())


def dynamic_quantize(source):
    rows, depth = source.choose(*ROWS), source.choose(*DEPTHS)
    low, high = source.choose((-5, 5), (0, 3), (-1e-3, 0), (2, 3), (-1e20, 1e20), (0, 0), (-7, -1))
    return Case("dynamic_quantize", "qnn.dynamic_quantize {0}",
                [source.floats((rows, depth), low, high)],
                [((rows, depth), "i8"), ((rows, 1), "f32"), ((rows, 1), "i8")],
                functional=False, dynamic=source.flip())


def block_linear(source, block, narrow, integer, rows=0):
    depth = source.choose(block, 2 * block, block + 1, 3 * block - 5, block - 3, 4 * block)
    outputs, rows = source.choose(*OUTPUTS), rows or source.choose(*ROWS)
    blocks = -(-depth // block)
    low, high, element = (-8, 7, "i4") if narrow else (-128, 127, "i8")
    unsigned = source.flip()
    if narrow and unsigned:
        low, high = 0, 15

    def weights(dims):
        operand = source.integers(dims, low, high, constant=True, element=element)
        if narrow and unsigned:  # the text of a signless i4 takes signed values
            operand.values = np.where(operand.values > 7, operand.values - 16, operand.values)
        return operand

    operands = [source.floats((rows, depth), -3, 3), weights((outputs, depth)),
                source.scales((outputs, blocks), 1e-3, 0.1), weights((outputs, blocks))]
    op = "qnn.block_linear {0}, {1} scales {2} zero_points {3}"
    if source.flip():
        op += " bias {4}"
        operands.append(source.floats((outputs,), -3, 3, constant=True))
    op += f" block {block} activations {'int8' if integer else 'float'}"
    op += flags(("is_unsigned", unsigned))
    step = float(np.max(operands[2].values) * np.max(np.abs(operands[0].values), initial=0))
    return Case(f"block_linear-{element}-{block}-{'int8' if integer else 'float'}", op, operands,
                [((rows, outputs), "f32")], tolerance=0 if integer else 1e-4, floor=1e-5 * step,
                dynamic=source.flip())


BROADCASTS = (((2, 3, 5, 17), (2, 3, 5, 17)), ((2, 3, 5, 16), (16,)), ((4, 1, 33), (1, 7, 33)),
              ((5, 1), (1, 19)), ((130,), ()), ((1, 4, 4, 8), (1, 1, 1, 8)), ((3, 64), (3, 1)))


def qadd(source, shapes):
    lhs, rhs = shapes
    unsigned = source.flip()
    operands = [source.bytes(lhs), source.zero_point(), source.scales((), 0.01, 2),
                source.bytes(rhs), source.zero_point(), source.scales((), 0.01, 2),
                source.zero_point()]
    op = "qnn.qadd {0}, {1}, {2} and {3}, {4}, {5} zero_point {6}" + clamp(source, unsigned)
    op += flags(("unsigned_lhs", source.flip()), ("unsigned_rhs", source.flip()),
                ("unsigned_output", unsigned))
    return Case("qadd", op, operands, [(np.broadcast_shapes(lhs, rhs), "i8")])


def qmul(source, shapes):
    lhs, rhs = shapes
    unsigned = source.flip()
    operands = [source.bytes(lhs), source.zero_point(), source.bytes(rhs), source.zero_point(),
                source.scales((), 1e-4, 0.1), source.zero_point()]
    op = "qnn.qmul {0}, {1} and {2}, {3} requantize {4}, {5}" + clamp(source, unsigned)
    op += flags(("unsigned_lhs", source.flip()), ("unsigned_rhs", source.flip()),
                ("unsigned_output", unsigned))
    return Case("qmul", op, operands, [(np.broadcast_shapes(lhs, rhs), "i8")])


def qreduce_mean(source, dims, axes):
    keep = source.flip()
    unsigned = source.flip()
    result = tuple(1 if i in axes else d for i, d in enumerate(dims) if keep or i not in axes)
    op = ("qnn.qreduce_mean {0} zero_point {1} requantize {2}, {3} axes " + str(list(axes)) +
          flags(("keep_dims", keep), ("unsigned_input", source.flip()),
                ("unsigned_output", unsigned)))
    operands = [source.bytes(dims), source.zero_point(), source.scales((), 0.1, 4),
                source.zero_point()]
    return Case("qreduce_mean", op, operands, [(result, "i8")])


def qavg_pool2d(source):
    shape = convolution_shape(source, "depthwise")
    shape["dilations"] = [1, 1]
    shape["pads"] = [source.pick(0, shape["kernel"][i % 2] - 1) for i in range(4)]
    finish_shape(shape)
    op = ("qnn.qavg_pool2d {0} zero_point {1} requantize {2}, {3} "
          f"kernel {shape['kernel']} strides {shape['strides']} pads {shape['pads']}" +
          flags(("count_include_pad", source.flip()), ("unsigned_input", source.flip()),
                ("unsigned_output", source.flip())))
    operands = [source.bytes(shape["input"]), source.zero_point(), source.scales((), 0.1, 4),
                source.zero_point()]
    return Case("qavg_pool2d", op, operands, [(shape["result"], "i8")])


def max_pool2d(source):
    shape = convolution_shape(source, "depthwise")
    op = (f"qnn.max_pool2d {{0}} kernel {shape['kernel']} strides {shape['strides']} "
          f"pads {shape['pads']} dilations {shape['dilations']}" +
          flags(("unsigned_storage", source.flip())))
    return Case("max_pool2d-i8", op, [source.bytes(shape["input"])], [(shape["result"], "i8")],
                functional=False)


def requantize(source):
    dims = source.choose((3, 5, 17), (64,), (1, 129))
    unsigned = source.flip()
    op = "qnn.requantize {0} zero_point {1} requantize {2}, {3}" + clamp(source, unsigned)
    op += flags(("unsigned_input", source.flip()), ("unsigned_output", unsigned))
    operands = [source.bytes(dims), source.zero_point(), source.scales((), 0.05, 8),
                source.zero_point()]
    return Case("requantize", op, operands, [(dims, "i8")])


def lookup(source):
    dims = source.choose((3, 5, 17), (64,), (1, 129))
    return Case("lookup", "qnn.lookup {0}, {1}",
                [source.bytes(dims), source.bytes((256,), constant=True)], [(dims, "i8")],
                functional=False)


def quantize(source, axis):
    dims = (3, 5, 17)
    parameters = () if axis is None else (dims[axis],)
    values = source.floats(dims, -300, 300)
    special = np.array([np.nan, np.inf, -np.inf, 1e30, -0.0, 0.5, 1.5, -0.5, -2.5], np.float32)
    values.values.reshape(-1)[:special.size] = special
    attributes = [] if axis is None else [("axis = %d : i64" % axis, True)]
    op = "qnn.quantize {0}, {1}, {2}" + flags(*attributes, ("is_unsigned", source.flip()))
    zero = Operand(source.bytes(parameters).values, True)
    return Case("quantize", op, [values, source.scales(parameters, 0.5, 2), zero],
                [(dims, "i8")], functional=False)


def quantize_ties(source):
    """Scale 1: every half is a tie."""
    values = np.arange(-140, 140, 0.5).astype(np.float32)
    return Case("quantize-ties", "qnn.quantize {0}, {1}, {2}",
                [Operand(values, False), scalar(1.0), source.zero_point()],
                [((values.size,), "i8")], functional=False)


def dequantize(source, axis):
    dims = (3, 5, 17)
    parameters = () if axis is None else (dims[axis],)
    attributes = [] if axis is None else [("axis = %d : i64" % axis, True)]
    op = "qnn.dequantize {0}, {1}, {2}" + flags(*attributes, ("is_unsigned", source.flip()))
    zero = Operand(source.bytes(parameters).values, True)
    return Case("dequantize", op, [source.bytes(dims), source.scales(parameters, 1e-3, 2), zero],
                [(dims, "f32")], functional=False)


def make(source, rounds):
    cases = []
    for _ in range(rounds):
        for kind in ("dense", "pointwise", "grouped", "depthwise"):
            cases.append(qconv2d(source, kind))
        cases += [qlinear(source), qlinear(source), dynamic_qlinear(source),
                  dynamic_quantize(source), qavg_pool2d(source), max_pool2d(source),
                  requantize(source), lookup(source), quantize_ties(source)]
    for block in (16, 32, 64, 128):
        for narrow in (False, True):
            for integer in (False, True):
                cases.append(block_linear(source, block, narrow, integer))
    for rows in range(1, 10):  # each number of rows that a kernel may unroll, over blocks with a tail
        for block in (32, 64, 128):
            cases.append(block_linear(source, block, source.flip(), source.flip(), rows))
    for _ in range(6):
        cases.append(qconv2d(source, "depthwise"))
    for shapes in BROADCASTS:
        cases += [qadd(source, shapes), qadd(source, shapes[::-1]), qmul(source, shapes)]
    for dims, axes in (((2, 7, 7, 17), (1, 2)), ((3, 65), (1,)), ((65, 3), (0,)), ((4, 5), (0, 1))):
        cases.append(qreduce_mean(source, dims, axes))
    # The mean of nothing is NaN, which is the zero point. A static shape without elements is refused.
    for dims in ((0, 33), (0, 3)):
        cases.append(dataclasses.replace(qreduce_mean(source, dims, (0,)), dynamic=True,
                                         name="qreduce_mean-empty"))
    for axis in (None, 0, 1, 2):
        cases += [quantize(source, axis), dequantize(source, axis)]
    return cases
