# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs ONNX's node tests on the reference interpreter and compares the result with expected.txt, the
list of those that pass. A test of the list that does not pass is a failure; so is a crash or a wrong
result of a test that is not in wrong.txt, where each has its reason.

    conformance.py --update     writes the list anew
"""

import collections
import os
import subprocess
import sys
import tarfile
import tempfile

import bitwright_test as bw

HERE = os.path.dirname(os.path.abspath(__file__))
ARCHIVE = os.path.join(bw.SHARED, "onnx-backend-tests-1.22.tar.xz")
RUNNER = os.path.join(bw.BUILD, "test", "conformance", "bitwright-conformance")


def lines_of(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return [line.split("#")[0].strip() for line in file if line.split("#")[0].strip()]


def run_all(folder):
    """{test: (status, reason)}"""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data") if hasattr(tarfile, "data_filter") else \
            archive.extractall(folder)
    root = os.path.join(folder, "onnx-backend-tests", "node")
    tests = [os.path.join(root, name) for name in sorted(os.listdir(root))]
    done = subprocess.run([RUNNER] + tests, capture_output=True, text=True, timeout=1700, check=True)
    results = {}
    for line in done.stdout.splitlines():
        name, status, reason = line.split("\t")
        results[name] = (status, reason)
    return results


def report(results):
    counts = collections.Counter(status for status, _ in results.values())
    total = ", ".join(f"{counts[status]} {status}" for status in sorted(counts))
    print(f"{len(results)} node tests: {total}")


def update(folder):
    results = run_all(folder)
    report(results)
    with open(os.path.join(HERE, "expected.txt"), "w", encoding="utf-8") as file:
        file.write("# Node tests of ONNX 1.22 that pass; written by conformance.py --update.\n")
        file.writelines(name + "\n" for name in sorted(results) if results[name][0] == "pass")
    for name, (status, reason) in sorted(results.items()):
        if status != "pass":
            print(f"{name}\t{status}\t{reason}")


def test_node_tests(folder):
    if not os.path.exists(ARCHIVE):
        raise bw.Skip("needs onnx-backend-tests-1.22.tar.xz in the shared data")
    results = run_all(folder)
    report(results)
    problems = [f"{name}: {results.get(name, ('missing', ''))}" for name in lines_of("expected.txt")
                if results.get(name, ("missing", ""))[0] != "pass"]
    known = set(lines_of("wrong.txt"))
    problems += [f"{name}: {status}: {reason}" for name, (status, reason) in sorted(results.items())
                 if status in ("wrong", "crashed") and name not in known]
    assert not problems, "\n".join(problems)
    passing = sum(status == "pass" for status, _ in results.values())
    if passing > len(lines_of("expected.txt")):
        print("more tests pass than expected.txt lists; run conformance.py --update")


if "--update" in sys.argv:
    with tempfile.TemporaryDirectory() as scratch:
        update(scratch)
else:
    bw.main(__name__)
