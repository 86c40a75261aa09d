# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs every command of docs/getting-started.md, and compares README.md and quickstart with it.

A block marked `sh` must succeed line by line, `sh fails` must exit with status 1 and one line of
error; `sh build` is what this test's own build did.
"""

import os
import re
import subprocess

import bitwright_test as bw


def blocks(page, kind):
    with open(os.path.join(bw.SOURCE, page)) as file:
        return re.findall(rf"^```{kind}\n(.*?)^```", file.read(), re.M | re.S)


def test_every_command_works(folder):
    """The commands run in a copy of the folder layout that the page sets up."""
    os.makedirs(os.path.join(folder, "build"))
    os.symlink(os.path.join(bw.SOURCE, "test"), os.path.join(folder, "test"))
    os.symlink(os.path.join(bw.BUILD, "test"), os.path.join(folder, "build", "test"))
    script = "\n".join(blocks("docs/getting-started.md", "sh"))
    assert script.count("quant-") >= 10, "the page has lost its commands"
    path = os.path.join(bw.BUILD, "bin") + ":/usr/bin:/bin"
    done = subprocess.run(["bash", "-exc", script], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "PATH": path}, timeout=1500)
    assert done.returncode == 0, done.stderr[-3000:]
    for number, command in enumerate(blocks("docs/getting-started.md", "sh fails")):
        work = os.path.join(folder, "build", "getting-started")
        done = subprocess.run(["bash", "-c", command], cwd=work, capture_output=True, text=True,
                              env={**os.environ, "PATH": path}, timeout=60)
        errors = [line for line in done.stderr.splitlines() if line.strip()]
        assert done.returncode == 1 and len(errors) == 1, f"block {number}: {done}"


def test_build_block_is_what_check_does(folder):
    with open(os.path.join(bw.SOURCE, "check")) as file:
        check = file.read().replace('"$preset"', "release")
    for line in "".join(blocks("docs/getting-started.md", "sh build")).splitlines():
        assert line.startswith("export ") or line in check, f"./check does not run: {line}"


def test_quickstart_runs_the_commands_of_the_readme(folder):
    with open(os.path.join(bw.SOURCE, "quickstart")) as file:
        quickstart = file.read()
    commands = [line for block in blocks("README.md", "sh") for line in block.splitlines()
                if line.startswith("quant-")]
    assert commands, "README.md has lost its commands"
    for command in commands:
        assert re.search(rf"^\s*(run|keep \S+) {re.escape(command)}$", quickstart, re.M), \
            f"quickstart does not run: {command}"


bw.main(__name__)
