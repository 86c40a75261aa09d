# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Norms written with means and roots, each with one thing changed, keep their numbers when they are raised.

Every network is a layer_norm or an rms_norm as an exporter writes it, in which one thing is changed: a mean that drops
its dimensions, the place where they come back, the axes, a shape that broadcasts otherwise (most inputs are square, so
that it fits), another use of a value inside. All are results of one module, which the interpreter runs as it is written
and again after qnn-raise-norms; some have to become a norm op, so that the pass cannot pass by doing nothing.
"""

import itertools
import os
import re

import numpy as np

import bitwright_test as bw

SHAPES = [(4, 4), (3, 4), (1, 4), (4, 1, 4), (4, 4, 4), (2, 3, 4)]

# One thing each: None is the norm as it should be.
CHANGES = [
    {}, {"axes": "other"}, {"axes": "two"}, {"second_axes": "other"}, {"sums": True}, {"sums": True, "factor": 2.0},
    {"keep_mean": False}, {"keep_variance": False}, {"keep_mean": False, "keep_variance": False},
    {"keep_mean": False, "mean_back": "end"}, {"keep_mean": False, "mean_back": "front"},
    {"keep_mean": False, "mean_back": "reshape_end"}, {"keep_mean": False, "mean_back": "reshape_front"},
    {"keep_mean": False, "mean_back": "expand"}, {"mean_back": "reshape_front"},
    {"keep_variance": False, "variance_back": "end"}, {"keep_variance": False, "variance_back": "front"},
    {"keep_variance": False, "variance_back": "reshape_end"},
    {"keep_variance": False, "variance_back": "reshape_front"},
    {"keep_variance": False, "variance_back": "late_end"}, {"keep_variance": False, "variance_back": "late_front"},
    {"variance_back": "reshape_front"},
    {"square": "pow"}, {"square": "pow_row"}, {"square": "pow_column"}, {"square": "other"},
    {"variance": "moments"}, {"variance": "moments_mixed"}, {"variance": "relu"},
    {"variance": "moments_mixed", "keep_variance": False},
    {"epsilon": "one"}, {"epsilon": "row"}, {"epsilon": "column"}, {"epsilon": "negative"}, {"epsilon": "uneven"},
    {"root": "mul_reciprocal"}, {"root": "mul_inverse"}, {"root": "scaled"}, {"root": "inverse_row"},
    {"root": "scaled", "scale": "column"}, {"root": "scaled", "scale": "row1"}, {"root": "two_over"},
    {"scale": "row1"}, {"scale": "column"}, {"scale": "scalar"}, {"scale": "full"}, {"scale": "none"},
    {"scale": "deeper"}, {"bias": "row1"}, {"bias": "column"}, {"bias": "scalar"}, {"bias": "full"},
    {"bias": "none"}, {"bias": "deeper"}, {"bias": "self"},
    {"use": "centered"}, {"use": "normalized"}, {"use": "scaled_up"}, {"use": "variance"},
]


class Network:
    """The text of one function's body, with the numpy shape of every value."""

    def __init__(self):
        self.lines, self.shapes, self.results, self.count = [], {}, [], 0

    def type(self, dims):
        return "tensor<" + "".join(f"{d}x" for d in dims) + "f32>"

    def emit(self, shape, text, types):
        name = f"%v{self.count}"
        self.count += 1
        self.shapes[name] = tuple(shape)
        self.lines.append(f"  {name} = qnn.{text} : {types} -> {self.type(shape)}")
        return name

    def op(self, op, *operands):
        shape = np.broadcast_shapes(*(self.shapes[o] for o in operands))
        return self.emit(shape, f"{op} {', '.join(operands)}", ", ".join(self.type(self.shapes[o]) for o in operands))

    def unary(self, op, x):
        return self.emit(self.shapes[x], f"{op} {x}", self.type(self.shapes[x]))

    def constant(self, dims, values, element="f32"):
        name = f"%v{self.count}"
        self.count += 1
        dims = tuple(dims)
        values = np.broadcast_to(values, dims)
        body = str(values.tolist())
        if element == "f32":
            body = re.sub(r"[^\[\], ]+", lambda match: f"{float(match[0]):.6e}", body)
        kind = "tensor<" + "".join(f"{d}x" for d in dims) + element + ">"
        self.shapes[name] = dims
        self.lines.append(f"  {name} = qnn.constant dense<{body}> : {kind}")
        return name

    def reduce(self, op, x, axes, keep):
        shape = self.shapes[x]
        result = [1 if i in axes else d for i, d in enumerate(shape) if keep or i not in axes]
        return self.emit(result, f"{op} {x} axes {list(axes)}" + (" {keep_dims}" if keep else ""), self.type(shape))

    def resized(self, op, x, dims):
        """reshape or expand."""
        shape = self.constant((len(dims),), list(dims), "i64")
        return self.emit(dims, f"{op} {x}, {shape}", f"{self.type(self.shapes[x])}, tensor<{len(dims)}xi64>")

    def unsqueeze(self, x, axes):
        dims, left = [], list(self.shapes[x])
        for i in range(len(left) + len(axes)):
            dims.append(1 if i in axes else left.pop(0))
        return self.emit(dims, f"unsqueeze {x} axes {list(axes)}", self.type(self.shapes[x]))


