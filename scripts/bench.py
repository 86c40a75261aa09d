#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the speed of compiled models: bench.py [options] [CASE ...]

Every case is a model in two forms, A (float) and B (quantized), or A in ONNX Runtime (float, or
quantized by its own quantizer where it has the scheme) and B compiled by us. The two are run in
turn, A B A B ..., each time in a fresh process, so that what disturbs the machine disturbs both;
printed are the medians and the median of the ratios A / B of the pairs. See docs/benchmarks.md.

  --pairs=N     pairs for each case (15)
  --threads=N   threads (1)
  --mattr=LIST  target features instead of those of this CPU, e.g. +avx2,+fma
  --build=DIR   where the tools are (build)
  --json=FILE   write the results there, too
  --ort         also compare with ONNX Runtime (PyPI: onnxruntime, onnx, onnx_ir)
  --list        print the cases and stop
A CASE is a prefix of a case's name, e.g. `lm` or `fashion-resnet/int8`.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import zipfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
ORT = os.path.join(ROOT, "scripts", "bench_ort.py")

# Model: dimensions to pin for the benchmark.
CNNS = {
    "fashion-resnet": {"batch": 1},
    "fashion-mobile": {"batch": 1},
    "mnist": {},
    "resnet8": {"N": 1},
    "vww": {"N": 1},
    "ultraface": {},
    "magika": {"unk__214": 1},
    "silero_ifless": {"batch": 1, "sequence": 576},
    "ppocr_rec": {"p2o.DynamicDimension.0": 1, "p2o.DynamicDimension.1": 320},
}
LM_SCHEMES = ["int8", "int8-dynamic", "int8-weight", "int4-rtn:group=32", "int4-awq:group=32",
              "int4-awq:group=128"]
# What ONNX Runtime's own quantizer has.
ORT_SCHEMES = ["int8", "int8-dynamic", "int4-rtn:group=32"]
LM_PHASES = {
    "prefill": ("model.onnx", "calib.npz", {"batch": 1, "sequence": 128}),
    "decode": ("model_kv.onnx", "calib_kv.npz", {"batch": 1, "sequence": 1, "past": 127}),
}


def model_folder(name):
    """The model's folder in the repository or beside it; None where it is absent."""
    for folder in (os.path.join(ROOT, "test", "models"),
                   os.environ.get("BITWRIGHT_SHARED_DATA", "") + "/models",
                   os.path.join(ROOT, "..", "shared", "data", "models"),
                   os.path.join(ROOT, "..", "..", "shared", "data", "models")):
        if os.path.exists(os.path.join(folder, name, "model.onnx")):
            return os.path.abspath(os.path.join(folder, name))
    return None


def cases():
    """(name, model file, samples or None for the recorded input, scheme, dims)"""
    found = []
    for name, dims in CNNS.items():
        folder = model_folder(name)
        if folder:
            samples = os.path.join(ROOT, "test/models/fashion/calib.npz") \
                if name.startswith("fashion") else None
            found.append((f"{name}/int8", os.path.join(folder, "model.onnx"), samples, "int8", dims))
    for phase, (model, samples, dims) in LM_PHASES.items():
        folder = os.path.join(ROOT, "test/models/lm")
        for scheme in LM_SCHEMES:
            found.append((f"lm-{phase}/{scheme}", os.path.join(folder, model),
                          os.path.join(folder, samples), scheme, dims))
    return found


def recorded_samples(model, work):
    """The recorded inputs of a model as calibration samples, which speed does not depend on."""
    folder = os.path.dirname(model)
    path = os.path.join(work, os.path.basename(folder) + "-samples.npz")
    with open(os.path.join(folder, "io.json")) as file:
        inputs = json.load(file)["inputs"]
    with zipfile.ZipFile(path, "w") as archive:
        for entry in inputs:
            archive.write(os.path.join(folder, entry["file"]), entry["name"] + ".npy")
    return path


