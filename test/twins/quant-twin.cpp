// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// quant-twin: compiles a model for one CPU so that another one can run it.
///
///   quant-twin q.mlir --mattr=+avx512vnni -o q.so
///
/// The kernels are those of the CPU that --mcpu and --mattr name. Their
/// instructions are twins in C, the rest is generated for --host-mcpu, by
/// default the machine that this runs on, and so is what the library requires.
/// Printed is how often each instruction occurs. A tool of the tests: it is not
/// installed.

#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Error.h"
#include "bitwright/Support/InputFiles.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectRegistry.h"
#include "test/twins/Twins.h"
#include "tools/Driver/Compile.h"
#include "tools/Driver/Diagnostics.h"
#include "tools/Driver/ModuleIO.h"
#include "tools/Driver/RegisterAll.h"
#include "tools/Driver/ToolMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

namespace cl = llvm::cl;
using namespace bitwright;

namespace {
struct CommandLine {
  cl::opt<std::string> input{cl::Positional, cl::desc("<model: .onnx, .mlir or .mlirbc>")};
  cl::opt<std::string> output{"o", cl::desc("The shared library"), cl::value_desc("file")};
  cl::opt<std::string> cpu{"mcpu", cl::desc("CPU whose kernels are wanted"),
                           cl::value_desc("name")};
  cl::opt<std::string> attrs{"mattr", cl::desc("Features more or less than its own"),
                             cl::value_desc("list")};
  cl::opt<std::string> hostCpu{"host-mcpu", cl::desc("CPU that runs them (native)"),
                               cl::value_desc("name"), cl::init("native")};
  cl::opt<std::string> twins{"twins", cl::desc("Archive or object with the twins"),
                             cl::value_desc("file"), cl::init(BITWRIGHT_TWINS)};
  cl::opt<bool> list{"list", cl::desc("Print the names that the twins define")};
};
} // namespace

static llvm::Error emitWithTwins(mlir::ModuleOp module, const CommandLine &line,
                                 const TwinLibrary &library, InputFiles &inputs) {
  llvm::Expected<TargetSpec> host = parseTarget("", line.hostCpu, "");
  if (!host)
    return host.takeError();
  module->setAttr("qnn.target", makeTargetAttr(module.getContext(), *host));
  llvm::StringMap<unsigned> replaced;
  CodeReplacement replacement = library.getReplacement(replaced);
  OutputGroup group(&inputs);
  EmitOptions options;
  options.group = &group;
  options.replacement = &replacement;
  if (llvm::Error error =
          emitArtifact(module, *host, ArtifactKind::SharedLibrary, line.output, options))
    return error;
  if (llvm::Error error = group.commit())
    return error;
  std::vector<llvm::StringRef> names(replaced.keys().begin(), replaced.keys().end());
  llvm::sort(names);
  for (llvm::StringRef name : names)
    llvm::outs() << name << ": " << replaced[name] << '\n';
  return llvm::Error::success();
}

static llvm::Error compile(const CommandLine &line, const TwinLibrary &library,
                           const mlir::DialectRegistry &registry, InputFiles &inputs) {
  if (line.input.empty() || line.output.empty())
    return makeError("expects a model and -o");
  llvm::Expected<TargetSpec> target = parseTarget("", line.cpu, line.attrs);
  if (!target)
    return target.takeError();
  mlir::MLIRContext context(registry);
  context.getOrLoadDialect<qnn::QNNDialect>();
  context.printOpOnDiagnostic(false);
  DiagnosticPrinter printer(&context);
  LoadOptions load;
  load.inputs = &inputs;
  auto module = loadModule(line.input, load, &context);
  if (!module)
    return makeError("cannot compile '" + line.input + "'");
  nameModel(*module, /*name=*/"", line.output, line.input);
  if (mlir::failed(simplifyModel(*module)) || mlir::failed(lowerModel(*module, *target)))
    return makeError("cannot compile '" + line.input + "'");
  return emitWithTwins(*module, line, library, inputs);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  startTool("quant-twin");
  mlir::DialectRegistry registry;
  std::vector<char *> arguments(argv, argv + argc);
  InputFiles inputs;
  auto algorithms = registerEverything(arguments, registry, inputs);
  if (!algorithms)
    return reportError("quant-twin", algorithms.takeError());
  clearCommandLine();
  static CommandLine line;
  cl::ParseCommandLineOptions(int(arguments.size()), arguments.data(),
                              "quant-twin: kernels of one CPU, run by another\n");
  clearCommandLine();
  llvm::Expected<TwinLibrary> library = TwinLibrary::open(line.twins);
  if (!library)
    return reportError("quant-twin", library.takeError());
  if (line.list) {
    for (const std::string &name : library->getSymbols())
      llvm::outs() << name << '\n';
    return 0;
  }
  llvm::Error error = compile(line, *library, registry, inputs);
  return error ? reportError("quant-twin", std::move(error)) : 0;
}
