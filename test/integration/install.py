# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""cmake --install gives a tree from which the tools run."""

import os

import bitwright_test as bw


def test_install(folder):
    bw.succeed(["cmake", "--install", bw.BUILD, "--prefix", folder])
    for path in ["lib/libbitwright_rt.a", "include/bitwright_rt/abi.h",
                 "share/doc/bitwright/README.md", "share/doc/bitwright/LICENSE"]:
        assert os.path.exists(os.path.join(folder, path)), f"{path} is not installed"
    for tool in bw.TOOLS:
        path = os.path.join(folder, "bin", tool)
        assert os.path.exists(path), f"{tool} is not installed"
        done = bw.run([path, "--help"], env={"PATH": "/usr/bin:/bin"})
        assert done.returncode == 0 and "USAGE" in done.stdout.upper(), f"{tool} --help: {done}"


def test_runtime_from_install(folder):
    """A program with a static model in mind needs nothing of LLVM to compile against the runtime."""
    bw.succeed(["cmake", "--install", bw.BUILD, "--prefix", folder])
    program = os.path.join(folder, "a.c")
    with open(program, "w") as file:
        file.write('#include "bitwright_rt/bitwright_rt.h"\nint main(void) { return 0; }\n')
    bw.succeed(["cc", "-std=c11", "-Wall", "-Werror", "-I", os.path.join(folder, "include"), program,
                "-L", os.path.join(folder, "lib"), "-l:libbitwright_rt.a", "-lpthread", "-ldl",
                "-o", os.path.join(folder, "a")])


def test_install_of_a_partial_build(folder):
    """What was built is installed, and what was not is left out without an error: nothing but one
    library of the runtime here, the tools and one library after ./quickstart."""
    build, prefix = os.path.join(folder, "build"), os.path.join(folder, "prefix")
    with open(os.path.join(bw.BUILD, "CMakeCache.txt")) as cache:
        known = dict(line.strip().split("=", 1) for line in cache if ":" in line and "=" in line)
    keep = {name: value for name, value in known.items()
            if name.split(":")[0] in ("MLIR_DIR", "LLVM_DIR", "CMAKE_C_COMPILER",
                                      "CMAKE_CXX_COMPILER", "CMAKE_MAKE_PROGRAM")}
    bw.succeed(["cmake", "-G", "Ninja", "-S", bw.SOURCE, "-B", build, "-DCMAKE_BUILD_TYPE=Release",
                *[f"-D{name}={value}" for name, value in keep.items() if value]])
    bw.succeed(["cmake", "--build", build, "--target", "bitwright_rt_static"])
    bw.succeed(["cmake", "--install", build, "--prefix", prefix])
    assert os.path.exists(os.path.join(prefix, "lib/libbitwright_rt.a"))
    assert os.path.exists(os.path.join(prefix, "include/bitwright_rt/abi.h"))
    tools = os.path.join(prefix, "bin")
    assert not os.path.exists(tools) or not os.listdir(tools)


bw.main(__name__)
