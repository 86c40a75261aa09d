#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The rules of this project that no compiler checks: lint.py [--quant-opt=PATH] [ROOT].

Each rule is a function with a name; test/lint/lint_test.py shows for each that it can fail.
"""

import os
import re
import subprocess
import sys

MAX_LINES = 1000
SOURCES = (".h", ".c", ".cpp", ".td", ".py", ".sh", ".cmake")
LICENCE = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
# Folders in the order in which they build on each other; a file includes what stands in its own
# folder and in levels before its own (docs/architecture.md).
LEVELS = [["runtime"], ["dialects"], ["lib/Support"], ["lib/Numerics"], ["lib/Reference"],
          ["lib/Import", "lib/Target"], ["passes/Common"],
          ["passes/Calibration", "passes/Simplify", "passes/Fusion", "passes/Codegen"],
          ["passes/Assign", "passes/Transform", "passes/Round", "passes/Quantization"],
          ["passes/Pipelines"], ["tools"]]


def tree(root):
    """The project's files, relative to its root, without what builds leave there."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders
                            if not f.startswith((".git", "build", ".cache", "__pycache__")))
        for name in sorted(files):
            if name != ".git":
                found.append(os.path.relpath(os.path.join(folder, name), root))
    return found


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def is_source(path):
    return path.endswith(SOURCES) or os.path.basename(path) == "CMakeLists.txt"


def spdx(root, files):
    """The licence identifier is the first line (the second after #!)."""
    for path in filter(is_source, files):
        lines = read(root, path).splitlines()[:2]
        first = lines[1:] if lines and lines[0].startswith("#!") else lines
        if not first or not first[0].rstrip(" */>-").endswith(LICENCE):
            yield path, 1, "expects the SPDX licence identifier in the first line"


def file_comment(root, files):
    r"""C and C++ files say in a \file paragraph what they are for."""
    for path in files:
        if path.endswith((".h", ".c", ".cpp")) and not path.startswith("test/"):
            if not re.search(r"[\\@]file", "\n".join(read(root, path).splitlines()[:12])):
                yield path, 1, "expects a \\file paragraph after the licence"


def guard(root, files):
    """Header guards are BITWRIGHT_<PATH>_H."""
    for path in files:
        if not path.endswith(".h"):
            continue
        name = re.sub(r"^include/(bitwright/)?", "", path)
        short = re.sub(r"^runtime/(include/bitwright_rt|src|test)/", "rt/", name)
        guards = {"BITWRIGHT_" + re.sub(r"[^A-Z0-9]", "_", n.upper())
                  for n in (name, short, re.sub(r"^runtime/", "rt/", name))}
        found = re.search(r"^#ifndef (\w+)\n#define (\w+)", read(root, path), re.M)
        if not found or found[1] != found[2] or found[1] not in guards:
            yield path, 1, f"expects the guard {sorted(guards)[0]}, but got " \
                           f"{found[1] if found else 'none'}"


def length(root, files):
    """No file is too long to read."""
    for path in files:
        if is_source(path):
            lines = read(root, path).count("\n")
            if lines > MAX_LINES:
                yield path, lines, f"has {lines} lines; split it below {MAX_LINES}"


def todo(root, files):
    """An open end says why it is open."""
    for path in files:
        if not is_source(path) or os.path.basename(path) in ("lint.py", "lint_test.py"):
            continue
        for number, line in enumerate(read(root, path).splitlines(), 1):
            if re.search(r"\b(FIXME|XXX)\b", line) or re.search(r"\bTODO\b(?!\([^)]+\))", line):
                yield path, number, "expects TODO(reason)"


def records(text):
    """The `def`s of a .td file: (name, base with arguments, body or '')."""
    text = re.sub(r"//[^\n]*", "", text)
    for match in re.finditer(r"^def\s+(\w+)\s*:\s*", text, re.M):
        end = re.search(r"^(?:def|class|let|defm|#endif|multiclass)\b", text[match.end():], re.M)
        body = text[match.end():match.end() + end.start()] if end else text[match.end():]
        yield match[1], body, text[:match.start()].count("\n") + 1


def passes(root, files):
    """Every pass has a summary, a description and a test named after its flag."""
    for path in files:
        match = re.fullmatch(r"passes/(\w+)/Passes\.td", path)
        if not match:
            continue
        for name, body, line in records(read(root, path)):
            flag = re.match(r'(?:InterfacePass|Pass)<\s*"([^"]+)"', body)
            if not flag:
                continue
            if not re.search(r'\bsummary\s*=\s*"[^"]+"', body):
                yield path, line, f"pass {name} has no summary"
            text = re.search(r"\bdescription\s*=\s*\[\{(.*?)\}\]", body, re.S)
            if not text or not text[1].strip():
                yield path, line, f"pass {name} has no description"
            test = f"test/passes/{match[1]}/{re.sub('^qnn-', '', flag[1])}.mlir"
            if test not in files:
                yield path, line, f"pass {name} has no test {test}"
            elif not re.search(rf"RUN:.*\b{flag[1]}(?![\w-])", read(root, test)):
                yield test, 1, f"expects a RUN line with {flag[1]}"


