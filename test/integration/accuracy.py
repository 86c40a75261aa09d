# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What quantization costs in accuracy on the models of the repository, by the commands a user types, against
the bars of the project; and that integers are the same bits on every x86 level and number of threads.
"""

import functools
import json
import os
import re
import tempfile

import numpy as np

import bitwright_test as bw

FOLDER = tempfile.mkdtemp(prefix="bitwright-accuracy-")
LM = os.path.join(bw.MODELS, "lm")
FASHION = os.path.join(bw.MODELS, "fashion")


def path(name):
    return os.path.join(FOLDER, name)


@functools.lru_cache(maxsize=None)
def calibrated():
    bw.succeed(["quant-translate", "--import-onnx", os.path.join(LM, "model.onnx"), "-o", path("lm.mlir")])
    bw.succeed(["quant-opt", f"--calibrate={os.path.join(LM, 'calib.npz')}", "--samples=128",
                "--statistics=second_moment", path("lm.mlir"), "-o", path("calibrated.mlir")])
    return path("calibrated.mlir")


@functools.lru_cache(maxsize=None)
def losses(scheme):
    """Mean next-token loss of each window of the validation tokens; `scheme` "" is float."""
    name = re.sub("[:=,]", "_", scheme) or "float"
    model = calibrated()
    if scheme:
        bw.succeed(["quant-opt", f"--quantize={scheme}", model, "-o", path(name + ".mlir")])
        model = path(name + ".mlir")
    else:
        model = os.path.join(LM, "model.onnx")
    bw.succeed(["quant-compile", model, "--mcpu=native", "-o", path(name + ".so")])
    done = bw.succeed(["quant-run", path(name + ".so"), "--eval=perplexity",
                       f"--tokens={os.path.join(LM, 'valid.npy')}", "--context=128",
                       f"--nll-output={path(name + '.npy')}", "--json"], timeout=600)
    perplexity = json.loads(done.stdout)["perplexity"]
    print(f"lm {scheme or 'float'}: perplexity {perplexity:.4f}")
    return perplexity, np.load(path(name + ".npy"))


def check_gain(before, after):
    """The second scheme loses less; paired bootstrap over windows, 95 %, excludes zero."""
    difference = losses(before)[1] - losses(after)[1]
    draws = np.random.default_rng(0).integers(0, len(difference), (2000, len(difference)))
    low, high = np.percentile(difference[draws].mean(axis=1), [2.5, 97.5])
    print(f"{before} against {after}: loss difference in [{low:.5f}, {high:.5f}]")
    assert low > 0, (low, high)


def check_recovery(group, words, least):
    """The recipe recovers at least this part of what RTN loses."""
    scheme, rtn = f"int4:group={group},{words}", f"int4-rtn:group={group}"
    exact, nearest, rounded = (losses(s)[0] for s in ("", rtn, scheme))
    recovered = (nearest - rounded) / (nearest - exact)
    print(f"{scheme}: {100 * recovered:.1f} % of the loss recovered")
    assert recovered >= least, recovered
    check_gain(rtn, scheme)


def test_awq_group_32(_):
    check_recovery(32, "awq", 0.45)


def test_awq_group_128(_):
    check_recovery(128, "awq", 0.45)


def test_gptq_group_128(_):
    check_recovery(128, "gptq", 0.56)


def test_awq_then_gptq_group_128(_):
    check_recovery(128, "awq,gptq", 0.67)
    check_gain("int4:group=128,awq", "int4:group=128,awq,gptq")
    check_gain("int4:group=128,gptq", "int4:group=128,awq,gptq")


def test_int8_weight(_):
    assert losses("int8-weight")[0] <= 1.002 * losses("")[0]


def test_int8_dynamic(_):
    assert losses("int8-dynamic")[0] <= 1.01 * losses("")[0]


def top1(name, options):
    library = path(name + ".so")
    bw.succeed(["quant-compile", os.path.join(bw.MODELS, name, "model.onnx"), "--mcpu=native", "-o", library] + options)
    done = bw.succeed(["quant-run", library, "--eval=top1", f"--inputs={os.path.join(bw.DATA, 'fashion', 'test_x.npy')}",
                       f"--labels={os.path.join(bw.DATA, 'fashion', 'test_y.npy')}", "--json"], timeout=300)
    result = json.loads(done.stdout)
    assert result["count"] == 10000, result
    print(f"{name} {' '.join(o for o in options if 'quantize' in o) or 'float'}: top-1 {result['top1']:.2f}")
    return result["top1"]


def int8(options=""):
    return [f"--quantize=int8{options}", f"--calibrate={os.path.join(FASHION, 'calib.npz')}", "--samples=512"]


def test_fashion_resnet_int8(_):
    assert top1("fashion-resnet", int8()) >= top1("fashion-resnet", []) - 0.3


def test_fashion_mobile_int8(_):
    exact = top1("fashion-mobile", [])
    top1("fashion-mobile", int8(":per-tensor"))  # shown beside it
    assert top1("fashion-mobile", int8()) >= exact - 1.0


def check_same_bits(name):
    """An int8 network gives the same bits on all levels and with 1 and 2 threads."""
    folder, quantized = os.path.join(bw.MODELS, name), path(f"{name}-int8.mlir")
    bw.succeed(["quant-opt", os.path.join(folder, "model.onnx"), "-o", quantized] + int8())
    results = {}
    for level in bw.LEVELS:
        library = path(f"{name}-{level}.so")
        bw.compile_level(quantized, level, library)
        for threads in (1, 2):
            out = path(f"{name}-{level}-{threads}")
            bw.succeed(["quant-run", library, f"--input={os.path.join(folder, 'input_0.npy')}", f"--output={out}",
                        f"--threads={threads}"])
            file = next(f for f in sorted(os.listdir(out)) if f.endswith(".npy"))
            results[level, threads] = np.load(os.path.join(out, file)).tobytes()
    assert len(set(results.values())) == 1, {k: hash(v) for k, v in results.items()}


def test_fashion_resnet_same_bits(_):
    check_same_bits("fashion-resnet")


def test_fashion_mobile_same_bits(_):
    check_same_bits("fashion-mobile")


bw.main(__name__)
