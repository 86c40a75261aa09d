# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Decoding token by token with key-value caches gives the tokens of the full forward pass over the same weights;
where it does not, the two most likely tokens of the full pass are closer than 1e-3.
"""

import functools
import json
import os
import tempfile

import numpy as np

import bitwright_test as bw

FOLDER = tempfile.TemporaryDirectory(prefix="bitwright-decode-")
LM = os.path.join(bw.MODELS, "lm")
PROMPTS, CONTEXT, COUNT = 3, 48, 80


def path(name):
    return os.path.join(FOLDER.name, name)


@functools.lru_cache(maxsize=None)
def prompts():
    """Parts of the validation tokens, far from each other."""
    tokens = np.load(os.path.join(LM, "valid.npy"))
    files = [path(f"prompt{i}.npy") for i in range(PROMPTS)]
    for i, file in enumerate(files):
        start = i * (len(tokens) // PROMPTS)
        np.save(file, tokens[start:start + CONTEXT])
    return files


@functools.lru_cache(maxsize=None)
def calibrated():
    bw.succeed(["quant-opt", f"--calibrate={os.path.join(LM, 'calib_kv.npz')}", "--samples=16",
                os.path.join(LM, "model_kv.onnx"), "-o", path("calibrated.mlir")])
    return path("calibrated.mlir")


def compare(library, reference, tolerance):
    """Decodes each prompt with `library`; `tolerance` bounds the difference of two logits."""
    for prompt in prompts():
        done = bw.succeed(["quant-run", library, f"--generate={COUNT}", f"--tokens={prompt}", f"--context={CONTEXT}",
                           f"--compare={reference}", "--json"])
        result = json.loads(done.stdout)
        print(f"{os.path.basename(library)}: {result['same']} of {COUNT} tokens are those of the full pass, logits "
              f"within {result['max_abs_diff']:.1e}, {len(set(result['tokens']))} different tokens")
        assert len(result["tokens"]) == COUNT and len(set(result["tokens"])) > 4, result["tokens"]
        assert result["same"] == COUNT or result["widest_gap"] < 1e-3, result
        assert result["max_abs_diff"] <= tolerance, result["max_abs_diff"]


def check_float(level):
    for model in ("model", "model_kv"):
        bw.compile_level(os.path.join(LM, model + ".onnx"), level, path(f"{model}-{level}.so"))
    compare(path(f"model_kv-{level}.so"), path(f"model-{level}.so"), 1e-3)


def check_scheme(scheme, tolerance=1e-3):
    """Against the same library with empty caches, so that calibration cannot make the weights differ."""
    name = scheme.partition(":")[0]
    bw.succeed(["quant-opt", f"--quantize={scheme}", calibrated(), "-o", path(name + ".mlir")])
    bw.succeed(["quant-compile", path(name + ".mlir"), "--mcpu=native", "-o", path(name + ".so")])
    compare(path(name + ".so"), path(name + ".so"), tolerance)


def test_float_v2(_):
    check_float("x86-64-v2")


def test_float_avx2(_):
    check_float("avx2")


def test_float_avx512vnni(_):
    check_float("avx512vnni")


def test_int8_dynamic(_):
    # Where activations are rounded, a last bit of a float may move a logit by more; the tokens must not move.
    check_scheme("int8-dynamic", tolerance=1)


def test_int8_weight(_):
    check_scheme("int8-weight")


def test_int4_awq(_):
    check_scheme("int4-awq:group=32")


def test_int4_with_int8_activations(_):
    check_scheme("int4-rtn:group=64,act=int8", tolerance=1)


bw.main(__name__)
