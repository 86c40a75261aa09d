# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Each twin is needed, and each is looked at: without it a model does not compile, and the error names what is
missing; with a fault in it, results differ from the interpreter's. So a twin that no kernel uses is found, too.
"""

import os
import pathlib
import re
import sys

import bitwright_test as bw

sys.path.insert(0, os.path.join(bw.SOURCE, "test", "integration", "differential"))
import differential
import float_cases
import integer_cases
from case import Source

SOURCES = [os.path.join(bw.SOURCE, "test", "twins", "library", name) for name in ("x86.c", "libcalls.c")]
FLAGS = ["-std=c11", "-O2", "-fPIC", "-ffreestanding", "-fvisibility=hidden", "-ffp-contract=off", "-c"]
# One lane of the result is wrong. The fourth argument is garbage for a twin of two operands, which ignores it.
WRONG_INTRINSIC = """void {0}(int *result, const void *a, const void *b, const void *c) {{
  ((void (*)(void *, const void *, const void *, const void *))right)(result, a, b, c);
  result[1] ^= 1 << 14;
}}
"""
WRONG = {"fmaf": "float fmaf(float a, float b, float c) { return right(a, b, c) * 1.01f; }\n"}


def build(folder, symbol="", replacement=""):
    """The twins as one object, `symbol` defined as `replacement`."""
    source, target = os.path.join(folder, "twins.c"), os.path.join(folder, "twins.o")
    with open(source, "w") as file:
        file.write(f"#define {symbol} right\n" if symbol else "")
        file.write("".join(f'#include "{path}"\n' for path in SOURCES))
        file.write(f"#undef {symbol}\n" + replacement if symbol else "")
    bw.succeed([os.environ.get("BITWRIGHT_CC", "cc"), *FLAGS, source, "-o", target])
    return target


class Example:
    """Cases of all kinds of integer kernels and one of float, compiled for the oldest CPU."""

    def __init__(self, folder):
        source = Source(5)
        cases = [integer_cases.qlinear(source), integer_cases.block_linear(source, 32, True, True)]
        cases += [integer_cases.qconv2d(source, kind) for kind in ("dense", "depthwise", "depthwise", "depthwise")]
        cases += [case for case in float_cases.make(source) if case.name == "linear"][:1]
        self.batch = differential.Batch(cases, pathlib.Path(folder) / "example")
        self.want = self.batch.interpret()

    def run(self, level, twins):
        """Why the results are wrong; None where they are right."""
        library = self.batch.compile(level, differential.TWIN, ["--host-mcpu=x86-64-v2", f"--twins={twins}"])
        got = self.batch.run(library, level, "--threads=1")
        reasons = map(differential.difference, self.batch.cases, got, self.want)
        return next((reason for reason in reasons if reason), None)

    def error_without(self, level, twins):
        """What the tool says where the twins are too few; None where they suffice."""
        try:
            self.batch.compile(level, differential.TWIN, ["--host-mcpu=x86-64-v2", f"--twins={twins}"])
        except differential.Failure as failure:
            return str(failure)
        return None


def described(symbol):
    """How the error names what has no twin."""
    intrinsic = re.escape("llvm." + symbol.replace("bw_twin_", "")).replace("_", "[._]")
    return f"uses .*'{intrinsic}'.* which has no twin" if symbol.startswith("bw_twin_") else f"calls '{symbol}'"


def test_right_twins(folder):
    example, twins = Example(folder), build(folder)
    for level in differential.LEVELS:
        reason = example.run(level, twins)
        assert reason is None, f"{level}: {reason}"


def test_faults(folder):
    example = Example(folder)
    symbols = bw.succeed(["quant-twin", "--list"]).stdout.split()
    assert len(symbols) > 4, symbols
    for symbol in symbols:
        twins = build(folder, symbol)
        errors = {level: example.error_without(level, twins) for level in differential.LEVELS}
        users = [level for level, error in errors.items() if error]
        assert users, f"no kernel uses {symbol}"
        for level in users:
            assert re.search(described(symbol), errors[level]), errors[level]
        twins = build(folder, symbol, WRONG.get(symbol, WRONG_INTRINSIC.format(symbol)))
        for level in users:
            reason = example.run(level, twins)
            assert reason, f"{level}: a fault in {symbol} changes no result"
            print(f"{symbol}, {level}: {reason}")


bw.main(__name__)