class Bench:
    def __init__(self, options):
        self.build = os.path.abspath(options.get("build", os.path.join(ROOT, "build")))
        self.work = os.path.join(self.build, "bench")
        self.pairs = int(options.get("pairs", 15))
        self.threads = int(options.get("threads", 1))
        self.target = ["--mattr=" + options["mattr"]] if "mattr" in options else ["--mcpu=native"]
        os.makedirs(self.work, exist_ok=True)

    def tool(self, name):
        return os.path.join(self.build, "bin", name)

    def compile(self, name, model, arguments):
        path = os.path.join(self.work, re.sub(r"[^\w.=-]", "-", name) + ".so")
        command = [self.tool("quant-compile"), model, *arguments, *self.target, "-o", path]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip().splitlines()[:1]}")
        return path

    def compiled(self, path, dims):
        """A function that measures a library once, in milliseconds."""
        command = [self.tool("quant-run"), path, "--benchmark", f"--threads={self.threads}", "--json"]
        for name, size in dims.items():
            command += ["--dim", f"{name}={size}"]

        def measure():
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
            return json.loads(done.stdout)["median_ms"]
        return measure

    def onnxruntime(self, model, dims):
        command = [sys.executable, ORT, "run", model, json.dumps(dims), str(self.threads)]

        def measure():
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"onnxruntime on {model}: {done.stderr.strip()[-300:]}")
            return json.loads(done.stdout)["median_ms"]
        return measure

    def onnxruntime_quantized(self, name, model, scheme, samples):
        """The model by ONNX Runtime's own quantizer."""
        path = os.path.join(self.work, re.sub(r"[^\w.=-]", "-", name) + "-ort.onnx")
        command = [sys.executable, ORT, "quantize", model, scheme, samples, path]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise RuntimeError(f"onnxruntime cannot quantize it: {reason[:200]}")
        return path

    def compare(self, first, second):
        """Interleaved pairs; the order within a pair changes from pair to pair."""
        a, b = [], []
        for pair in range(self.pairs + 1):
            for which in ((0, 1) if pair % 2 == 0 else (1, 0)):
                time = (first, second)[which]()
                if pair:  # the first pair warms up
                    (a, b)[which].append(time)
        ratios = sorted(x / y for x, y in zip(a, b))
        return {"a_ms": statistics.median(a), "b_ms": statistics.median(b),
                "ratio": statistics.median(ratios), "low": ratios[len(ratios) // 4],
                "high": ratios[(3 * len(ratios)) // 4], "pairs": self.pairs}


def parse(arguments):
    options, wanted = {}, []
    for argument in arguments:
        if argument.startswith("--"):
            key, _, value = argument[2:].partition("=")
            if key not in ("pairs", "threads", "mattr", "build", "json", "ort", "list", "help"):
                sys.exit(f"bench: unknown option {argument}; try --help")
            options[key] = value
        else:
            wanted.append(argument)
    return options, wanted


def cpu_name():
    with open("/proc/cpuinfo") as info:
        found = re.search(r"model name\s*:\s*(.*)", info.read())
    return found[1] if found else "unknown"


def comparisons(bench, case, with_ort, floats):
    """What is measured of a case: (name, A, a function that compares A with B)."""
    name, model, samples, scheme, dims = case
    key = name.split("/")[0]
    samples = samples or recorded_samples(model, bench.work)
    arguments = ["--quantize=" + scheme, "--calibrate=" + samples]
    quantized = bench.compiled(bench.compile(name, model, arguments), dims)
    first = key not in floats
    if first:
        floats[key] = bench.compile(key + "-float", model, [])
    float_form = bench.compiled(floats[key], dims)
    yield name, "float", lambda: bench.compare(float_form, quantized)
    if with_ort and first:
        yield (key + "/float", "ort float",
               lambda: bench.compare(bench.onnxruntime(model, dims), float_form))
    if with_ort and scheme in ORT_SCHEMES:
        yield name, "ort " + scheme.partition(":")[0], lambda: bench.compare(
            bench.onnxruntime(bench.onnxruntime_quantized(name, model, scheme, samples), dims),
            quantized)


def main():
    options, wanted = parse(sys.argv[1:])
    chosen = [c for c in cases() if not wanted or any(c[0].startswith(w) for w in wanted)]
    if "help" in options or "list" in options or not chosen:
        print(__doc__ if "help" in options else "\n".join(c[0] for c in cases()))
        return 0 if "help" in options or "list" in options else 1
    bench = Bench(options)
    print(f"{cpu_name()}, {bench.threads} thread(s), {bench.pairs} interleaved pairs, "
          f"{' '.join(bench.target)}")
    print(f"{'case':<34}{'A':<19}{'A ms':>9}{'B ms':>9}{'A / B':>8}  quartiles")
    results, failures, floats = [], [], {}

    def attempt(name, action):
        """What the action returns; None, with its error printed, where it failed."""
        try:
            return action()
        except RuntimeError as error:
            failures.append(name)
            print(f"{name:<34}{error}", flush=True)
            return None

    for case in chosen:
        rows = comparisons(bench, case, "ort" in options, floats)
        while row := attempt(case[0], lambda: next(rows, None)):
            name, a, compare = row
            result = attempt(name, compare)
            if result:
                print(f"{name:<34}{a:<19}{result['a_ms']:>9.3f}{result['b_ms']:>9.3f}"
                      f"{result['ratio']:>8.2f}  {result['low']:.2f} - {result['high']:.2f}",
                      flush=True)
                results.append({"case": name, "a": a, **result})
    if "json" in options:
        with open(options["json"], "w") as file:
            json.dump({"cpu": cpu_name(), "threads": bench.threads, "results": results}, file, indent=1)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
