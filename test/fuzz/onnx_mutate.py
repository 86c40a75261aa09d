# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Imports truncated and bit-flipped variants of real models. Each import ends within ten seconds,
with status 0 and a module, or with status 1, one line of error and no output file; never by a signal.

BITWRIGHT_FUZZ_COUNT and BITWRIGHT_FUZZ_FIRST choose others than the 300 variants from number 0 on.
"""

import os
import random
import shutil
import subprocess

import onnx

import bitwright_test as bw

COUNT = int(os.environ.get("BITWRIGHT_FUZZ_COUNT", 300))
FIRST = int(os.environ.get("BITWRIGHT_FUZZ_FIRST", 0))
SECONDS = 10
MODELS = ["lm/model.onnx", "fashion-mobile/model.onnx", "lm/model_kv.onnx", "fashion-resnet/model.onnx"]


def structure_of(data):
    """Ranges of the file that hold no weights: a flip there is worth more."""
    graph = onnx.load_model_from_string(data).graph
    holes = []
    for tensor in graph.initializer:
        if len(tensor.raw_data) >= 256:
            start = data.find(tensor.raw_data)
            holes.append((start, start + len(tensor.raw_data)))
    ranges, at = [], 0
    for start, end in sorted(holes):
        if start > at:
            ranges.append((at, start))
        at = max(at, end)
    ranges.append((at, len(data)))
    return ranges


def mutate(data, ranges, seed):
    """A variant and the words that describe it."""
    rng = random.Random(seed)
    if rng.random() < 1 / 3:
        size = rng.randrange(len(data))
        return data[:size], f"first {size} bytes"
    variant = bytearray(data)
    flips = []
    for _ in range(rng.choice([1, 1, 1, 2, 4, 16])):
        start, end = rng.choices(ranges, [end - start for start, end in ranges])[0]
        position, bit = rng.randrange(start, end), rng.randrange(8)
        variant[position] ^= 1 << bit
        flips.append(f"{position}.{bit}")
    return bytes(variant), "flipped " + " ".join(flips)


def check(folder, variant):
    """What is wrong with the import of a variant, or None; and its exit status."""
    path, output = os.path.join(folder, "variant.onnx"), os.path.join(folder, "variant.mlir")
    with open(path, "wb") as file:
        file.write(variant)
    try:
        done = bw.run(["quant-translate", "--import-onnx", path, "-o", output], timeout=SECONDS,
                      errors="backslashreplace")
    except subprocess.TimeoutExpired:
        return f"takes over {SECONDS} s", -1
    left = [name for name in os.listdir(folder) if name.startswith("variant.") and
            name != "variant.onnx"]
    for name in left:
        os.remove(os.path.join(folder, name))
    lines = done.stderr.splitlines()
    if done.returncode == 0:
        return (None if "variant.mlir" in left else "writes no module"), 0
    if done.returncode != 1:
        return f"ends with {done.returncode}: {done.stderr[-300:]!r}", done.returncode
    if len(lines) != 1 or "variant.onnx: " not in lines[0]:
        return f"expects one line of error that names the file, but got {done.stderr[:300]!r}", 1
    return ("leaves " + " ".join(left) if left else None), 1


def test_mutants(folder):
    shutil.copy(os.path.join(bw.MODELS, "lm", "weights.bin"), folder)
    sources = []
    for name in MODELS:
        with open(os.path.join(bw.MODELS, name), "rb") as file:
            data = file.read()
        sources.append((name, data, structure_of(data)))
    failures, imported = [], 0
    for seed in range(FIRST, FIRST + COUNT):
        name, data, ranges = sources[seed % len(sources)]
        variant, words = mutate(data, ranges, seed)
        problem, status = check(folder, variant)
        imported += status == 0
        if problem:
            failures.append(f"variant {seed} of {name} ({words}): {problem}")
    print(f"{COUNT} variants: {imported} imported, {COUNT - imported - len(failures)} refused")
    assert not failures, "\n".join(failures)


bw.main(__name__)
