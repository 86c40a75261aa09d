# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a command on a terminal of its own and prints what it wrote there, then its status."""

import os
import pty
import sys

text = b""


def keep(fd):
    global text
    data = os.read(fd, 65536)
    text += data
    return b"" if not data else b"."


sys.stdout.flush()
saved = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # spawn copies to standard output
stdin = os.open(os.devnull, os.O_RDONLY)
os.dup2(stdin, 0)
status = os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], keep))
os.dup2(saved, 1)
sys.stdout.write(text.decode(errors="replace") + f"\nstatus {status}\n")