class Norm:
    """One norm of `x`, and what is changed in it."""

    def __init__(self, net, x, is_rms, change):
        self.net, self.x, self.is_rms = net, x, is_rms
        self.get = lambda key, default=None: change.get(key, default)
        rank = len(net.shapes[x])
        self.axes = {"other": (0,), "two": tuple(range(max(rank - 2, 0), rank))}.get(self.get("axes"), (rank - 1,))

    def mean(self, x, axes, keep):
        if not self.get("sums"):
            return self.net.reduce("reduce_mean", x, axes, keep)
        total = self.net.reduce("reduce_sum", x, axes, keep)
        count = np.prod([self.net.shapes[x][a] for a in axes])
        return self.net.op("mul", total, self.net.constant((), self.get("factor", 1.0) / count))

    def restore(self, x, where, axes):
        """Dimensions of size one come back, at the right place or at another."""
        net, shape = self.net, self.net.shapes[x]
        rank = len(net.shapes[self.x])
        ones, sizes = [1] * (rank - len(shape)), [d for d in shape if d != 1]
        if where == "end" and ones:
            return net.unsqueeze(x, range(len(shape), rank))
        if where == "front" and ones:
            return net.unsqueeze(x, range(len(ones)))
        if where == "reshape_end" and ones:
            return net.resized("reshape", x, list(shape) + ones)
        if where == "reshape_front":
            return net.resized("reshape", x, [1] * (rank - len(sizes)) + sizes)
        if where == "expand":
            return net.resized("expand", x, ones + list(shape))
        return x

    def square(self, x):
        kind, shape = self.get("square"), self.net.shapes[x]
        dims = {"pow": (), "pow_row": shape[-1:], "pow_column": (4,) + (1,) * len(shape[1:])}.get(kind)
        if dims is not None:
            return self.net.op("pow", x, self.net.constant(dims, 2.0))
        return self.net.op("mul", x, self.other(x) if kind == "other" else x)

    def other(self, x):
        return self.net.unary("abs", x)

    def variance(self, of, mean):
        net, kind, keep = self.net, self.get("variance", ""), self.get("keep_variance", True)
        axes = (0,) if self.get("second_axes") == "other" else self.axes
        if self.is_rms or not kind.startswith(("moments", "relu")):
            return self.mean(self.square(of), axes, keep)
        squares = self.mean(self.square(self.x), axes, keep)
        again = self.mean(self.x, axes, not keep if kind == "moments_mixed" else keep)
        difference = net.op("sub", squares, net.op("mul", again, again))
        return net.unary("relu", difference) if kind == "relu" else difference

    def epsilon(self, shape):
        kind = self.get("epsilon")
        dims = {"one": (1,), "row": (4,), "column": (4,) + (1,) * len(shape[1:]), "uneven": (4,)}.get(kind, ())
        values = {"negative": -1e-6, "uneven": [0.1, 0.2, 0.3, 0.4]}.get(kind, 0.25)
        return self.net.constant(dims, values)

    def parameter(self, kind):
        rows = self.net.shapes[self.x]
        shape = rows[min(self.axes):]
        dims = {"row1": (1,) + shape, "column": rows[:1] + (1,) * len(rows[1:]), "scalar": (), "full": rows,
                "deeper": (1, 1) + rows}.get(kind, shape)
        return self.net.constant(dims, (np.arange(np.prod(dims)) / 4 + 0.5).reshape(dims))

    def divide(self, centered, root):
        net, kind = self.net, self.get("root")
        if kind in ("mul_reciprocal", "scaled"):
            inverse = net.unary("reciprocal", root)
            if kind == "scaled":
                inverse = net.op("mul", inverse, self.parameter(self.get("scale")))
            return net.op("mul", centered, inverse)
        if kind in ("mul_inverse", "inverse_row", "two_over"):
            one = net.constant((4,) if kind == "inverse_row" else (), 2.0 if kind == "two_over" else 1.0)
            return net.op("mul", centered, net.op("div", one, root))
        return net.op("div", centered, root)

    def build(self):
        net, mean, centered = self.net, None, self.x
        if not self.is_rms:
            mean = self.mean(self.x, self.axes, self.get("keep_mean", True))
            centered = net.op("sub", self.x, self.restore(mean, self.get("mean_back"), self.axes))
        variance, back = self.variance(centered, mean), self.get("variance_back", "")
        if not back.startswith("late"):
            variance = self.restore(variance, back, self.axes)
        root = net.unary("sqrt", net.op("add", variance, self.epsilon(net.shapes[variance])))
        if back.startswith("late"):
            root = self.restore(root, back[5:], self.axes)
        normalized = result = self.divide(centered, root)
        if self.get("scale") != "none" and self.get("root") != "scaled":
            result = net.op("mul", result, self.parameter(self.get("scale")))
        scaled = result
        if self.get("bias") == "self":
            result = net.op("add", result, result)
        elif self.get("bias") != "none":
            result = net.op("add", result, self.parameter(self.get("bias")))
        used = {"centered": centered, "normalized": normalized, "scaled_up": scaled, "variance": variance}
        return [result] + ([used[self.get("use")]] if self.get("use") else [])