def invalid_ops(root, files):
    """Every op that has rules to break is broken in a test: an invalid*.mlir with its name."""
    covered = set()
    for path in files:
        if re.fullmatch(r"test/dialects/QNN/(.*/)?invalid[^/]*\.mlir", path):
            for chunk in read(root, path).split("// -----"):
                if "expected-error" in chunk:
                    covered.update(re.findall(r"\bqnn\.(\w+)", chunk))
    for path in files:
        if not re.fullmatch(r"dialects/QNN/\w+\.td", path):
            continue
        for name, body, line in records(read(root, path)):
            mnemonic = re.match(r'QNN_\w*Op<\s*"(\w+)"', body)
            if mnemonic and mnemonic[1] not in covered:
                yield path, line, f"op qnn.{mnemonic[1]} has no invalid case in test/dialects/QNN"


def folder_of(path):
    """The folder of LEVELS that a source file, or an included path, belongs to."""
    path = re.sub(r"^(include/)?bitwright/", "lib/", re.sub(r"^bitwright_rt/", "runtime/", path))
    for level, folders in enumerate(LEVELS):
        for folder in folders:
            if path.startswith(folder + "/"):
                return folder, level
    return None, None


def layering(root, files):
    """Includes point one way by folder: runtime <- dialects <- lib <- passes <- tools."""
    for path in files:
        folder, level = folder_of(path)
        if not path.endswith((".h", ".c", ".cpp")) or folder is None:
            continue
        for number, line in enumerate(read(root, path).splitlines(), 1):
            match = re.match(r'#include "((?:dialects|passes|tools|bitwright|bitwright_rt)/[^"]+)"',
                             line)
            other, other_level = folder_of(match[1]) if match else (None, None)
            if other not in (None, folder) and other_level >= level:
                yield path, number, f"includes {match[1]}, which does not stand before {folder}"


def targets(root, files):
    """A target's folder is its own: it includes Build and Target/*.h, and only the table includes it."""
    home = "passes/Codegen/Target/"
    for path in files:
        if not path.endswith((".h", ".c", ".cpp")):
            continue
        own = re.match(home + r"\w+/", path)
        for number, line in enumerate(read(root, path).splitlines(), 1):
            match = re.match(r'#include "((?:passes|dialects|tools|bitwright)/[^"]+)"', line)
            if not match:
                continue
            other = re.match(home + r"\w+/", match[1])
            if other and path != home + "Targets.cpp" and (not own or own[0] != other[0]):
                yield path, number, f"includes {match[1]}; only {home}Targets.cpp knows targets"
            elif own and not other and not re.match(
                    r"passes/Codegen/(?:Build/|Target/)\w+\.h$", match[1]):
                yield path, number, f"includes {match[1]}; a target includes Build and {home}*.h"


def runtime_alone(root, files):
    """The runtime shares its own headers with the compiler and includes nothing of it."""
    for path in files:
        if path.startswith("runtime/") and path.endswith((".h", ".c")):
            for number, line in enumerate(read(root, path).splitlines(), 1):
                if re.match(r'#include ["<](?:mlir|llvm|bitwright|dialects|passes)/', line):
                    yield path, number, "the runtime includes nothing of the compiler"


def links(root, files):
    """Relative links of Markdown pages lead somewhere."""
    for path in files:
        if not path.endswith(".md"):
            continue
        text = re.sub(r"^```.*?^```", lambda m: "\n" * m[0].count("\n"), read(root, path),
                      flags=re.M | re.S)
        for number, line in enumerate(text.splitlines(), 1):
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", line):
                if not re.match(r"[a-z]+:", target) and not os.path.exists(
                        os.path.join(root, os.path.dirname(path), target)):
                    yield path, number, f"links to {target}, which does not exist"


def documented_ir(root, files, quant_opt=None):
    """The `mlir` blocks of the documentation parse and verify."""
    if not quant_opt:
        return
    for path in files:
        if not path.endswith(".md"):
            continue
        text = read(root, path)
        for match in re.finditer(r"^```mlir\n(.*?)^```", text, re.M | re.S):
            done = subprocess.run([quant_opt, "-", "-o", "/dev/null"], input=match[1],
                                  capture_output=True, text=True)
            if done.returncode:
                line = text[:match.start()].count("\n") + 2
                yield path, line, "quant-opt refuses this: " + done.stderr.strip().split("\n")[0]


RULES = [spdx, file_comment, guard, length, todo, passes, invalid_ops, layering, targets,
         runtime_alone, links, documented_ir]


def run(root, quant_opt=None):
    files = tree(root)
    findings = []
    for rule in RULES:
        extra = {"quant_opt": quant_opt} if rule is documented_ir else {}
        for path, line, message in rule(root, files, **extra):
            findings.append((path, line, rule.__name__, message))
    return findings, len(files)


def main():
    quant_opt, roots = None, []
    for argument in sys.argv[1:]:
        if argument.startswith("--quant-opt="):
            quant_opt = argument.split("=", 1)[1]
        else:
            roots.append(argument)
    root = os.path.abspath(roots[0] if roots else os.path.join(os.path.dirname(__file__), ".."))
    findings, count = run(root, quant_opt)
    for path, line, rule, message in findings:
        print(f"{path}:{line}: {message} [{rule}]")
    print(f"lint: {count} files, {len(RULES)} rules, {len(findings)} findings")
    return 1 if findings or not count else 0


if __name__ == "__main__":
    sys.exit(main())
