// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// quant-translate: from model files to modules.

#include "bitwright/Import/ONNX/Importer.h"
#include "bitwright/Support/InputFiles.h"
#include "tools/Driver/Diagnostics.h"
#include "tools/Driver/ModuleIO.h"
#include "tools/Driver/RegisterAll.h"
#include "tools/Driver/ToolMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

using namespace llvm;

namespace {

/// The options, local to main so that no library carries them.
struct Options {
  cl::OptionCategory category{"quant-translate options"};
  cl::opt<bool> importOnnx{"import-onnx", cl::desc("Read an ONNX model (\"-\": standard input)"),
                           cl::cat(category)};
  cl::opt<std::string> input{cl::Positional, cl::desc("<model>"), cl::cat(category)};
  cl::opt<std::string> output{"o", cl::desc("Where to write the module: .mlir, .mlirbc, or \"-\""),
                              cl::value_desc("file"), cl::init("-"), cl::cat(category)};
  cl::list<std::string> dims{"dim",
                             cl::desc("Give a symbolic dimension a size wherever it appears; may "
                                      "be repeated"),
                             cl::value_desc("name=size"), cl::cat(category)};
  cl::opt<std::string> modelName{"model-name",
                                 cl::desc("Name of the model (default: that of the file)"),
                                 cl::value_desc("name"), cl::cat(category)};
};

int fail(const Twine &message) {
  errs() << "quant-translate: error: " << message << "\n";
  return 1;
}

int translate(const Options &options, const mlir::DialectRegistry &registry,
              bitwright::InputFiles &inputs) {
  if (!options.importOnnx)
    return fail("expects --import-onnx");
  if (options.input.empty())
    return fail("expects a model");
  bitwright::OnnxImportOptions importOptions;
  importOptions.modelName = options.modelName;
  if (Error error = bitwright::readDims(options.dims, /*least=*/0, importOptions.dims))
    return fail(toString(std::move(error)));
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  bitwright::DiagnosticPrinter printer(&context);
  inputs.add(options.input);
  importOptions.onExternalFile = [&](StringRef path) { inputs.add(path); };
  if (Error error = inputs.checkOutputs({options.output.getValue()}))
    return fail(toString(std::move(error)));
  auto module = bitwright::importOnnx(options.input, importOptions, &context);
  if (!module)
    return 1;
  bitwright::WriteOptions write;
  write.inputs = &inputs;
  if (Error error = bitwright::writeModule(*module, options.output, write))
    return fail(toString(std::move(error)));
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  bitwright::startTool("quant-translate");
  mlir::DialectRegistry registry;
  std::vector<char *> arguments(argv, argv + argc);
  bitwright::InputFiles inputs;
  auto algorithms = bitwright::registerEverything(arguments, registry, inputs);
  if (!algorithms)
    return bitwright::reportError("quant-translate", algorithms.takeError());
  Options options;
  bitwright::addPluginOption(options.category);
  bitwright::arrangeHelp({&options.category});
  cl::ParseCommandLineOptions(int(arguments.size()), arguments.data(),
                              "quant-translate: reads model files into the qnn dialect\n\n"
                              "  quant-translate --import-onnx model.onnx -o model.mlir\n");
  if (Error error = bitwright::checkArguments(arguments))
    return bitwright::reportError("quant-translate", std::move(error));
  return translate(options, registry, inputs);
}
