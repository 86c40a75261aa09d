# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""examples/plugin builds against the installed package and works in every tool.

The package is installed and the example built once, for all cases.
"""

import atexit
import functools
import os
import shutil
import tempfile

import numpy as np

import bitwright_test as bw

EXAMPLE = os.path.join(bw.SOURCE, "examples", "plugin")
MODULE = """
func.func @main(%x: tensor<2x64xf32>) -> tensor<2x4xf32> {
  %w = qnn.constant dense<0.5> : tensor<4x64xf32>
  %y = qnn.linear %x, %w : tensor<2x64xf32>, tensor<4x64xf32> -> tensor<2x4xf32> loc("fc")
  %s = qnn.sigmoid %y : tensor<2x4xf32> -> tensor<2x4xf32>
  %r = qnn.relu %s : tensor<2x4xf32> -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}
"""


@functools.lru_cache(maxsize=None)
def installed():
    """Where the package lies; the build tree plays no part from here on."""
    folder = tempfile.mkdtemp(prefix="bitwright-package-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    bw.succeed(["cmake", "--install", bw.BUILD, "--prefix", folder])
    return folder


def build(source, folder):
    bw.succeed(["cmake", "-G", "Ninja", "-S", source, "-B", folder, "-DCMAKE_BUILD_TYPE=Release",
                f"-DCMAKE_PREFIX_PATH={installed()}", "-DCMAKE_CXX_COMPILER=clang++-22",
                "-DCMAKE_C_COMPILER=clang-22"])
    bw.succeed(["cmake", "--build", folder])
    return os.path.join(folder, "DropIdleRelu.so")


@functools.lru_cache(maxsize=None)
def plugin():
    folder = tempfile.mkdtemp(prefix="bitwright-plugin-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return build(EXAMPLE, folder)


def tool(name):
    return os.path.join(installed(), "bin", name)


def write_module(folder):
    path = os.path.join(folder, "m.mlir")
    with open(path, "w") as file:
        file.write(MODULE)
    return path


def refuses(command, *words):
    """Status 1 and one line that holds the words."""
    done = bw.run(command)
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1 and len(lines) == 1, f"{command}: {done}"
    for word in words:
        assert word in lines[0], f"expects '{word}' in: {lines[0]}"


def test_help_lists_what_it_adds(folder):
    text = bw.succeed([tool("quant-opt"), f"--load-plugin={plugin()}", "--help"]).stdout
    assert "--drop-idle-relu" in text and "int8-weight-lean" in text
    without = bw.succeed([tool("quant-opt"), "--help"]).stdout
    assert "drop-idle-relu" not in without and "int8-weight-lean" not in without
    for name in bw.TOOLS:
        assert "--load-plugin" in bw.succeed([tool(name), "--help"]).stdout, name


def test_pass_runs_in_quant_opt(folder):
    command = [tool("quant-opt"), write_module(folder), "--drop-idle-relu"]
    done = bw.succeed(command + ["--load-plugin", plugin()])
    assert "qnn.sigmoid" in done.stdout and "qnn.relu" not in done.stdout
    pipeline = "--pass-pipeline=builtin.module(func.func(drop-idle-relu))"
    done = bw.succeed(command[:2] + [pipeline, f"--load-plugin={plugin()}"])
    assert "qnn.relu" not in done.stdout
    assert bw.run(command).returncode == 1, "the pass is there without its plug-in"


def test_scheme_quantizes_in_every_tool(folder):
    module, library = write_module(folder), os.path.join(folder, "m.so")
    load = f"--load-plugin={plugin()}"
    done = bw.succeed([tool("quant-opt"), load, module, "--quantize=int8-weight-lean"])
    assert "tensor<4x64xi8>" in done.stdout and "qnn.relu" not in done.stdout
    done = bw.succeed([tool("quant-opt"), load, module, "--quantize=int8-weight-lean:keep=fc"])
    assert "tensor<4x64xi8>" not in done.stdout
    bw.succeed([tool("quant-compile"), load, module, "--quantize=int8-weight-lean", "--mcpu=native",
                "-o", library])
    bw.succeed([tool("quant-run"), load, library, "--benchmark", "--runs=1"])
    refuses([tool("quant-compile"), load, module, "--quantize=nothing", "-o", library],
            "unknown scheme 'nothing'", "int8-weight-lean")


def test_what_is_no_plugin_is_refused(folder):
    refuses([tool("quant-opt"), "--load-plugin=/nowhere.so", "--help"], "/nowhere.so", "no such file")
    text = os.path.join(folder, "text.so")
    with open(text, "w") as file:
        file.write("not an object")
    refuses([tool("quant-run"), f"--load-plugin={text}", "--help"], text)
    library = os.path.join(installed(), "lib", "libBitwright.so")
    refuses([tool("quant-translate"), f"--load-plugin={library}", "--help"], "no plug-in of Bitwright")
    refuses([tool("quant-compile"), f"--load-plugin={folder}", "--help"], folder)


def test_plugin_of_another_release_is_refused(folder):
    source = os.path.join(folder, "source")
    shutil.copytree(EXAMPLE, source)
    path = os.path.join(source, "DropIdleRelu.cpp")
    with open(path) as file:
        text = file.read()
    last = '#include "mlir/Transforms/GreedyPatternRewriteDriver.h"\n'
    assert last in text
    with open(path, "w") as file:
        file.write(text.replace(last, last + '#undef BITWRIGHT_VERSION\n'
                                '#define BITWRIGHT_VERSION "0.0.7"\n'))
    other = build(source, os.path.join(folder, "build"))
    refuses([tool("quant-opt"), f"--load-plugin={other}", "--help"], other,
            "built for Bitwright 0.0.7", "but this is Bitwright ")


ROW_COUNT = """
struct RowSums final : StatisticSums {
  void add(ArrayRef<float> data, int64_t channels) override { rows += data.size() / channels; }
  StatisticValue finish(int64_t) const override { return {{1}, {rows}}; }
  float rows = 0;
};

