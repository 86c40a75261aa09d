# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Truncated and bit-flipped variants of everything but ONNX models that a tool reads: modules as text
and as bytecode, weights files, arrays, archives of arrays, tensors, libraries. Each run ends within
ten seconds, with status 0, or with status 1, one line of error that names the file and no output;
never by a signal.

A flip in the code of a library cannot be told from other code, so libraries are only truncated.
BITWRIGHT_FUZZ_COUNT and BITWRIGHT_FUZZ_FIRST choose others than variants 0 to 59 of each kind.
"""

import os
import random
import shutil
import subprocess

import numpy as np
from onnx import numpy_helper

import bitwright_test as bw

COUNT = int(os.environ.get("BITWRIGHT_FUZZ_COUNT", 60))
FIRST = int(os.environ.get("BITWRIGHT_FUZZ_FIRST", 0))
SECONDS = 10
MOBILE = os.path.join(bw.MODELS, "fashion-mobile")
LIMIT = 8 << 30  # bytes of address space: a size that is believed before it is checked shows


def limited():
    """The words before a command that limit its memory; none for sanitized tools, which reserve more."""
    words = ["prlimit", f"--as={LIMIT}"]
    return [] if bw.run([*words, bw.tool("quant-opt"), "--version"]).returncode else words


LIMITED = limited()


def mutate(data, seed, flips=True):
    """A variant and the words that describe it."""
    rng = random.Random(seed)
    if not flips or rng.random() < 1 / 3:
        size = rng.randrange(len(data))
        return data[:size], f"first {size} bytes"
    variant, words = bytearray(data), []
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        # Headers are short and hold the sizes: half of the flips go there.
        position = rng.randrange(min(256, len(data)) if rng.random() < 0.5 else len(data))
        bit = rng.randrange(8)
        variant[position] ^= 1 << bit
        words.append(f"{position}.{bit}")
    return bytes(variant), "flipped " + " ".join(words)


def problem_of(command, outputs, names):
    """What is wrong with a run, or None; and its exit status."""
    try:
        done = bw.run([*LIMITED, bw.tool(command[0]), *command[1:]],
                      timeout=SECONDS, errors="backslashreplace")
    except subprocess.TimeoutExpired:
        return f"takes over {SECONDS} s", -1
    left = [path for path in outputs if os.path.exists(path)]
    for path in left:
        os.remove(path)
    if done.returncode == 0:
        return (None if len(left) == len(outputs) else "writes no output"), 0
    if done.returncode != 1:
        return f"ends with {done.returncode}: {done.stderr[-300:]!r}", done.returncode
    lines = [line for line in done.stderr.splitlines() if "error: " in line]
    if len(lines) != 1 or not any(name in lines[0] for name in names):
        return f"expects one error that names {names[0]}, but got {done.stderr[:400]!r}", 1
    return ("leaves " + " ".join(left) if left else None), 1


def run_variants(path, command, outputs=(), names=(), flips=True):
    """Runs the command on variants of the file at `path`, which it names itself."""
    with open(path, "rb") as file:
        data = file.read()
    names = [os.path.basename(path), *names]
    failures, accepted = [], 0
    for seed in range(FIRST, FIRST + COUNT):
        variant, words = mutate(data, seed, flips)
        with open(path, "wb") as file:
            file.write(variant)
        problem, status = problem_of(command, outputs, names)
        accepted += status == 0
        if problem:
            failures.append(f"variant {seed} of {names[0]} ({words}): {problem}")
    print(f"{names[0]}: {COUNT} variants, {accepted} accepted")
    assert not failures, "\n".join(failures)


def module(folder, name):
    """A quantized module in `folder`."""
    path = os.path.join(folder, name)
    bw.succeed(["quant-opt", os.path.join(MOBILE, "model.onnx"), "--quantize=int8-weight", "-o", path])
    return path


def test_text(folder):
    out = os.path.join(folder, "o.mlir")
    # A name of the module in the error is a place, too: the parser tells it by line and column.
    run_variants(module(folder, "m.mlir"), ["quant-opt", os.path.join(folder, "m.mlir"), "-o", out],
                 [out], ["node '"])


def test_bytecode(folder):
    out = os.path.join(folder, "o.mlir")
    run_variants(module(folder, "m.mlirbc"),
                 ["quant-opt", os.path.join(folder, "m.mlirbc"), "-o", out], [out])


def test_weights_file(folder):
    path, out = os.path.join(folder, "m.mlir"), os.path.join(folder, "o.mlir")
    bw.succeed(["quant-opt", os.path.join(bw.MODELS, "fashion-resnet", "model.onnx"), "-o", path])
    run_variants(os.path.join(folder, "m.safetensors"), ["quant-opt", path, "-o", out],
                 [out, os.path.join(folder, "o.safetensors")], ["names weight"])


def test_array(folder):
    path, out = os.path.join(folder, "x.npy"), os.path.join(folder, "out")
    shutil.copy(os.path.join(MOBILE, "input_0.npy"), path)
    library = os.path.join(folder, "m.so")
    bw.succeed(["quant-compile", os.path.join(MOBILE, "model.onnx"), "-o", library])
    run_variants(path, ["quant-run", library, "--input=" + path, "--output=" + out],
                 [os.path.join(out, "output_0.npy")], ["input 'image'"])


def calibrate(folder, samples):
    """Reads the samples of a small model; the interpreter is the faster executor for it."""
    small = os.path.join(bw.SOURCE, "test", "passes", "Calibration", "Inputs", "linear.mlir")
    return ["quant-opt", small, "--calibrate=" + samples, "--calibrate-with=interpreter",
            "-o", os.path.join(folder, "o.mlir")]


def samples_of_small():
    return np.random.default_rng(1).standard_normal((64, 2)).astype(np.float32)


def test_archive(folder):
    """Stored and compressed members; errors may name the tensor that holds no finite number."""
    path, out = os.path.join(folder, "x.npz"), os.path.join(folder, "o.mlir")
    for save in (np.savez, np.savez_compressed):
        save(path, x=samples_of_small())
        run_variants(path, calibrate(folder, path), [out], ["tensor '"])


def test_tensor(folder):
    samples, out = os.path.join(folder, "test_data_set_0"), os.path.join(folder, "o.mlir")
    os.makedirs(samples)
    path = os.path.join(samples, "input_0.pb")
    with open(path, "wb") as file:
        file.write(numpy_helper.from_array(samples_of_small(), "x").SerializeToString())
    run_variants(path, calibrate(folder, folder), [out], ["tensor '"])


def test_library(folder):
    path = os.path.join(folder, "m.so")
    bw.succeed(["quant-compile", os.path.join(MOBILE, "model.onnx"), "-o", path])
    run_variants(path, ["quant-run", path, "--benchmark", "--runs=1"], flips=False)


def test_libraries_that_are_not_ours(folder):
    for name, command in (("text.so", ["sh", "-c", "echo hello > \"$0\""]),
                          ("other.so", ["sh", "-c", "cp \"$(ldd /bin/sh | sed -n 's,.*=> \\(/[^ ]*libc[^ ]*\\).*,\\1,p')\" \"$0\""]),
                          ("program.so", ["cp", bw.tool("quant-translate")])):
        path = os.path.join(folder, name)
        subprocess.run([*command, path], check=True)
        problem, status = problem_of(["quant-run", path, "--benchmark"], [], [name])
        assert problem is None and status == 1, f"{name}: {problem or status}"


bw.main(__name__)
