# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the test scripts share: the tools, temporary folders, cases and their results.

A script defines functions named test_* and ends in bitwright_test.main(__name__). A case fails by
an exception, and is skipped by `raise Skip("reason")`. The results are written as JUnit XML for
scripts/skipped.py.
"""

import inspect
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
import xml.etree.ElementTree as ElementTree

SOURCE = os.environ.get("BITWRIGHT_SOURCE") or os.path.abspath(
    os.path.join(os.path.dirname(__file__), ".."))
BUILD = os.environ.get("BITWRIGHT_BUILD") or os.path.join(SOURCE, "build")
SHARED = os.environ.get("BITWRIGHT_SHARED_DATA") or os.path.join(SOURCE, "..", "shared", "data")
MODELS = os.path.join(SOURCE, "test", "models")
DATA = os.path.join(BUILD, "test", "data")
# The x86 levels: options of quant-compile, and the CPU flags without which code does not run.
LEVELS = {
    "x86-64-v2": (["--mcpu=x86-64-v2"], ["sse4_2"]),
    "avx2": (["--mattr=+avx2,+fma"], ["avx2", "fma"]),
    "avx512vnni": (["--mattr=+avx512vnni"], ["avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512_vnni"]),
}
TOOLS = ["quant-translate", "quant-opt", "quant-compile", "quant-run"]
TEST_TOOLS = ["quant-twin"]  # built with the tests, not installed


class Skip(Exception):
    """A case that cannot run here; the argument says why."""


def tool(name):
    path = os.path.join(BUILD, "test/twins" if name in TEST_TOOLS else "bin", name)
    return path if os.path.exists(path) else name


def run(command, **options):
    """Runs a command, whose first word may be one of the tools; returns the finished process."""
    known = command[0] in TOOLS + TEST_TOOLS
    words = [tool(command[0]) if known else command[0]] + [str(w) for w in command[1:]]
    options.setdefault("capture_output", True)
    options.setdefault("timeout", 600)
    return subprocess.run(words, text=True, **options)


def succeed(command, **options):
    """As run; fails the case unless the command exits with 0."""
    done = run(command, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} exits with {done.returncode}: "
                             f"{(done.stderr or '').strip()[:2000]}")
    return done


def outputs(folder):
    """The paths of the arrays that quant-run wrote into a folder, in the outputs' order."""
    count = sum(re.fullmatch(r"output_\d+\.npy", name) is not None for name in os.listdir(folder))
    return [os.path.join(folder, f"output_{i}.npy") for i in range(count)]


def cpu_has(*flags):
    """Whether this CPU has the features, as Linux names them; those in BITWRIGHT_WITHOUT (a,b) it lacks."""
    lacking = set(os.environ.get("BITWRIGHT_WITHOUT", "").split(","))
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("flags"):
                return set(flags) <= set(line.split(":", 1)[1].split()) - lacking
    return False


def runs(level):
    """Whether this CPU runs code of the level."""
    return cpu_has(*LEVELS[level][1])


def compile_level(source, level, library):
    """Compiles a model for a level, into a library that this CPU runs: where it lacks the level, the kernels' own
    instructions are replaced by their twins in C (test/twins)."""
    succeed(["quant-compile", source, *LEVELS[level][0], "-o", library])
    if not runs(level):
        print(f"{level}: run through twins, as this CPU lacks it")
        succeed(["quant-twin", source, *LEVELS[level][0], "-o", library])


def model(name):
    """The folder of a recorded model; the case is skipped where it is not on this machine."""
    for folder in (os.path.join(MODELS, name), os.path.join(SHARED, "models", name)):
        if os.path.exists(os.path.join(folder, "io.json")):
            return folder
    raise Skip(f"model {name} is not on this machine")


def write_results(script, results):
    folder = os.path.join(BUILD, "test", "results")
    os.makedirs(folder, exist_ok=True)
    suite = ElementTree.Element("testsuite", name=script, tests=str(len(results)))
    for name, seconds, kind, message in results:
        case = ElementTree.SubElement(suite, "testcase", classname=script, name=name,
                                      time=f"{seconds:.2f}")
        if kind != "passed":
            ElementTree.SubElement(case, kind, message=message)
    ElementTree.ElementTree(suite).write(os.path.join(folder, script + ".xml"), encoding="utf-8")


def main(name):
    """Runs the cases of the calling script, or those named on its command line."""
    if name != "__main__":
        return
    module = sys.modules["__main__"]
    script = os.path.splitext(os.path.basename(module.__file__))[0]
    wanted = sys.argv[1:]
    results = []
    for case, function in inspect.getmembers(module, inspect.isfunction):
        if not case.startswith("test_") or (wanted and case not in wanted):
            continue
        start, kind, message = time.monotonic(), "passed", ""
        try:
            with tempfile.TemporaryDirectory(prefix="bitwright-") as folder:
                function(folder)
        except Skip as reason:
            kind, message = "skipped", str(reason)
        except Exception as error:  # a case may fail in any way
            kind, message = "failure", f"{type(error).__name__}: {error}"
            if not isinstance(error, AssertionError):
                traceback.print_exc()
        seconds = time.monotonic() - start
        results.append((case, seconds, kind, message))
        print(f"{kind:<8} {case} ({seconds:.1f} s) {message}", flush=True)
    if not wanted:
        write_results(script, results)
    failed = sum(kind == "failure" for _, _, kind, _ in results)
    print(f"{script}: {len(results)} cases, {failed} failed")
    sys.exit(1 if failed or not results else 0)
