#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random modules through compiled code and through the interpreter.

Every case is one op on random operands; all cases of a batch are one module, so
that each x86 level compiles it once. Integer ops have to match the interpreter
bit for bit, float ops within the tolerance of the case, and two threads have to
give the bits of one. Every level runs on every machine: through twins of its
instructions (test/twins), and natively where the CPU has them. A case that fails
is left as a module of its own in build/test/differential.

    differential.py [--seed N] [--only SUBSTRING] [--rounds N] [--host CPU]
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

import float_cases
import integer_cases
from case import Source, type_text

LEVELS = {
    "x86-64-v2": ("", {"sse4_2"}),
    "avx2": ("+avx2,+fma", {"avx2", "fma"}),
    "avx512vnni": ("+avx2,+fma,+avx512f,+avx512bw,+avx512vl,+avx512dq,+avx512vnni",
                   {"avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512_vnni"}),
}
TIMEOUT = 120
SOURCE = pathlib.Path(os.environ.get("BITWRIGHT_SOURCE", "."))
BUILD = pathlib.Path(os.environ.get("BITWRIGHT_BUILD", "build"))
BIN = BUILD / "bin"
TWIN = BUILD / "test" / "twins" / "quant-twin"


def module_text(cases, parameter_prefix="a"):
    """One function that runs all cases, and its arguments' values in order."""
    arguments, body, results, values = [], [], [], []
    for index, case in enumerate(cases):
        names = []
        for number, operand in enumerate(case.operands):
            name = f"%c{index}_{number}"
            if operand.constant:
                body.append(f"  {name} = qnn.constant {operand.text()}")
            else:
                name = f"%{parameter_prefix}{len(values)}"
                label = f'{{qnn.name = "{name[1:]}"}}'
                arguments.append(f"{name}: {operand.type(case.dynamic)} {label}")
                values.append(operand.values)
            names.append(name)
        types = ", ".join(operand.type(case.dynamic) for operand in case.operands)
        outputs = [type_text(dims, element, case.dynamic) for dims, element in case.results]
        labels = [f"%r{index}_{i}" for i in range(len(outputs))]
        signature = f"({types})" if case.functional else types
        body.append(f'  {", ".join(labels)} = {case.op.format(*names)} : {signature} -> '
                    f'{", ".join(outputs)} loc("case{index}-{case.name}")')
        results += list(zip(labels, outputs))
    signature = ", ".join(f'{kind} {{qnn.name = "{name[1:]}"}}' for name, kind in results)
    text = f'module attributes {{qnn.model_name = "differential"}} {{\n'
    text += f'func.func @main({", ".join(arguments)}) -> ({signature}) {{\n'
    text += "\n".join(body)
    text += f'\n  return {", ".join(n for n, _ in results)} : {", ".join(k for _, k in results)}\n'
    return text + "}\n}\n", values


class Failure(Exception):
    """A tool that did not exit with 0."""


