// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reads and writes modules for all tools.

#include "tools/Driver/ModuleIO.h"

#include "ModuleFormat.h"
#include "TextScan.h"
#include "bitwright/Import/ONNX/Importer.h"
#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Error.h"
#include "bitwright/Support/InputFiles.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

namespace bitwright {

namespace {

void report(MLIRContext *context, llvm::Error error) {
  emitError(UnknownLoc::get(context)) << llvm::toString(std::move(error));
}

uint64_t weightBytes(ModuleOp module) {
  uint64_t total = 0;
  WeightStore &store = qnn::getWeightStore(module.getContext());
  for (qnn::WeightAttr weight : qnn::collectWeights(module))
    total += store.getSize(weight.getHash()).value_or(0);
  return total;
}

llvm::Error checkWeightsPresent(ModuleOp module) {
  WeightStore &store = qnn::getWeightStore(module.getContext());
  for (qnn::WeightAttr weight : qnn::collectWeights(module))
    if (!store.getSize(weight.getHash()))
      return makeError("weight " + weight.getHash() + " is missing");
  return llvm::Error::success();
}

/// Passes on the first error only: after a string that does not end, MLIR's parser goes on and
/// finds more.
OwningOpRef<ModuleOp> parseReportingOnce(const std::shared_ptr<llvm::SourceMgr> &input,
                                         const ParserConfig &config) {
  bool isReported = false;
  ScopedDiagnosticHandler handler(config.getContext(), [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
      return failure();
    return success(std::exchange(isReported, true));
  });
  return parseSourceFile<ModuleOp>(input, config);
}

bool hasName(Location loc) {
  return loc
      ->walk([](Location inner) {
        return isa<NameLoc>(inner) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Prints the locations that hold the user's names, and no others: positions
/// in a file that this text replaces say nothing.
void printText(ModuleOp module, llvm::raw_ostream &stream) {
  SmallVector<std::pair<Operation *, Location>> unnamed;
  bool anyName = false;
  module->walk([&](Operation *op) {
    if (hasName(op->getLoc()))
      anyName = true;
    else
      unnamed.emplace_back(op, op->getLoc());
  });
  OpPrintingFlags flags;
  if (anyName) {
    flags.enableDebugInfo(/*enable=*/true, /*prettyForm=*/false);
    for (auto [op, loc] : unnamed)
      op->setLoc(UnknownLoc::get(op->getContext()));
  }
  module->print(stream, flags);
  stream << "\n";
  for (auto [op, loc] : unnamed)
    op->setLoc(loc);
}

/// Part of the last buffer that `owner` holds, mapped where that is.
class BufferView final : public llvm::MemoryBuffer {
public:
  BufferView(StringRef bytes, std::shared_ptr<llvm::SourceMgr> owner) : owner(std::move(owner)) {
    init(bytes.begin(), bytes.end(), /*RequiresNullTerminator=*/false);
  }
  StringRef getBufferIdentifier() const override { return getWhole().getBufferIdentifier(); }
  BufferKind getBufferKind() const override { return getWhole().getBufferKind(); }

private:
  const llvm::MemoryBuffer &getWhole() const {
    return *owner->getMemoryBuffer(owner->getNumBuffers());
  }

  std::shared_ptr<llvm::SourceMgr> owner;
};

llvm::Error writePacked(ModuleOp module, llvm::raw_ostream &stream) {
  std::string text;
  llvm::raw_string_ostream textStream(text);
  printText(module, textStream);
  return packModule(module, text, stream);
}

/// Text at `path`, its weights beside it: the text must not appear without them, so it comes last.
llvm::Error writeWithWeightsFile(ModuleOp module, StringRef path, OutputGroup &group) {
  llvm::SmallString<256> weightsPath(path);
  llvm::sys::path::replace_extension(weightsPath, "safetensors");
  auto name = StringAttr::get(module.getContext(), llvm::sys::path::filename(weightsPath));
  module->setAttr(weightsFileAttr, name);
  llvm::Error result = writeWeightsFile(module, weightsPath, path, group);
  if (!result)
    result = group.write(path, [&](llvm::raw_ostream &stream) {
      printText(module, stream);
      return llvm::Error::success();
    });
  module->removeAttr(weightsFileAttr);
  return result;
}

} // namespace

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readFile(StringRef path) {
  if (path.contains('\0'))
    return makeError("cannot read a file name with a NUL byte");
  if (llvm::sys::fs::is_directory(path))
    return makeError("cannot read '" + path + "': it is a directory");
  auto buffer = llvm::MemoryBuffer::getFileOrSTDIN(path, /*IsText=*/false,
                                                   /*RequiresNullTerminator=*/true);
  if (!buffer)
    return makeError("cannot read '" + path + "': " + buffer.getError().message());
  return std::move(*buffer);
}

OwningOpRef<ModuleOp> parseModule(const std::shared_ptr<llvm::SourceMgr> &sources, StringRef path,
                                  const LoadOptions &options, MLIRContext *context) {
  auto fail = [&](llvm::Error error) {
    report(context, std::move(error));
    return OwningOpRef<ModuleOp>();
  };
  StringRef contents = sources->getMemoryBuffer(sources->getNumBuffers())->getBuffer();
  ParserConfig config(context, /*verifyAfterParse=*/false);
  std::shared_ptr<llvm::SourceMgr> input = sources;
  std::shared_ptr<llvm::MemoryBuffer> weights;
  switch (classify(contents)) {
  case ContentKind::Bytecode:
    return fail(makeError("'" + path +
                          "': MLIR bytecode is not read; write the module as text, or with "
                          "quant-opt or quant-translate"));
  case ContentKind::Packed: {
    auto parts = unpackModule(contents, path);
    if (!parts)
      return fail(parts.takeError());
    contents = parts->text;
    weights = std::make_shared<BufferView>(parts->weights, sources);
    input = std::make_shared<llvm::SourceMgr>();
    input->AddNewSourceBuffer(llvm::MemoryBuffer::getMemBufferCopy(contents, path), llvm::SMLoc());
    break;
  }
  case ContentKind::Text:
    break;
  }
  if (llvm::Error error = scanText(contents, path))
    return fail(std::move(error));
  OwningOpRef<ModuleOp> module = parseReportingOnce(input, config);
  if (!module)
    return nullptr;
  if (module->getBody()->empty())
    return fail(makeError("'" + path + "' holds no function"));
  if (llvm::Error error = weights ? loadWeights(*module, weights, path, options.checkWeights)
                                  : loadWeightsFile(*module, path, options))
    return fail(std::move(error));
  if (options.verify && failed(verify(*module)))
    return nullptr;
  return module;
}

OwningOpRef<ModuleOp> loadModule(StringRef path, const LoadOptions &options, MLIRContext *context) {
  if (options.inputs)
    options.inputs->add(path);
  if (llvm::sys::path::extension(path) == ".onnx") {
    OnnxImportOptions onnx;
    onnx.dims = options.dims;
    onnx.modelName = options.modelName;
    if (options.inputs)
      onnx.onExternalFile = [&](StringRef file) { options.inputs->add(file); };
    return importOnnx(path, onnx, context);
  }
  auto buffer = readFile(path);
  if (!buffer) {
    report(context, buffer.takeError());
    return nullptr;
  }
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  return parseModule(sources, path, options, context);
}

OwningOpRef<ModuleOp> loadModule(StringRef path, MLIRContext *context) {
  return loadModule(path, LoadOptions(), context);
}

llvm::Error printModule(ModuleOp module, llvm::raw_ostream &stream) {
  if (llvm::Error error = checkWeightsPresent(module))
    return error;
  qnn::PrintWeightsScope weights(module.getContext());
  printText(module, stream);
  return llvm::Error::success();
}

static bool isTerminal(StringRef path) {
  return path == "-" && llvm::sys::Process::StandardOutIsDisplayed();
}

llvm::Error checkTerminal(StringRef path, uint64_t bytes) {
  constexpr uint64_t mostBytes = 64 << 10;
  if (bytes <= mostBytes || !isTerminal(path))
    return llvm::Error::success();
  return makeError("the module is " + llvm::Twine(bytes >> 10) +
                   " KiB of text, which is not written to a terminal; name a file with -o");
}

static llvm::Error writeToGroup(ModuleOp module, StringRef path, const WriteOptions &options,
                                OutputGroup &group) {
  if (llvm::Error error = checkWeightsPresent(module))
    return error;
  if (options.packed || llvm::sys::path::extension(path) == ".mlirbc")
    return group.write(path,
                       [&](llvm::raw_ostream &stream) { return writePacked(module, stream); });
  llvm::sys::fs::file_status status;
  bool isSpecial = !llvm::sys::fs::status(path, status) && llvm::sys::fs::exists(status) &&
                   !llvm::sys::fs::is_regular_file(status);
  bool inlined = path == "-" || isSpecial || options.inlineWeights ||
                 weightBytes(module) <= uint64_t(options.inlineLimit);
  if (!inlined)
    return writeWithWeightsFile(module, path, group);
  if (!isTerminal(path))
    return group.write(path,
                       [&](llvm::raw_ostream &stream) { return printModule(module, stream); });
  std::string text;
  llvm::raw_string_ostream buffer(text);
  if (llvm::Error error = printModule(module, buffer))
    return error;
  if (llvm::Error error = checkTerminal(path, text.size()))
    return error;
  return writeFileAtomically(path, text, &group);
}

llvm::Error writeModule(ModuleOp module, StringRef path, const WriteOptions &options) {
  if (options.group)
    return writeToGroup(module, path, options, *options.group);
  OutputGroup group(options.inputs);
  if (llvm::Error error = writeToGroup(module, path, options, group))
    return error;
  return group.commit();
}

} // namespace bitwright
