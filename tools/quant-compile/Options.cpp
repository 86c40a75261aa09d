// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// quant-compile's options and how they fit together.

#include "Options.h"
#include "bitwright/Support/Error.h"
#include "tools/Driver/RegisterAll.h"
#include "tools/Driver/ToolMain.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"

namespace cl = llvm::cl;
using namespace bitwright;

namespace {
enum class Emit { Auto, So, A, O, S, LL, Header, LLVMMLIR };

/// llvm::cl registers globally; these live as long as the tool.
struct CommandLine {
  cl::OptionCategory files{"Files"}, target{"Target"}, quantize{"Quantization"};

  cl::opt<std::string> input{cl::Positional, cl::desc("<model: .onnx, .mlir or .mlirbc>"),
                             cl::Required, cl::cat(files)};
  cl::opt<std::string> output{"o",
                              cl::desc("Where to write; the ending chooses what: .so, .a, "
                                       ".o, .s, .ll, .h; '-' is standard output. Its stem names "
                                       "the model"),
                              cl::value_desc("file"), cl::cat(files)};
  cl::opt<Emit> emit{"emit", cl::desc("What to write, whatever the ending:"),
                     cl::values(clEnumValN(Emit::So, "so", "shared library"),
                                clEnumValN(Emit::A, "a", "archive, and a C header beside it"),
                                clEnumValN(Emit::O, "o", "object, and a C header beside it"),
                                clEnumValN(Emit::S, "s", "assembly, to read"),
                                clEnumValN(Emit::LL, "ll", "LLVM IR, to read"),
                                clEnumValN(Emit::Header, "header", "C header"),
                                clEnumValN(Emit::LLVMMLIR, "llvm-mlir", "MLIR, LLVM dialect")),
                     cl::init(Emit::Auto), cl::cat(files)};
  cl::opt<std::string> name{"name",
                            cl::desc("Name of the model in symbols, bw_<name>_desc, instead of "
                                     "the output's stem"),
                            cl::value_desc("identifier"), cl::cat(files)};
  cl::opt<std::string> header{"header", cl::desc("Also write a C header here"),
                              cl::value_desc("file"), cl::cat(files)};
  cl::opt<std::string> report{"report",
                              cl::desc("Write what was quantized, fused and left, and why; JSON "
                                       "where the name ends in .json"),
                              cl::value_desc("file"), cl::cat(files)};
  cl::opt<WeightPlacement> weights{
      "weights", cl::desc("Where packed weights go:"),
      cl::values(clEnumValN(WeightPlacement::Embed, "embed", "into the artifact (default)"),
                 clEnumValN(WeightPlacement::File, "file", "into a file that the program maps")),
      cl::init(WeightPlacement::Embed), cl::cat(files)};
  cl::opt<std::string> weightsFile{"weights-file",
                                   cl::desc("Their file for --weights=file (the output with the "
                                            "ending .weights)"),
                                   cl::value_desc("file"), cl::cat(files)};
  cl::list<std::string> dims{"dim", cl::desc("Fix a dynamic dimension of an ONNX model"),
                             cl::value_desc("name=size"), cl::cat(files)};

  cl::opt<std::string> triple{"target", cl::desc("What to compile for (x86_64-linux-gnu)"),
                              cl::value_desc("triple"), cl::cat(target)};
  cl::opt<std::string> cpu{
      "mcpu",
      cl::desc("CPU: native (the default without --target and --mattr), x86-64-v2 (the "
               "default with them), x86-64-v3, ..."),
      cl::value_desc("name"), cl::cat(target)};
  cl::list<std::string> attrs{"mattr", cl::desc("Features more or less than the CPU's: +avx2,+fma"),
                              cl::value_desc("list"), cl::cat(target)};

  cl::opt<std::string> scheme{"quantize",
                              cl::desc("Quantize first, e.g. int8 or "
                                       "int4-awq:group=32; 'quant-opt --help' lists "
                                       "schemes"),
                              cl::value_desc("scheme"), cl::cat(quantize)};
};
} // namespace

