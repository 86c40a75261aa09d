# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One randomly made op of the differential test: its text, its operands, and how
closely compiled code has to match the interpreter."""
import dataclasses

import numpy as np

ELEMENT_TYPES = {"float32": "f32", "float64": "f64", "float16": "f16", "int8": "i8",
                 "int16": "i16", "int32": "i32", "int64": "i64", "bool": "i1"}


@dataclasses.dataclass
class Operand:
    values: np.ndarray
    constant: bool
    element: str = ""  # MLIR element type; "" follows from the array

    def __post_init__(self):
        self.element = self.element or ELEMENT_TYPES[str(self.values.dtype)]

    def type(self, dynamic=False):
        return type_text(self.values.shape, self.element, dynamic and not self.constant)

    def text(self):
        """The value as a dense attribute."""
        if self.element == "i4" or self.element == "i1" or self.values.size == 0:
            body = str(self.values.astype(np.int64).tolist()) if self.values.size else ""
        else:
            body = '"0x' + np.ascontiguousarray(self.values).tobytes().hex().upper() + '"'
        if self.element == "i1":
            body = body.replace("1", "true").replace("0", "false")
        return f"dense<{body}> : {self.type()}"


def type_text(dims, element, dynamic=False):
    sizes = ["?" if dynamic and i == 0 else str(d) for i, d in enumerate(dims)]
    return "tensor<" + "".join(s + "x" for s in sizes) + element + ">"


@dataclasses.dataclass
class Case:
    name: str
    op: str  # "qnn.add {0}, {1}": without types, operand i as {i}
    operands: list
    results: list  # (dims, element) of each
    functional: bool = True  # types as "(a, b) -> c", else "a, b -> c"
    # 0: bit for bit; else the largest difference relative to the largest reference.
    tolerance: float = 0.0
    floor: float = 0.0  # the difference allowed where the terms of sums cancel, with a tolerance
    dynamic: bool = False  # the first dimension of arguments and results
    # Part of the one-line error with which a level may refuse to compile the case.
    refusal: str = ""


class Source:
    """Random tensors from one seed."""

    def __init__(self, seed):
        self.random = np.random.RandomState(seed)

    def pick(self, low, high):
        return int(self.random.randint(low, high + 1))

    def choose(self, *values):
        return values[self.pick(0, len(values) - 1)]

    def flip(self):
        return self.pick(0, 1) == 1

    def integers(self, dims, low, high, dtype=np.int8, constant=False, element=""):
        """Uniform, or only the ends, or one end."""
        values = self.random.randint(low, high + 1, size=dims)
        style = self.pick(0, 5)
        if style == 0:
            values = np.where(self.random.randint(0, 2, size=dims), low, high)
        elif style == 1:
            values = np.full(dims, self.choose(low, high))
        return Operand(np.asarray(values).astype(dtype), constant, element)

    def bytes(self, dims, constant=False):
        return self.integers(dims, -128, 127, constant=constant)

    def zero_point(self):
        """Any byte; the ends often."""
        value = self.choose(-128, 127, 0, -1, self.pick(-128, 127))
        return Operand(np.array(value, np.int8), True)

    def floats(self, dims, low, high, constant=False):
        """Uniform; one in four is half of an integer, which makes ties."""
        values = self.random.uniform(low, high, size=dims)
        ties = self.random.randint(0, 4, size=dims) == 0
        values = np.where(ties, np.round(values * 2) / 2, values)
        return Operand(np.asarray(values, dtype=np.float32), constant)

    def scales(self, dims, low, high, constant=True):
        """Positive, with uniform logarithms."""
        values = np.exp(self.random.uniform(np.log(low), np.log(high), size=dims))
        return Operand(np.asarray(values, dtype=np.float32), constant)


def scalar(value, dtype=np.float32):
    return Operand(np.array(value, dtype), True)


class Builder:
    """Collects operands and the text that names them."""

    def __init__(self):
        self.operands = []

    def add(self, operand):
        self.operands.append(operand)
        return "{%d}" % (len(self.operands) - 1)