def build():
    """The module's text, the inputs, and the names of the results."""
    net, labels, results = Network(), [], []
    for number, shape in enumerate(SHAPES):
        net.shapes[f"%x{number}"] = shape
        for is_rms, change in itertools.product((False, True), CHANGES):
            start = len(net.lines)
            try:
                values = Norm(net, f"%x{number}", is_rms, change).build()
            except ValueError:  # these shapes do not broadcast
                del net.lines[start:]
                continue
            results += values
            labels += [f"{'rms' if is_rms else 'layer'} norm of {shape} with {change}"] * len(values)
    arguments = ", ".join(f'%x{i}: {net.type(s)} {{qnn.name = "x{i}"}}' for i, s in enumerate(SHAPES))
    types = [net.type(net.shapes[name]) for name in results]
    signature = ", ".join(f'{kind} {{qnn.name = "r{i}"}}' for i, kind in enumerate(types))
    text = f'module attributes {{qnn.model_name = "norms"}} {{\nfunc.func @main({arguments}) -> ({signature}) {{\n'
    text += "\n".join(net.lines) + f"\n  return {', '.join(results)} : {', '.join(types)}\n}}\n}}\n"
    return text, labels


def interpret(module, folder, inputs, count):
    bw.succeed(["quant-run", module, "--interpret", f"--output={folder}", *inputs])
    return [np.load(os.path.join(folder, f"output_{i}.npy")) for i in range(count)]


def check(folder, text, labels, norms):
    random = np.random.RandomState(5)
    inputs = []
    for i, shape in enumerate(SHAPES):
        path = os.path.join(folder, f"x{i}.npy")
        np.save(path, (random.standard_normal(shape) * 2 + 1).astype(np.float32))
        inputs.append(f"--input=x{i}={path}")
    plain, raised = os.path.join(folder, "plain.mlir"), os.path.join(folder, "raised.mlir")
    with open(plain, "w") as file:
        file.write(text)
    bw.succeed(["quant-opt", "--qnn-raise-norms", plain, "-o", raised])
    with open(raised) as file:
        after = file.read()
    found = {op: after.count(f"qnn.{op}_norm ") for op in norms}
    for op, least in norms.items():
        assert found[op] >= least, f"{found[op]} ops are {op}_norm, but expected at least {least}"
    print(f"{len(labels)} results; raised: {found}")
    wanted = interpret(plain, os.path.join(folder, "a"), inputs, len(labels))
    given = interpret(raised, os.path.join(folder, "b"), inputs, len(labels))
    for label, a, b in zip(labels, wanted, given, strict=True):
        assert a.shape == b.shape, f"{label}: {b.shape} is not {a.shape}"
        assert np.array_equal(np.isnan(a), np.isnan(b)), f"{label}: other NaNs"
        error, largest = np.nanmax(np.abs(a - b), initial=0), np.nanmax(np.abs(a), initial=0)
        assert error <= 1e-5 * max(largest, 1), f"{label}: differs by {error} of {largest}"


def test_one_thing_changed(folder):
    text, labels = build()
    check(folder, text, labels, {"layer": 80, "rms": 60})


bw.main(__name__)
