# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Imports each model of a folder that has a message beside it. The import must end with exit status
1, one line that holds file name and message, within ten seconds, and must leave no output file.
"""

import os
import subprocess
import sys


def check(folder, name, expected):
    model, output = (os.path.join(folder, name + ending) for ending in (".onnx", ".out.mlir"))
    done = subprocess.run(["quant-translate", "--import-onnx", model, "-o", output], timeout=10,
                          capture_output=True, text=True)
    lines = done.stderr.splitlines()
    if done.returncode != 1:
        return f"exits with {done.returncode}"
    if len(lines) != 1 or name + ".onnx: " not in lines[0] or expected not in lines[0]:
        return f"expects {expected!r}, but says {done.stderr!r}"
    if os.path.exists(output):
        return "leaves an output file"
    return None


def main():
    folder = sys.argv[1]
    names = sorted(name[:-len(".expected")] for name in os.listdir(folder) if name.endswith(".expected"))
    failures = 0
    for name in names:
        with open(os.path.join(folder, name + ".expected"), encoding="utf-8") as file:
            problem = check(folder, name, file.read())
        if problem:
            print(f"{name}: {problem}", file=sys.stderr)
            failures += 1
    if not names or failures:
        sys.exit(f"{failures} of {len(names)} cases fail")


main()
