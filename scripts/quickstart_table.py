#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints what quickstart measured: quickstart_table.py FOLDER."""

import json
import os
import sys

# Model, form, artifact, prefix of the measurements.
ROWS = [
    ("lm", "float", "lm-float.so", "lm-float"),
    ("lm", "int4-awq", "lm-int4.so", "lm-int4"),
    ("fashion-resnet", "float", "resnet-float.so", "resnet-float"),
    ("fashion-resnet", "int8", "resnet-int8.so", "resnet-int8"),
]


def read(folder, name):
    with open(os.path.join(folder, name)) as file:
        return json.load(file)


def quality(folder, prefix):
    if os.path.exists(os.path.join(folder, prefix + ".perplexity")):
        return f"perplexity {read(folder, prefix + '.perplexity')['perplexity']:.3f}"
    top1 = read(folder, prefix + ".top1")["top1"]
    return f"top-1 {top1 * 100 if top1 <= 1 else top1:.2f} %"


def main():
    folder = sys.argv[1]
    base = {}
    print(f"{'model':<16}{'form':<10}{'size':>10}   {'quality':<20}{'one thread':>14}{'speed':>9}")
    for model, form, artifact, prefix in ROWS:
        size = os.path.getsize(os.path.join(folder, artifact)) / 1e6
        time = read(folder, prefix + ".benchmark")["median_ms"]
        base.setdefault(model, time)
        unit = "ms/token" if model == "lm" else "ms/image"
        print(f"{model:<16}{form:<10}{size:>7.2f} MB   {quality(folder, prefix):<20}"
              f"{time:>7.3f} {unit}{base[model] / time:>6.2f} x")


if __name__ == "__main__":
    main()