static llvm::Expected<Emit> getEmit(Emit given, llvm::StringRef output) {
  if (given != Emit::Auto)
    return given;
  llvm::StringRef ending = llvm::sys::path::extension(output);
  Emit emit = llvm::StringSwitch<Emit>(ending)
                  .Case(".so", Emit::So)
                  .Case(".a", Emit::A)
                  .Case(".o", Emit::O)
                  .Case(".s", Emit::S)
                  .Case(".ll", Emit::LL)
                  .Case(".h", Emit::Header)
                  .Case(".mlir", Emit::LLVMMLIR)
                  .Default(Emit::Auto);
  if (emit == Emit::Auto)
    return makeError("cannot tell what to write from '" + output +
                     "'; expected .so, .a, .o, .s, .ll, .h or .mlir, or --emit=");
  return emit;
}

static std::optional<ArtifactKind> getKind(Emit emit) {
  switch (emit) {
  case Emit::A:
    return ArtifactKind::Archive;
  case Emit::O:
    return ArtifactKind::Object;
  case Emit::S:
    return ArtifactKind::Assembly;
  case Emit::LL:
    return ArtifactKind::LLVMIR;
  case Emit::Header:
    return ArtifactKind::Header;
  case Emit::LLVMMLIR:
    return std::nullopt;
  case Emit::So:
  case Emit::Auto:
    break;
  }
  return ArtifactKind::SharedLibrary;
}

static std::string replaceEnding(llvm::StringRef path, llvm::StringRef ending) {
  llvm::SmallString<128> result(path);
  llvm::sys::path::replace_extension(result, ending);
  return result.str().str();
}

static llvm::Error readFiles(const CommandLine &line, CompileToolOptions &options) {
  options.input = line.input;
  options.output = line.output;
  bool isText = line.emit == Emit::S || line.emit == Emit::LL || line.emit == Emit::Header ||
                line.emit == Emit::LLVMMLIR;
  if (options.output.empty() && !isText)
    return makeError("expects -o with the file to write; its ending chooses what, '-' is standard "
                     "output");
  if (options.output.empty())
    options.output = "-";
  auto emit = getEmit(line.emit, options.output);
  if (!emit)
    return emit.takeError();
  options.kind = getKind(*emit);
  options.name = line.name;
  options.report = line.report;
  options.header = line.header;
  bool isLinked = *emit == Emit::A || *emit == Emit::O;
  if (options.header.empty() && isLinked && options.output != "-") {
    options.header = replaceEnding(options.output, ".h");
    options.emit.headerOwner = options.output;
  }
  options.emit.weights = line.weights;
  options.emit.weightsPath = line.weightsFile;
  if (!line.weightsFile.empty() && line.weights != WeightPlacement::File)
    return makeError("--weights-file needs --weights=file");
  return llvm::Error::success();
}

llvm::Expected<CompileToolOptions> bitwright::parseCompileOptions(int argc, char **argv,
                                                                  const Algorithms &algorithms) {
  clearCommandLine();
  static CommandLine line;
  addPluginOption(line.files);
  registerCalibrationOptions(algorithms.statistics);
  cl::HideUnrelatedOptions({&line.files, &line.target, &line.quantize, &getCalibrationCategory()});
  cl::ParseCommandLineOptions(
      argc, argv,
      "quant-compile: compiles a model ahead of time\n\n"
      "  quant-compile q.mlir --target=x86_64-linux-gnu --mattr=+avx2,+fma -o q.so\n"
      "  quant-compile m.onnx --quantize=int8 --calibrate=samples.npz -o q.so\n");
  CompileToolOptions options;
  if (llvm::Error error = checkArguments({argv, size_t(argc)}, {"mattr"}))
    return std::move(error);
  if (llvm::Error error = readFiles(line, options))
    return std::move(error);
  if (llvm::Error error = readDims(line.dims, /*least=*/1, options.load.dims))
    return std::move(error);
  if (!line.dims.empty() && !llvm::StringRef(options.input).ends_with(".onnx"))
    return makeError("--dim applies to .onnx models");
  options.load.modelName = line.name;
  options.scheme = line.scheme;
  options.calibration = getCalibrationOptions();
  if (options.scheme.empty() && !options.calibration.samples.empty())
    return makeError("--calibrate needs --quantize");
  // What names a target or features of it asks for code that runs elsewhere, too.
  std::string attrs = llvm::join(line.attrs, ",");
  options.isDefaultTarget = line.triple.empty() && line.cpu.empty() && attrs.empty();
  auto target =
      parseTarget(line.triple, options.isDefaultTarget ? "native" : line.cpu.getValue(), attrs);
  if (!target)
    return target.takeError();
  options.target = *target;
  return options;
}
