# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A model is simplified once: observers and schemes leave it simple. Simplifying again after each step changes nothing, on
every recorded model that is small enough.
"""

import os
import re

import bitwright_test as bw

MODELS = ["fashion-mobile", "fashion-resnet", "mnist", "resnet8", "vww", "magika", "ultraface"]
STEPS = [["--qnn-insert-observers"], ["--quantize=int8"], ["--quantize=int8-dynamic"], ["--quantize=int4-rtn"],
         ["--quantize=int8+int4-awq"]]


def optimize(source, options, folder, name):
    path = os.path.join(folder, name)
    bw.succeed(["quant-opt", source, *options, "-o", path])
    with open(path) as file:
        return file.read()


def get_ops(text):
    """The ops with their attributes and types, and the constants: all but their order, and whether equal constants are
    one; folding moves and merges them."""
    lines = [re.sub(r"%\w+", "%", line)
             for line in re.findall(r"^ *(?:%\S+ = |return)(.*?)(?: loc\(.*\))?$", text, re.M)]
    constants = {line for line in lines if line.startswith("qnn.constant")}
    return sorted(line for line in lines if line not in constants), constants


def test_steps_keep_a_model_simple(folder):
    found = 0
    for name in MODELS:
        try:
            source = os.path.join(bw.model(name), "model.onnx")
        except bw.Skip as reason:
            print(f"skipped: {reason}")
            continue
        for number, step in enumerate(STEPS):
            work = os.path.join(folder, f"{name}-{number}")
            os.makedirs(work)
            once = optimize(source, ["--simplify", *step], work, "once.mlir")
            twice = optimize(os.path.join(work, "once.mlir"), ["--simplify"], work, "twice.mlir")
            assert get_ops(once) == get_ops(twice), f"{name}: simplifying after {step[0]} changes the model"
        found += 1
    assert found > 0


bw.main(__name__)
