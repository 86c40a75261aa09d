// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// quant-compile: from a model to a library, an archive or an object.

#include "Options.h"
#include "bitwright/Driver/Diagnostics.h"
#include "bitwright/Driver/RegisterAll.h"
#include "bitwright/Driver/ToolMain.h"
#include "bitwright/Support/AtomicFile.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/IR/DialectRegistry.h"
#include "llvm/Support/InitLLVM.h"

using namespace bitwright;

/// Everything that comes beside the artifact.
static llvm::Error writeExtras(mlir::ModuleOp module, const CompileToolOptions &options) {
  if (!options.header.empty())
    if (llvm::Error error = emitArtifact(module, options.target, ArtifactKind::Header,
                                         options.header, options.emit))
      return error;
  if (!options.report.empty())
    return writeReport(module, options.report);
  return llvm::Error::success();
}

static mlir::LogicalResult compile(mlir::ModuleOp module, const CompileToolOptions &options) {
  nameModel(module, options.name, options.input);
  if (mlir::failed(quantizeModel(module, options.quantize)) ||
      mlir::failed(lowerModel(module, options.target)))
    return mlir::failure();
  llvm::Error error = writeExtras(module, options);
  if (!error && options.kind)
    error = emitArtifact(module, options.target, *options.kind, options.output, options.emit);
  else if (!error)
    error = writeModule(module, options.output);
  if (!error)
    return mlir::success();
  reportError("quant-compile", std::move(error));
  return mlir::failure();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  installErrorHandlers("quant-compile");
  registerAllPasses();
  llvm::Expected<CompileToolOptions> options = parseCompileOptions(argc, argv);
  if (!options)
    return reportError("quant-compile", options.takeError());
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  context.getOrLoadDialect<qnn::QNNDialect>();
  context.printOpOnDiagnostic(false);
  DiagnosticPrinter printer(&context);
  auto module = loadModule(options->input, options->load, &context);
  return module && mlir::succeeded(compile(*module, *options)) ? 0 : 1;
}