struct RowCount final : Statistic {
  StringRef getName() const override { return "row_count"; }
  StringRef getSummary() const override { return "how many rows were seen"; }
  bool isDefault() const override { return false; }
  bool isWanted(qnn::ObserveOp) const override { return true; }
  std::unique_ptr<StatisticSums> start(const StatisticOptions &) const override {
    return std::make_unique<RowSums>();
  }
  SmallVector<int64_t> getShape(int64_t) const override { return {1}; }
  void rescale(MutableArrayRef<float>, ArrayRef<float>) const override {}
};

"""


def test_statistic_is_in_the_help_and_is_gathered(folder):
    source = os.path.join(folder, "source")
    shutil.copytree(EXAMPLE, source)
    path = os.path.join(source, "DropIdleRelu.cpp")
    with open(path) as file:
        text = file.read()
    function = "static void registerAll(DialectRegistry &, Algorithms &algorithms) {\n"
    assert function in text
    with open(path, "w") as file:
        file.write(text.replace(function, ROW_COUNT + function +
                                "  algorithms.statistics.add(std::make_shared<RowCount>());\n"))
    load = f"--load-plugin={build(source, os.path.join(folder, 'build'))}"
    for name in ("quant-opt", "quant-compile"):
        assert "row_count (how many rows were seen)" in bw.succeed([tool(name), load, "--help"]).stdout
        assert "row_count" not in bw.succeed([tool(name), "--help"]).stdout
    samples = os.path.join(folder, "x.npy")
    np.save(samples, np.ones((6, 64), np.float32))
    command = [tool("quant-opt"), write_module(folder), f"--calibrate={samples}"]
    done = bw.succeed(command + [load, "--statistics=row_count"])
    six = "0x10000000" + np.array([6], "<f4").tobytes().hex().upper()
    assert "row_count = #qnn.weight" in done.stdout and f'"{six}"' in done.stdout, done.stdout
    assert "row_count" not in bw.succeed(command + [load]).stdout
    refuses(command + ["--statistics=row_count"], "unknown statistic 'row_count'")


COUNTING = """
struct Counting final : Rounder {
  StringRef getName() const override { return "counting"; }
  StringRef getSummary() const override { return "round to nearest, and say what was seen"; }
  SmallVector<StringRef> needs() const override { return {"row_count"}; }
  RoundedWeights round(const RoundingProblem &p) const override {
    float rows = p.statistics.find("row_count")->second.front();
    return {quantizeBlocks(p.weights, p.rows, p.columns, p.format), "",
            "saw " + std::to_string(int(rows)) + " rows"};
  }
};

"""


def test_rounder_gets_the_statistic_that_it_needs(folder):
    source = os.path.join(folder, "source")
    shutil.copytree(EXAMPLE, source)
    path = os.path.join(source, "DropIdleRelu.cpp")
    with open(path) as file:
        text = file.read()
    function = "static void registerAll(DialectRegistry &, Algorithms &algorithms) {\n"
    with open(path, "w") as file:
        file.write(text.replace(function, ROW_COUNT + COUNTING + function +
                                "  algorithms.statistics.add(std::make_shared<RowCount>());\n"
                                "  algorithms.rounders.add(std::make_shared<Counting>());\n"))
    load = f"--load-plugin={build(source, os.path.join(folder, 'build'))}"
    samples, report = os.path.join(folder, "x.npy"), os.path.join(folder, "report.json")
    np.save(samples, np.ones((6, 64), np.float32))
    bw.succeed([tool("quant-opt"), load, write_module(folder), f"--calibrate={samples}",
                "--quantize=int4:counting", f"--report={report}"])
    with open(report) as file:
        assert "saw 6 rows" in file.read()
    # Measured before anyone knew of the rounder: a warning, and weights rounded to nearest.
    calibrated = os.path.join(folder, "c.mlir")
    bw.succeed([tool("quant-opt"), load, write_module(folder), f"--calibrate={samples}", "-o", calibrated])
    done = bw.succeed([tool("quant-opt"), load, calibrated, "--quantize=int4:counting", f"--report={report}"])
    assert "uses the statistic 'row_count', which was not gathered" in done.stderr, done.stderr
    with open(report) as file:
        text = file.read()
    assert "saw" not in text and "needs 'row_count', which its input lacks" in text


def test_tutorial_is_short(folder):
    """The whole plug-in, its build file included, takes less than 100 lines."""
    lines = 0
    for name in os.listdir(EXAMPLE):
        with open(os.path.join(EXAMPLE, name)) as file:
            lines += len(file.readlines())
    assert lines < 100, f"examples/plugin has {lines} lines"


bw.main(__name__)
