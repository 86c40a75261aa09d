# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models that once were refused or came out wrong, as exporters and optimizers write them: each imports, compiles and
gives the recorded outputs, interpreted and compiled.
"""

import os

import numpy as np

import bitwright_test as bw

FOLDER = os.path.join(bw.SHARED, "cases")

# Folder: the largest difference, of the largest value; in steps where the outputs are quantized.
CASES = {
    "form_1": 1e-5,  # a function of the model's own
    "form_3": 1e-4,  # MatMulNBits: zero points of float
    "form_4": 1e-4,  # MatMulNBits: a g_idx that says k / block_size
    "form_7": 1,  # QLinearAdd
    "form_8": 1,  # QLinearMul
    "form_10": 1,  # QLinearGlobalAveragePool
    "form_11": 1e-4,  # SkipLayerNormalization
    "form_19": 1e-4,  # Attention of opset 23
    "gathernd_mask": 1e-4,
    "legacy_mha_module": 1e-4,  # a shape computed by Mod and Slice of constants
    "opset25_relu": 1e-6,
    "reduce_far_axes": 1e-4,
    "slice_int64min": 1e-4,
}


def arrays(folder, prefix):
    names = sorted(name for name in os.listdir(folder) if name.startswith(prefix) and name.endswith(".npy"))
    return [os.path.join(folder, name) for name in names]


def check_case(folder, case, tolerance):
    source = os.path.join(FOLDER, case)
    expected = [np.load(path) for path in arrays(source, "output_") or arrays(source, "torch_")]
    assert expected, f"{case} has no recorded outputs"
    library = os.path.join(folder, case + ".so")
    model = os.path.join(source, "model.onnx")
    bw.succeed(["quant-compile", model, "-o", library])
    inputs = [f"--input={path}" for path in arrays(source, "input_")]
    for how, program, options in [("compiled", library, []), ("interpreted", model, ["--interpret"])]:
        out = os.path.join(folder, f"{case}-{how}")
        bw.succeed(["quant-run", program, f"--output={out}", *inputs, *options])
        for given, right in zip((np.load(path) for path in bw.outputs(out)), expected, strict=True):
            label = f"{case}, {how}"
            assert given.shape == right.shape and given.dtype == right.dtype, f"{label}: {given.dtype}{given.shape}"
            quantized = right.dtype.kind in "iu"
            limit = tolerance * (1 if quantized else np.abs(right).max())
            worst = np.abs(given.astype(float) - right.astype(float)).max()
            assert worst <= limit, f"{label}: differs by {worst}"


def test_cases(folder):
    if not os.path.isdir(FOLDER):
        raise bw.Skip("needs cases in the shared data")
    for case, tolerance in CASES.items():
        check_case(folder, case, tolerance)


bw.main(__name__)