def call(*command):
    try:
        result = subprocess.run([str(c) for c in command], capture_output=True, text=True,
                                timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Failure(f"{pathlib.Path(command[0]).name} is not done after {TIMEOUT} s")
    if result.returncode != 0:
        message = result.stderr.strip().splitlines() or ["no message"]
        raise Failure(f"{pathlib.Path(command[0]).name} exited with {result.returncode}: "
                      + " | ".join(message[:2]))


class Batch:
    """Some cases as one module in a folder of its own."""

    def __init__(self, cases, folder):
        self.cases, self.folder = cases, folder
        folder.mkdir(parents=True, exist_ok=True)
        text, values = module_text(cases)
        self.module = folder / "module.mlir"
        self.module.write_text(text)
        self.inputs = []
        for index, value in enumerate(values):
            path = folder / f"in_{index}.npy"
            np.save(path, value)
            self.inputs.append(f"--input={path}")

    def run(self, model, name, *options):
        """The outputs of each case."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        call(BIN / "quant-run", model, f"--output={folder}", *self.inputs, *options)
        outputs, index = [], 0
        for case in self.cases:
            count = len(case.results)
            outputs.append([np.load(folder / f"output_{index + i}.npy") for i in range(count)])
            index += count
        return outputs

    def interpret(self):
        return self.run(self.module, "reference", "--interpret")

    def compile(self, level, tool=BIN / "quant-compile", options=()):
        library = self.folder / f"{level}-{tool.name}.so"
        features = ["--mcpu=x86-64-v2", f"--mattr={LEVELS[level][0]}"]
        call(tool, self.module, *features, *options, "-o", library)
        return library

    def run_level(self, level, natively, host):
        """{how: the outputs of each case}: through twins, and where the CPU can, natively."""
        library = self.compile(level)
        twin = self.compile(level, TWIN, [f"--host-mcpu={host}"])
        found = {}
        if natively:
            found["natively"] = self.run(library, level, "--threads=1")
            found["on two threads"] = self.run(library, level + "-2", "--threads=2")
        found["through twins"] = self.run(twin, level + "-twins", "--threads=1")
        return found


def same_bits(a, b):
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind == "f":  # one NaN is as good as another
        return bool(np.all((np.isnan(a) & np.isnan(b)) | (a.view(f"i{a.itemsize}") ==
                                                          b.view(f"i{b.itemsize}")) | (a == b)))
    return np.array_equal(a, b)


def difference(case, got, want):
    """Why the result is wrong, or None."""
    for index, (a, b) in enumerate(zip(got, want)):
        if a.shape != b.shape or a.dtype != b.dtype:
            return f"result {index} is {a.dtype}{a.shape}, not {b.dtype}{b.shape}"
        if a.size == 0 or same_bits(a, b):
            continue
        x, y = a.astype(np.float64), b.astype(np.float64)
        if case.tolerance == 0:
            place = np.argwhere((x != y) & ~(np.isnan(x) & np.isnan(y)))
            at = tuple(int(v) for v in place[0])
            return (f"result {index}: {len(place)} of {a.size} elements differ; "
                    f"at {list(at)} {a[at]!r}, interpreter {b[at]!r}")
        error = np.max(np.abs(x - y))
        limit = max(case.floor, case.tolerance * np.max(np.abs(y)))
        if not error <= limit:
            return f"result {index}: largest difference {error:g}, allowed {limit:g}"
    return None


def find_uncovered(cases):
    """Ops on quantized tensors that no case runs: those of their .td file, but for the one that only records."""
    text = (SOURCE / "dialects" / "QNN" / "QNNQuantOps.td").read_text()
    ops = set(re.findall(r'^def \w+ : QNN_\w*Op<"(\w+)"', text, re.M)) - {"observe"}
    assert len(ops) > 10, ops
    return sorted(ops - {re.match(r"qnn\.(\w+)", case.op)[1] for case in cases})


class Run:
    def __init__(self, folder, kept, levels, host):
        self.folder, self.kept, self.levels, self.host = folder, kept, levels, host
        lacking = set(os.environ.get("BITWRIGHT_WITHOUT", "").split(","))  # see bitwright_test.py
        self.flags = set(open("/proc/cpuinfo").read().split()) - lacking
        self.failures, self.checked, self.count = [], 0, 0

    def fail(self, case, level, reason):
        """Reports, and keeps the case as a module."""
        name = f"{case.name}-{len(self.failures)}"
        Batch([case], self.kept / name)
        self.failures.append(name)
        print(f"FAILED {level} {case.name}: {reason}\n       see {self.kept / name}", flush=True)

    def split(self, cases, level, reason):
        """A batch that fails as a whole is run again case by case."""
        if len(cases) == 1:
            self.fail(cases[0], level, reason)
            return
        middle = len(cases) // 2
        for half in (cases[:middle], cases[middle:]):
            self.check(half, [level])

    def check_refusable(self, case):
        """Compiled alone: each level matches, or refuses with the expected error."""
        for level in self.levels:
            self.count += 1
            try:
                Batch([case], self.folder / f"batch{self.count}").compile(level)
            except Failure as failure:
                if case.refusal in str(failure):
                    print(f"{level} refuses {case.name}: {failure}")
                else:
                    self.fail(case, level, str(failure))
                continue
            self.check([case], [level])

    def check(self, cases, levels):
        self.count += 1
        batch = Batch(cases, self.folder / f"batch{self.count}")
        try:
            want = batch.interpret()
        except Failure as failure:
            self.split(cases, levels[0], str(failure))
            return
        for level in levels:
            try:
                found = batch.run_level(level, LEVELS[level][1] <= self.flags, self.host)
            except Failure as failure:
                self.split(cases, level, str(failure))
                continue
            for index, case in enumerate(cases):
                self.compare(case, level, {how: got[index] for how, got in found.items()}, want[index])

    def compare(self, case, level, found, want):
        """Each way to run a case against the interpreter, and against the first way, bit for bit."""
        first = next(iter(found))
        for how, got in found.items():
            self.checked += 1
            reason = difference(case, got, want)
            if not reason and not all(same_bits(a, b) for a, b in zip(got, found[first])):
                reason = f"gives other bits than {first}"
            if reason:
                self.fail(case, f"{level} {how}", reason)
                return


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--levels", default=",".join(LEVELS))
    parser.add_argument("--host", default="native", help="CPU for which the twins' callers are compiled")
    parser.add_argument("--batch", type=int, default=60)
    options = parser.parse_args()
    for tool in (BIN / "quant-run", BIN / "quant-compile", TWIN):
        if not tool.exists():
            print(f"{tool.name} is not built")
            return 77
    cases = integer_cases.make(Source(options.seed), options.rounds)
    cases += float_cases.make(Source(options.seed + 1))
    uncovered = find_uncovered(cases)
    if uncovered:
        print(f"no case runs qnn.{', qnn.'.join(uncovered)}")
        return 1
    cases = [case for case in cases if options.only in case.name]
    kept = BIN.parent / "test" / "differential"
    with tempfile.TemporaryDirectory() as folder:
        run = Run(pathlib.Path(folder), kept, options.levels.split(","), options.host)
        for level in run.levels:
            if not LEVELS[level][1] <= run.flags:
                print(f"{level}: run through twins only: this CPU lacks it")
        refusable = [case for case in cases if case.refusal]
        cases = [case for case in cases if not case.refusal]
        for start in range(0, len(cases), options.batch):
            run.check(cases[start:start + options.batch], run.levels)
        for case in refusable:
            run.check_refusable(case)
    print(f"{len(cases) + len(refusable)} cases, {run.checked} comparisons, {len(run.failures)} failures")
    return 1 if run.failures else 0


if __name__ == "__main__":
    sys.exit(main())
