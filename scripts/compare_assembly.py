#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whether two compilers generate the same code: compare_assembly.py OLD NEW FOLDER MODEL...

OLD and NEW are quant-compile programs, or shell commands that run one; every MODEL is compiled by
both at each level to the kind of text that --emit names (s, ll or llvm-mlir). What differs lies in
FOLDER afterwards, old beside new. Texts of OLD are kept there and used again, so that a series of
changes is compared with one start. --symbols=ignore numbers kernels by their order in the text,
for changes that only rename them.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

LEVELS = {"v2": [], "v3": ["--mattr=+avx2,+fma,+f16c"],
          "v4": ["--mattr=+avx2,+fma,+f16c,+avx512f,+avx512vl,+avx512bw,+avx512dq,+avx512vnni"]}
KERNEL = re.compile(r"\b([a-z]\w*?)_(\d+)(_thunk)?\b")


def compile_model(command, model, level, emit, path):
    """Writes the text, or the compiler's complaint, which must be the same, too."""
    work = os.path.join(os.path.dirname(path), "work")  # the text of llvm-mlir names a file beside it
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    output = os.path.join(work, "m." + emit)
    run = f"{command} {model} {' '.join(LEVELS[level])} --name=m --emit={emit} -o {output}"
    result = subprocess.run(run, shell=True, capture_output=True, text=True, check=False)
    if result.returncode:
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"status {result.returncode}\n{result.stderr}")
    else:
        os.replace(output, path)


def read(path, symbols):
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    if symbols == "keep":
        return text
    numbers = {}
    name = lambda match: (f"kernel{numbers.setdefault(match[0], len(numbers))}")
    return KERNEL.sub(name, text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("folder")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--emit", default="s")
    parser.add_argument("--levels", default=",".join(LEVELS))
    parser.add_argument("--symbols", choices=["keep", "ignore"], default="keep")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    different = 0
    for model in options.models:
        for level in options.levels.split(","):
            base = os.path.join(options.folder, f"{os.path.basename(model)}.{level}.{options.emit}")
            old, new = base + ".old", base + ".new"
            if not os.path.exists(old):
                compile_model(options.old, model, level, options.emit, old)
            compile_model(options.new, model, level, options.emit, new)
            if read(old, options.symbols) == read(new, options.symbols):
                os.remove(new)
            else:
                different += 1
                print(f"different: {new}")
    print(f"{len(options.models)} models, {different} texts differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
