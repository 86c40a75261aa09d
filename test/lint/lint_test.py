#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Shows that each check of the sources can fail: lint_test.py QUANT-OPT.

Builds a small tree that every rule accepts, then breaks one rule at a time.
"""

import os
import subprocess
import sys
import tempfile

SCRIPTS = os.path.join(os.path.dirname(__file__), "..", "..", "scripts")
sys.path.insert(0, SCRIPTS)
import lint  # noqa: E402  (the folder above must be known first)

LICENCE = "// " + lint.LICENCE + "\n"
FILE = "\n/// \\file\n/// What this is.\n\n"
PASS = '''def FooPass : Pass<"qnn-foo", "::mlir::func::FuncOp"> {
  let summary = "Do it";
  let description = [{ What it does. }];
}
'''
GOOD = {
    "lib/Support/A.cpp": LICENCE + FILE + '#include "bitwright/Support/A.h"\nint a;\n',
    "include/bitwright/Support/A.h":
        LICENCE + FILE + "#ifndef BITWRIGHT_SUPPORT_A_H\n#define BITWRIGHT_SUPPORT_A_H\n#endif\n",
    "passes/Family/Passes.td": LICENCE + PASS,
    "test/passes/Family/foo.mlir": "// RUN: quant-opt --qnn-foo %s\n",
    "dialects/QNN/QNNOps.td": LICENCE + 'def QNN_AddOp : QNN_BinaryOp<"add", "sum">;\n',
    "test/dialects/QNN/invalid.mlir": "// expected-error @+1 {{x}}\nqnn.add\n",
    "passes/Codegen/Target/X86/B.cpp":
    LICENCE + FILE + '#include "passes/Codegen/Build/B.h"\n#include "passes/Codegen/Target/B.h"\n',
    "passes/Codegen/Target/Targets.cpp":
    LICENCE + FILE + '#include "passes/Codegen/Target/X86/B.h"\n',
    "runtime/src/a.c": LICENCE + FILE + '#include "bitwright_rt/abi.h"\n',
    "docs/a.md": "See [b](b.md).\n\n```mlir\nfunc.func @f() {\n  return\n}\n```\n",
    "docs/b.md": "Nothing.\n",
}
BROKEN = {
    "spdx": [{"lib/Support/A.cpp": FILE}, {"lib/CMakeLists.txt": "add_subdirectory(A)\n"}],
    "file_comment": [{"lib/Support/A.cpp": LICENCE + "int a;\n"}],
    "guard": [{"include/bitwright/Support/A.h": LICENCE + FILE + "#ifndef A\n#define A\n#endif\n"},
              {"include/bitwright/Support/A.h": LICENCE + FILE}],
    "length": [{"lib/Support/A.cpp": LICENCE + FILE + "int a;\n" * 1001}],
    "todo": [{"lib/Support/A.cpp": LICENCE + FILE + "// TODO: later\n"},
             {"lib/Support/A.cpp": LICENCE + FILE + "// FIXME\n"}],
    "passes": [{"passes/Family/Passes.td": LICENCE + PASS.replace("Do it", "")},
               {"passes/Family/Passes.td": LICENCE + PASS.replace(" What it does. ", " ")},
               {"passes/Family/Passes.td": LICENCE + PASS.replace("qnn-foo", "qnn-bar")},
               {"test/passes/Family/foo.mlir": "// RUN: quant-opt %s\n"}],
    "invalid_ops": [{"test/dialects/QNN/invalid.mlir": "// expected-error @+1 {{x}}\nqnn.sub\n"},
                    {"test/dialects/QNN/invalid.mlir": "qnn.add\n"}],
    "layering": [{"dialects/QNN/A.cpp": LICENCE + FILE + '#include "bitwright/Support/Error.h"\n'},
                 {"lib/Support/A.cpp": LICENCE + FILE + '#include "tools/Driver/Compile.h"\n'},
                 {"passes/Fusion/A.cpp": LICENCE + FILE + '#include "passes/Simplify/B.h"\n'}],
    "targets": [{"passes/Codegen/Kernels/A.cpp":
                 LICENCE + FILE + '#include "passes/Codegen/Target/X86/A.h"\n'},
                {"passes/Codegen/Target/X86/A.cpp":
                 LICENCE + FILE + '#include "passes/Codegen/Plan/A.h"\n'},
                {"passes/Codegen/Target/ARM/A.cpp":
                 LICENCE + FILE + '#include "passes/Codegen/Target/X86/A.h"\n'}],
    "runtime_alone": [{"runtime/src/a.c": LICENCE + FILE + '#include "llvm/ADT/StringRef.h"\n'}],
    "links": [{"docs/a.md": "See [c](c.md).\n"}],
    "documented_ir": [{"docs/a.md": "```mlir\nfunc.func @f() {\n  qnn.nothing\n}\n```\n"}],
}


def write(root, files):
    for path, text in files.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as file:
            file.write(text)


def broken_rules(files, quant_opt):
    with tempfile.TemporaryDirectory() as root:
        write(root, files)
        return {rule for _, _, rule, _ in lint.run(root, quant_opt)[0]}


def test_rules(quant_opt):
    failures = []
    found = broken_rules(GOOD, quant_opt)
    if found:
        failures.append(f"the good tree breaks {found}")
    for rule in lint.RULES:
        cases = BROKEN.get(rule.__name__, [])
        if not cases:
            failures.append(f"rule {rule.__name__} is not tested")
        for case in cases:
            found = broken_rules({**GOOD, **case}, quant_opt)
            if found != {rule.__name__}:
                failures.append(f"{rule.__name__}: expects this rule to be broken by {case}, "
                                f"but got {found}")
    return failures


def test_format():
    with tempfile.TemporaryDirectory() as root:
        write(root, {".clang-format": "BasedOnStyle: LLVM\n", "a.cpp": "int  a ;\n"})
        command = [sys.executable, os.path.join(SCRIPTS, "check_format.py"), root]
        if subprocess.run(command, capture_output=True).returncode == 0:
            return ["check_format accepts a badly formatted file"]
        write(root, {"a.cpp": "int a;\n"})
        if subprocess.run(command, capture_output=True).returncode != 0:
            return ["check_format refuses a well formatted file"]
    return []


def test_tidy():
    """The configuration of the project finds a bad name."""
    config = os.path.join(SCRIPTS, "..", ".clang-tidy")
    with tempfile.TemporaryDirectory() as root:
        write(root, {"a.cpp": "int Bad_Name(int x) { return x; }\n"})
        done = subprocess.run(["clang-tidy-22", "--quiet", "--config-file=" + config,
                               os.path.join(root, "a.cpp"), "--"], capture_output=True, text=True)
    if done.returncode == 0 or "readability-identifier-naming" not in done.stdout:
        return ["clang-tidy accepts Bad_Name"]
    return []


def main():
    failures = test_rules(sys.argv[1]) + test_format() + test_tidy()
    for failure in failures:
        print(failure)
    print(f"lint_test: {len(lint.RULES)} rules, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
