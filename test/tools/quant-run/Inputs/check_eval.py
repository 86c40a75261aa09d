# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares what quant-run --eval --json prints with the same computed from the models' outputs.

check_eval.py make                       writes x.npy, y.npy and tokens.npy
check_eval.py top1 OUT REFERENCE JSON    OUT and REFERENCE: scores of all rows
check_eval.py perplexity OUT REFERENCE JSON   logits of the windows: OUT0.npy, OUT1.npy, ...
"""

import glob
import json
import sys

import numpy as np


def log_softmax(x):
    x = x.astype(np.float64) - x.max(axis=-1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def kl(reference, own):
    return (np.exp(reference) * (reference - own)).sum(axis=-1)


def check(value, expected, what):
    assert abs(value - expected) <= 1e-9 * max(1, abs(expected)), (what, value, expected)


def check_interval(interval, columns, statistic, what):
    """Other draws of the same kind: the ends agree within a tenth of the width."""
    draws = np.random.default_rng(1).integers(0, len(columns[0]), (20000, len(columns[0])))
    low, high = np.percentile(statistic(*(c[draws].mean(axis=1) for c in columns)), [2.5, 97.5])
    slack = 0.1 * (high - low) + 1e-12
    assert abs(interval[0] - low) < slack and abs(interval[1] - high) < slack, (what, interval, low, high)


def check_common(result, divergence, agreement):
    reference = result["reference"]
    check(reference["kl"], divergence.mean(), "kl")
    check_interval(reference["kl_interval"], [divergence], lambda x: x, "kl")
    check(reference["agreement"], 100 * agreement.mean(), "agreement")
    check_interval(reference["agreement_interval"], [agreement], lambda x: 100 * x, "agreement")


def top1(own, reference, result):
    labels = np.load("y.npy")
    right, other = (x.argmax(axis=1) == labels for x in (own, reference))
    check(result["top1"], 100 * right.mean(), "top1")
    check(result["count"], len(labels), "count")
    check_interval(result["top1_interval"], [right], lambda x: 100 * x, "top1")
    check(result["reference"]["top1"], 100 * other.mean(), "top1 of the reference")
    check(result["reference"]["change"], 100 * (right.mean() - other.mean()), "change")
    check_interval(result["reference"]["change_interval"], [right, other], lambda x, y: 100 * (x - y), "change")
    check_common(result, kl(log_softmax(reference), log_softmax(own)), own.argmax(axis=1) == reference.argmax(axis=1))


def perplexity(own, reference, result):
    windows = np.load("tokens.npy")[:len(own) * 8].reshape(-1, 8)
    p, q = (log_softmax(x[:, 0, :-1]) for x in (own, reference))
    loss, other = (-np.take_along_axis(x, windows[:, 1:, None], 2).mean(axis=(1, 2)) for x in (p, q))
    check(result["perplexity"], np.exp(loss.mean()), "perplexity")
    check(result["tokens"], windows.size - len(windows), "tokens")
    check_interval(result["perplexity_interval"], [loss], np.exp, "perplexity")
    check(result["reference"]["perplexity"], np.exp(other.mean()), "perplexity of the reference")
    check(result["reference"]["change_percent"], 100 * (np.exp(loss.mean() - other.mean()) - 1), "change")
    check_interval(result["reference"]["change_percent_interval"], [loss, other],
                   lambda x, y: 100 * (np.exp(x - y) - 1), "change")
    check_common(result, kl(q, p).mean(axis=1), (p.argmax(axis=2) == q.argmax(axis=2)).mean(axis=1))


def make():
    rng = np.random.default_rng(0)
    np.save("x.npy", rng.standard_normal((90, 8), np.float32))
    np.save("y.npy", rng.integers(0, 5, 90))
    tokens = rng.integers(0, 11, 40 * 8 + 3)
    np.save("tokens.npy", tokens)
    for i in range(40):
        np.save(f"window{i}.npy", tokens[None, 8 * i:8 * i + 8])


def main():
    if sys.argv[1] == "make":
        return make()
    own, reference = (np.stack([np.load(f"{name}{i}.npy") for i in range(40)]) if sys.argv[1] == "perplexity"
                      else np.load(name) for name in sys.argv[2:4])
    with open(sys.argv[4]) as file:
        {"top1": top1, "perplexity": perplexity}[sys.argv[1]](own, reference, json.load(file))


main()
