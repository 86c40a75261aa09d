# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Code runs on stacks of 128 KiB: workers always have such, and here the main thread, too, so that kernels which only it
runs meet the same. Scratch that grows with the reduced dimension is in the arena, never on a stack.
"""

import json
import os
import resource

import numpy as np

import bitwright_test as bw

STACK = 128 << 10
MODELS = {"fashion-resnet": ["--quantize=int8-dynamic"], "lm": [], "mnist": [], "magika": ["--quantize=int8-dynamic"]}
# Every kind of kernel with scratch, at a reduced dimension whose scratch no such stack holds.
DEEP = """
module attributes {{qnn.model_name = "deep"}} {{
  func.func @main(%x: tensor<?x{k}xf32> {{qnn.name = "x", qnn.dim_names = ["n", ""]}}) -> (tensor<?x40xf32> {{qnn.name = "y"}}) {{
    %w = qnn.constant dense<3> : tensor<40x{k}xi4>
    %s = qnn.constant dense<0.5> : tensor<40x{blocks}xf32>
    %z = qnn.constant dense<1> : tensor<40x{blocks}xi4>
    %0 = qnn.block_linear %x, %w scales %s zero_points %z block {block} activations {mode} : (tensor<?x{k}xf32>, tensor<40x{k}xi4>, tensor<40x{blocks}xf32>, tensor<40x{blocks}xi4>) -> tensor<?x40xf32>
    return %0 : tensor<?x40xf32>
  }}
}}
"""
CONV = """
module attributes {{qnn.model_name = "conv"}} {{
  func.func @main(%x: tensor<1x7x7x{c}xf32> {{qnn.name = "x"}}) -> (tensor<1x7x7x24xf32> {{qnn.name = "y"}}) {{
    %w = qnn.constant dense<0.5> : tensor<24x3x3x{c}xf32>
    %0 = qnn.conv2d %x, %w strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1 : tensor<1x7x7x{c}xf32>, tensor<24x3x3x{c}xf32> -> tensor<1x7x7x24xf32>
    return %0 : tensor<1x7x7x24xf32>
  }}
}}
"""


def limit_stack():
    resource.setrlimit(resource.RLIMIT_STACK, (STACK, STACK))


def run(library, *options):
    for threads in (1, 3):
        done = bw.run(["quant-run", library, f"--threads={threads}", *options], preexec_fn=limit_stack)
        assert done.returncode == 0, f"{os.path.basename(library)} on {threads} threads: {done.returncode} {done.stderr}"
    return done


def levels():
    return [level for level in bw.LEVELS if bw.runs(level)]


def compile_text(folder, text, level):
    source, library = os.path.join(folder, "m.mlir"), os.path.join(folder, f"{level}.so")
    with open(source, "w") as file:
        file.write(text)
    bw.succeed(["quant-compile", source, *bw.LEVELS[level][0], "-o", library])
    return library


def compare(folder, library, x, expected):
    np.save(os.path.join(folder, "x.npy"), x)
    run(library, "--input=" + os.path.join(folder, "x.npy"), "--output=" + os.path.join(folder, "y"))
    y = np.load(os.path.join(folder, "y", "output_0.npy"))
    assert np.allclose(y, expected, rtol=1e-3), (y, expected)


def test_deep_block_linear(folder):
    for level in levels():
        for mode, k, block in (("int8", 16384, 32), ("float", 16384, 32), ("float", 8192, 8192)):
            library = compile_text(folder, DEEP.format(k=k, block=block, blocks=k // block, mode=mode), level)
            for rows in (1, 33):
                compare(folder, library, np.ones((rows, k), np.float32), np.full((rows, 40), 0.5 * 2 * k, np.float32))


def test_deep_convolution(folder):
    channels = 1024
    taps = np.full(7, 3)
    taps[[0, -1]] = 2
    expected = 0.5 * channels * np.outer(taps, taps)[None, :, :, None] * np.ones(24)
    for level in levels():
        library = compile_text(folder, CONV.format(c=channels), level)
        compare(folder, library, np.ones((1, 7, 7, channels), np.float32), expected)


def test_recorded_models(folder):
    found = 0
    for name, scheme in MODELS.items():
        try:
            model = bw.model(name)
        except bw.Skip as reason:
            print(f"skipped: {reason}")
            continue
        for level in levels():
            library = os.path.join(folder, f"{name}-{level}.so")
            bw.succeed(["quant-compile", os.path.join(model, "model.onnx"), *scheme, *bw.LEVELS[level][0], "-o", library])
            result = json.loads(run(library, f"--io={model}", "--json").stdout)
            print(f"{name} {' '.join(scheme)} {level}: {result['outputs'][0]['sqnr_db']:.1f} dB")
            found += 1
    assert found > 0


bw.main(__name__)
