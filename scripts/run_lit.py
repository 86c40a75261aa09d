#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs one folder of lit tests for ctest; finding no test is a failure.

With --check-discovery, compares the tests that lit discovers with the files of the tree that hold
a RUN line, and with the folders that were known when CMake configured, so that no test can fall
out unseen.
"""

import os
import re
import subprocess
import sys


def discover(lit, build, folders):
    done = subprocess.run([lit, "--show-tests"] + [os.path.join(build, f) for f in folders],
                          capture_output=True, text=True)
    return set(re.findall(r"^  Bitwright :: (\S+)$", done.stdout, re.M)), done.stderr


def files_with_tests(source):
    found = set()
    for folder, folders, files in os.walk(source):
        folders[:] = [f for f in folders if f not in ("Inputs", "models", "unit")]
        for name in files:
            path = os.path.join(folder, name)
            if name.endswith((".mlir", ".test")):
                found.add(os.path.relpath(path, source))
    return found


def check_discovery(lit, build, source, suites):
    found, errors = discover(lit, build, ["."])
    expected = files_with_tests(source)
    for name in sorted(expected - found):
        print(f"lit does not discover {name}")
    for name in sorted(found):
        if not any(name.startswith(suite + "/") for suite in suites):
            print(f"{name} belongs to no ctest: configure again")
            found.discard(name)
    if not found:
        print("lit finds no tests", errors)
    return 0 if found and expected == found else 1


def main():
    lit, build, source, *rest = sys.argv[1:]
    if rest[0] == "--check-discovery":
        return check_discovery(lit, build, source, rest[1:])
    suite, xml = rest
    path = os.path.join(build, suite)
    if not os.path.isdir(path):
        os.makedirs(path, exist_ok=True)
    done = subprocess.run([lit, "-v", "-j1", "--show-unsupported", "--xunit-xml-output", xml, path])
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
