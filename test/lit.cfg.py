# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How lit runs the tests of this tree.

Substitutions: the four tools, quant-twin and FileCheck by name, %python (numpy and onnx), %cc and %cxx (the
compilers of the build), %models (test/models), %data (expanded test sets), %shared (recorded models that are not in the repository),
%src and %build (the two roots). Features: avx2, avx512vnni (of the CPU that runs the tests),
shared-data, asan.
"""

import os

import lit.formats
import lit.util

config.name = "Bitwright"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "models", "unit"]
config.test_source_root = os.path.join(config.bitwright_source, "test")
config.test_exec_root = os.path.join(config.bitwright_build, "test")

tool_dirs = [os.path.join(config.bitwright_build, "bin"), config.llvm_tools_dir,
             os.path.join(config.bitwright_build, "test", "twins")]
config.environment["PATH"] = os.pathsep.join(tool_dirs + ["/usr/bin", "/bin"])
config.environment["PYTHONPATH"] = config.test_source_root
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"
config.environment["BITWRIGHT_BUILD"] = config.bitwright_build
config.environment["BITWRIGHT_SOURCE"] = config.bitwright_source

config.substitutions += [
    ("%python", config.python),
    ("%cc", config.c_compiler),
    ("%cxx", config.cxx_compiler),
    ("%models", os.path.join(config.test_source_root, "models")),
    ("%shared", config.shared_data),
    ("%data", os.path.join(config.test_exec_root, "data")),
    ("%src", config.bitwright_source),
    ("%build", config.bitwright_build),
]


def cpu_flags():
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                if line.startswith("flags"):
                    return set(line.split(":", 1)[1].split())
    except OSError:
        pass
    return set()


flags = cpu_flags()
if {"avx2", "fma", "f16c"} <= flags:
    config.available_features.add("avx2")
if {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni"} <= flags:
    config.available_features.add("avx512vnni")
if os.path.isdir(os.path.join(config.shared_data, "models")):
    config.available_features.add("shared-data")
if config.sanitizer:
    config.available_features.add("asan")
