#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compares the speed of compiled models: bench.py [options] [CASE ...]

Every case is a model in two forms, A (float) and B (quantized), or A in ONNX Runtime and B
compiled by us. The two are run in turn, A B A B ..., each time in a fresh process, so that what
disturbs the machine disturbs both; printed are the medians and the median of the ratios A / B of
the pairs. See docs/benchmarks.md.

  --pairs=N     pairs for each case (15)
  --threads=N   threads (1)
  --mattr=LIST  target features instead of those of this CPU, e.g. +avx2,+fma
  --build=DIR   where the tools are (build)
  --json=FILE   write the results there, too
  --ort         also compare with ONNX Runtime (needs the onnxruntime package of PyPI)
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
        command = [sys.executable, os.path.abspath(__file__), "--ort-once", model, json.dumps(dims),
                   str(self.threads)]

        def measure():
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"onnxruntime on {model}: {done.stderr.strip()[-300:]}")
            return json.loads(done.stdout)["median_ms"]
        return measure

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


def ort_once(model, dims, threads):
    """Measures ONNX Runtime once, as quant-run --benchmark measures a library."""
    import time

    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    types = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}
    random = np.random.default_rng(0)
    feed = {}
    for value in session.get_inputs():
        shape = [dims.get(d, 1) if isinstance(d, str) else d for d in value.shape]
        kind = types[value.type]
        feed[value.name] = random.standard_normal(shape).astype(kind) if kind == np.float32 \
            else np.ones(shape, kind)
    times, start = [], time.perf_counter()
    while len(times) < 10 or time.perf_counter() - start < 0.5:
        begin = time.perf_counter()
        session.run(None, feed)
        times.append((time.perf_counter() - begin) * 1e3)
    print(json.dumps({"median_ms": statistics.median(times)}))


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


def measure_case(bench, case, with_ort, floats):
    name, model, samples, scheme, dims = case
    key = name.split("/")[0]
    if key not in floats:
        floats[key] = bench.compile(key + "-float", model, [])
    arguments = ["--quantize=" + scheme,
                 "--calibrate=" + (samples or recorded_samples(model, bench.work))]
    quantized = bench.compiled(bench.compile(name, model, arguments), dims)
    float_form = bench.compiled(floats[key], dims)
    rows = [(name, "float", scheme, bench.compare(float_form, quantized))]
    if with_ort:
        ort = bench.onnxruntime(model, dims)
        rows.append((name, "onnxruntime float", scheme, bench.compare(ort, quantized)))
        if key not in with_ort:
            with_ort.add(key)
            rows.append((key, "onnxruntime float", "float", bench.compare(ort, float_form)))
    return rows


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "--ort-once":
        return ort_once(sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4]))
    options, wanted = parse(sys.argv[1:])
    chosen = [c for c in cases() if not wanted or any(c[0].startswith(w) for w in wanted)]
    if "help" in options or "list" in options or not chosen:
        print(__doc__ if "help" in options else "\n".join(c[0] for c in cases()))
        return 0 if "help" in options or "list" in options else 1
    bench = Bench(options)
    print(f"{cpu_name()}, {bench.threads} thread(s), {bench.pairs} interleaved pairs, "
          f"{' '.join(bench.target)}")
    print(f"{'case':<34}{'A':<19}{'A ms':>9}{'B ms':>9}{'A / B':>8}  quartiles")
    results, failures, floats = [], 0, {}
    with_ort = set() if "ort" in options else None
    if with_ort is not None:
        with_ort.add("")
    for case in chosen:
        try:
            rows = measure_case(bench, case, with_ort, floats)
        except RuntimeError as error:
            failures += 1
            print(f"{case[0]:<34}{error}")
            continue
        for name, a, b, row in rows:
            print(f"{name:<34}{a:<19}{row['a_ms']:>9.3f}{row['b_ms']:>9.3f}{row['ratio']:>8.2f}"
                  f"  {row['low']:.2f} - {row['high']:.2f}", flush=True)
            results.append({"case": name, "a": a, "b": b, **row})
    if "json" in options:
        with open(options["json"], "w") as file:
            json.dump({"cpu": cpu_name(), "threads": bench.threads, "results": results}, file, indent=1)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
