# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whole networks in int8 give the interpreter's bits on every x86 level, with 1 and with 2 threads.

The fused module is made to return, besides its own results, each integer tensor that depends on nothing but integer
ops and float ops that round as IEEE says (so up to the last integer op, and every one on the way): these are compared
bit for bit. Results behind a softmax or the like, which each level may round in its own way, are compared within 1e-5
of the largest; two threads give the bits of one everywhere.
"""

import os
import re

import numpy as np

import bitwright_test as bw

# Float ops whose results the dialect fixes to the last bit, and those that only move or select.
EXACT = set("""quantize dequantize requantize lookup qadd qmul qconv2d qlinear qavg_pool2d qreduce_mean max_pool2d add
    sub mul div neg abs relu clip min max transpose reshape squeeze unsqueeze flatten slice concat gather pad expand
    tile shape cast constant""".split())
OP = re.compile(r"^ *(%\d+) = qnn\.(\w+) (.*)$")
TENSOR = re.compile(r"tensor<[^>]*>")


def exact_integers(lines):
    """(name, type) of the integer tensors that follow exactly from the arguments, and how many do not."""
    exact, found, others = {"%arg0"}, [], 0
    for line in lines:
        match = OP.match(line)
        if not match:
            assert not re.match(r" *%\d+[:,]", line), f"an op with more than one result: {line[:80]}"
            continue
        name, op, rest = match.groups()
        operands = set(re.findall(r"%\w+", rest))
        result = TENSOR.findall(rest.split(" loc(")[0])[-1]
        if op in EXACT and operands <= exact:
            exact.add(name)
        if op == "constant" or not result.endswith("xi8>"):
            continue
        if name in exact:
            found.append((name, result))
        else:
            others += 1
    return found, others


def expose(source, target):
    """Writes the module with the exact integers as its first results; returns how many they are."""
    with open(source) as file:
        lines = file.read().split("\n")
    header = next(i for i, line in enumerate(lines) if "func.func @main" in line)
    end = next(i for i, line in enumerate(lines) if re.match(r" *return ", line))
    found, others = exact_integers(lines[header + 1:end])
    assert found, "the module has no integer op"
    names, types = (", ".join(part) for part in zip(*found))
    lines[end] = re.sub(r"return (.*?) : ", lambda m: f"return {names}, {m[1]} : {types}, ", lines[end], count=1)
    results = ", ".join(f'{kind} {{qnn.name = "exact {name[1:]}"}}' for name, kind in found)
    lines[header] = lines[header].replace(" -> (", f" -> ({results}, ", 1)
    with open(target, "w") as file:
        file.write("\n".join(lines))
    return len(found), others


def outputs(model, out, source, *options):
    bw.succeed(["quant-run", model, f"--input={os.path.join(source, 'input_0.npy')}", f"--output={out}", *options])
    return [np.load(path) for path in bw.outputs(out)]


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def check(folder, name, calibration=""):
    source = bw.model(name)
    plain, module = os.path.join(folder, "plain.mlir"), os.path.join(folder, "module.mlir")
    bw.succeed(["quant-opt", f"--calibrate={calibration or source}", "--samples=64", "--quantize=int8", "--fuse",
                os.path.join(source, "model.onnx"), "-o", plain])
    count, others = expose(plain, module)
    expected = outputs(module, os.path.join(folder, "interpreter"), source, "--interpret")
    for level in bw.LEVELS:
        library = os.path.join(folder, level + ".so")
        bw.compile_level(module, level, library)
        one, two = (outputs(library, f"{library}-{n}", source, f"--threads={n}") for n in (1, 2))
        assert len(one) == len(two) == len(expected), (len(one), len(expected))
        for i, (a, b, reference) in enumerate(zip(one, two, expected)):
            assert same(a, b), f"{level}: output {i}: two threads give other bits than one"
            if i < count:
                assert same(a, reference), f"{level}: integer tensor {i}: {np.sum(a != reference)} of {a.size} differ"
            else:
                error, largest = np.max(np.abs(a - reference)), np.max(np.abs(reference))
                # Behind float contractions an integer may be rounded to its neighbour.
                assert error <= (0.05 if others else 1e-5) * largest, f"{level}: output {i}: {error} of {largest}"
    # The module as it is: the same results without the extra ones.
    library = os.path.join(folder, "plain.so")
    bw.compile_level(plain, level, library)
    for a, b in zip(outputs(library, library + "-out", source), one[count:], strict=True):
        assert same(a, b), "returning integer tensors changes the results"
    print(f"{name}: {count} integer tensors are the interpreter's bits on all levels, {others} follow from float ops "
          f"and are not compared")


def test_fashion_resnet(folder):
    check(folder, "fashion-resnet", os.path.join(bw.MODELS, "fashion", "calib.npz"))


def test_fashion_mobile(folder):
    check(folder, "fashion-mobile", os.path.join(bw.MODELS, "fashion", "calib.npz"))


def test_mnist(folder):
    check(folder, "mnist")


def test_resnet8(folder):
    check(folder, "resnet8")


def test_vww(folder):
    check(folder, "vww")


def test_ultraface(folder):
    check(folder, "ultraface")


def test_ppocr_rec(folder):
    check(folder, "ppocr_rec")


bw.main(__name__)
