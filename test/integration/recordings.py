# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Float models as they are, compiled for each x86 level, against the outputs that ONNX Runtime gave: the largest
difference is at most 1e-4 of the largest reference. (The interpreter: test/unit/Reference/ModelsTest.cpp.)
"""

import json
import os

import bitwright_test as bw


def check(folder, name, model="model.onnx", io=""):
    source = bw.model(name)
    recording = os.path.join(source, io)
    with open(os.path.join(recording, "io.json")) as file:
        expected = [output["name"] for output in json.load(file)["outputs"]]
    for level in bw.LEVELS:
        library = os.path.join(folder, level + ".so")
        bw.compile_level(os.path.join(source, model), level, library)
        outputs = json.loads(bw.succeed(["quant-run", library, f"--io={recording}", "--json"]).stdout)["outputs"]
        assert [output["name"] for output in outputs] == expected, outputs
        worst = max(outputs, key=lambda output: output["max_abs_diff"] / output["max_abs_ref"])
        print(f"{name} {level}: {worst['max_abs_diff'] / worst['max_abs_ref']:.1e} of the largest {worst['name']}")
        assert worst["max_abs_diff"] <= 1e-4 * worst["max_abs_ref"], worst


def test_fashion_resnet(folder):
    check(folder, "fashion-resnet")


def test_fashion_mobile(folder):
    check(folder, "fashion-mobile")


def test_lm(folder):
    check(folder, "lm")


def test_lm_with_caches(folder):
    check(folder, "lm", "model_kv.onnx", "io_kv")


def test_mnist(folder):
    check(folder, "mnist")


def test_resnet8(folder):
    check(folder, "resnet8")


def test_vww(folder):
    check(folder, "vww")


def test_ultraface(folder):
    check(folder, "ultraface")


def test_magika(folder):
    check(folder, "magika")


def test_silero_ifless(folder):
    check(folder, "silero_ifless")


def test_ppocr_rec(folder):
    check(folder, "ppocr_rec")


bw.main(__name__)
