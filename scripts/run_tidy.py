#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs clang-tidy on every file of the build: run_tidy.py BUILD [FILE ...].

A file whose source, headers, command and configuration are those of its last clean run is not
checked again.
"""

import concurrent.futures
import glob
import hashlib
import json
import os
import shlex
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))


def digest(paths, extra):
    state = hashlib.sha256(extra.encode())
    for path in sorted(paths):
        try:
            with open(path, "rb") as file:
                state.update(path.encode() + b"\0" + file.read())
        except OSError:
            state.update(path.encode() + b"\0absent")
    return state.hexdigest()


def headers_of_objects(build):
    """What ninja knows: object -> the files of this project that it was compiled from."""
    done = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True)
    deps, current = {}, None
    for line in done.stdout.splitlines():
        if line and not line.startswith(" "):
            current = deps.setdefault(os.path.join(build, line.split(": #deps")[0]), [])
        elif line.strip() and current is not None:
            path = os.path.normpath(os.path.join(build, line.strip()))
            if path.startswith(ROOT + os.sep):
                current.append(path)
    return deps


def check(entry, build, deps, config, cache):
    source = entry["file"]
    command = shlex.split(entry["command"])
    output = os.path.normpath(os.path.join(entry["directory"], command[command.index("-o") + 1]))
    key = digest(set(deps.get(output, [])) | {source, *config}, entry["command"])
    mark = os.path.join(cache, key)
    if os.path.exists(mark):
        return source, 0, ""
    done = subprocess.run(["clang-tidy-22", "--quiet", "-p", build, source],
                          capture_output=True, text=True)
    if done.returncode == 0 and output in deps:
        with open(mark, "w"):
            pass
    return source, done.returncode, done.stdout + (done.stderr if done.returncode else "")


def main():
    build = os.path.abspath(sys.argv[1])
    wanted = {os.path.abspath(f) for f in sys.argv[2:]}
    with open(os.path.join(build, "compile_commands.json")) as file:
        commands = json.load(file)
    entries = {e["file"]: e for e in commands
               if e["file"].startswith(ROOT + os.sep) and not e["file"].startswith(build + os.sep)
               and (not wanted or e["file"] in wanted)}
    if not entries:
        print("run_tidy: found no file to check")
        return 1
    cache = os.path.join(build, "test", "tidy")
    os.makedirs(cache, exist_ok=True)
    deps = headers_of_objects(build)
    config = glob.glob(os.path.join(ROOT, "**", ".clang-tidy"), recursive=True)
    failed = 0
    # The dialect's files take longest; they start first.
    order = sorted(entries.values(), key=lambda e: ("/dialects/" not in e["file"], e["file"]))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for source, status, text in pool.map(
                lambda e: check(e, build, deps, config, cache), order):
            if status:
                failed += 1
                print(f"{os.path.relpath(source, ROOT)}:\n{text}")
    print(f"run_tidy: {len(entries)} files, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
