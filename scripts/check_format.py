#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks that clang-format would change no C or C++ file: check_format.py [--fix] [ROOT]."""

import os
import subprocess
import sys

import lint


def main():
    arguments = sys.argv[1:]
    fix = "--fix" in arguments
    roots = [a for a in arguments if a != "--fix"]
    root = os.path.abspath(roots[0] if roots else os.path.join(os.path.dirname(__file__), ".."))
    files = [os.path.join(root, f) for f in lint.tree(root) if f.endswith((".h", ".c", ".cpp"))]
    if not files:
        print("check_format: found no file to check")
        return 1
    mode = ["-i"] if fix else ["--dry-run", "--Werror"]
    done = subprocess.run(["clang-format-22", "--style=file"] + mode + files)
    if done.returncode:
        print("check_format: run scripts/check_format.py --fix")
    else:
        print(f"check_format: {len(files)} files")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
