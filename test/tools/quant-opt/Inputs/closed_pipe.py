# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tools that write into a pipe that nobody reads: closed_pipe.py FOLDER, with in.mlir there."""

import os
import signal
import subprocess
import sys

os.chdir(sys.argv[1])
commands = [[tool, "--help"] for tool in ("quant-opt", "quant-translate", "quant-compile", "quant-run")]
commands += [["quant-opt", "--list-passes"], ["quant-opt", "in.mlir"], ["quant-run", "in.mlir"],
             ["quant-compile", "in.mlir", "--emit=s"], ["quant-opt", "in.mlir", "--emit-bytecode"]]
for command in commands:
    reader, writer = os.pipe()
    os.close(reader)
    before = set(os.listdir("."))
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=60)
    os.close(writer)
    assert done.stderr == b"", (command, done.stderr)
    assert done.returncode == -signal.SIGPIPE, (command, done.returncode)
    assert set(os.listdir(".")) == before, command
