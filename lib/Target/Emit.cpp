// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The road from a generated module to a file.

#include "bitwright/Target/Emit.h"
#include "Descriptor.h"
#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Error.h"
#include "bitwright_rt/abi.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace bitwright;
using namespace bitwright::detail;

/// Words that stand for something else in C or C++, and names whose symbols the runtime has
/// (bw_model_desc is a type, bw_hash_weights a function).
static constexpr llvm::StringLiteral reservedNames[] = {
    "alignas",       "alignof",     "and",          "and_eq",
    "asm",           "atomic",      "auto",         "bitand",
    "bitor",         "bool",        "break",        "case",
    "catch",         "char",        "class",        "co_await",
    "co_return",     "co_yield",    "compl",        "concept",
    "const",         "const_cast",  "consteval",    "constexpr",
    "constinit",     "continue",    "decltype",     "default",
    "delete",        "do",          "double",       "else",
    "enum",          "explicit",    "export",       "extern",
    "false",         "float",       "for",          "friend",
    "goto",          "hash",        "if",           "inline",
    "int",           "long",        "main",         "model",
    "model_from",    "model_get",   "model_set",    "mutable",
    "namespace",     "new",         "noexcept",     "not",
    "not_eq",        "nullptr",     "operator",     "or",
    "or_eq",         "private",     "protected",    "public",
    "register",      "requires",    "restrict",     "return",
    "short",         "signed",      "sizeof",       "static",
    "static_assert", "static_cast", "struct",       "switch",
    "template",      "this",        "thread_local", "throw",
    "true",          "try",         "typedef",      "typeid",
    "typename",      "typeof",      "union",        "unsigned",
    "using",         "value",       "virtual",      "void",
    "volatile",      "wchar_t",     "while",        "xor",
    "xor_eq"};

std::string bitwright::sanitizeModelName(llvm::StringRef name) {
  // Two underscores in a row are reserved in C++, also where "bw_" and "_desc" join.
  std::string result;
  for (char c : name.take_front(64))
    if (llvm::isAlnum(c))
      result += c;
    else if (!result.empty() && result.back() != '_')
      result += '_';
  result.resize(llvm::StringRef(result).rtrim('_').size());
  if (result.empty())
    return "net";
  if (llvm::isDigit(result.front()) || llvm::is_contained(reservedNames, result))
    return "net_" + result;
  return result;
}

std::string bitwright::getWeightsPath(llvm::StringRef artifactPath, const EmitOptions &options) {
  if (!options.weightsPath.empty())
    return options.weightsPath;
  llvm::SmallString<128> path(artifactPath);
  llvm::sys::path::replace_extension(path, ".weights");
  return path.str().str();
}

static llvm::Expected<std::unique_ptr<llvm::Module>>
translate(mlir::ModuleOp module, const ModelInfo &info, llvm::LLVMContext &context) {
  mlir::DialectRegistry registry;
  mlir::registerAllToLLVMIRTranslations(registry);
  module.getContext()->appendDialectRegistry(registry);
  std::unique_ptr<llvm::Module> result = mlir::translateModuleToLLVMIR(module, context, info.name);
  if (!result)
    return makeError("model '" + info.name + "' cannot be translated to LLVM IR");
  result->setTargetTriple(llvm::Triple(info.target.triple));
  result->setDataLayout(info.target.dataLayout);
  result->setPICLevel(llvm::PICLevel::BigPIC);
  return result;
}

static llvm::Error writeText(llvm::Module &module, const TargetSpec &target, bool isAssembly,
                             llvm::StringRef path, OutputGroup &group) {
  if (isAssembly) {
    auto text = generateCode(module, target, /*asText=*/true, /*limitFrames=*/true);
    if (!text)
      return text.takeError();
    return writeFileAtomically(path, llvm::StringRef(text->data(), text->size()), &group);
  }
  if (llvm::Error error = optimizeModule(module, target))
    return error;
  return group.write(path, [&](llvm::raw_ostream &stream) {
    module.print(stream, nullptr);
    return llvm::Error::success();
  });
}

static bool embedsWeights(const ModelInfo &info, const EmitOptions &options) {
  return !info.weights.bytes.empty() && options.weights == WeightPlacement::Embed;
}

static llvm::Error writeBinary(llvm::Module &module, const ModelInfo &info,
                               const TargetSpec &target, ArtifactKind kind, llvm::StringRef path,
                               const EmitOptions &options, OutputGroup &group) {
  // Replaced instructions pass registers through memory.
  auto code = generateCode(module, target, /*asText=*/false, /*limitFrames=*/!options.replacement);
  if (!code)
    return code.takeError();
  llvm::SmallVector<llvm::StringRef, 3> objects = {llvm::StringRef(code->data(), code->size())};
  static const CodeReplacement none;
  const CodeReplacement &replacement = options.replacement ? *options.replacement : none;
  if (llvm::Error error = checkUndefinedSymbols(objects.front(), replacement.symbols))
    return error;
  if (!replacement.object.empty())
    objects.push_back(replacement.object);
  std::string weights;
  Filling filling;
  if (embedsWeights(info, options)) {
    bool isLinked = kind != ArtifactKind::Archive;
    llvm::Expected<std::string> object = makeWeightObject(info, /*isPlaceholder=*/isLinked);
    if (!object)
      return object.takeError();
    weights = std::move(*object);
    objects.push_back(weights);
    filling = {info.getSymbol("weights"), info.weights.bytes};
  }
  if (kind == ArtifactKind::Archive)
    return archiveObjects(info.name, objects, path, group);
  if (kind == ArtifactKind::Object && objects.size() == 1)
    return writeFileAtomically(path, objects.front(), &group);
  return linkObjects(target, objects, filling, kind == ArtifactKind::SharedLibrary, path, group);
}

static llvm::Error writeHeader(const ModelInfo &info, const TargetSpec &target, bool embedWeights,
                               llvm::StringRef path, const EmitOptions &options,
                               OutputGroup &group) {
  std::string text = makeHeader(info, target, embedWeights, options.headerOwner);
  auto write = [&](llvm::raw_ostream &stream) {
    stream << text;
    return llvm::Error::success();
  };
  if (options.headerOwner.empty())
    return group.write(path, write);
  auto isOurs = [&](llvm::StringRef old) { return mayReplaceHeader(old, text); };
  return group.writeDerived({path, options.headerOwner, isOurs}, write);
}

/// A weights file is the artifact's that lies at `path` where its size and hash stand, side by
/// side, in the descriptor of that artifact.
static bool areWeightsOf(llvm::StringRef path, llvm::StringRef weights) {
  static_assert(offsetof(bw_model_desc, weights_hash) ==
                    offsetof(bw_model_desc, weights_bytes) + sizeof(uint64_t),
                "the two are looked for as one piece");
  auto artifact = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                              /*RequiresNullTerminator=*/false);
  if (!artifact)
    return false;
  char wanted[16];
  llvm::support::endian::write64le(wanted, weights.size());
  llvm::support::endian::write64le(wanted + 8, bw_hash_weights(weights.data(), weights.size()));
  return (*artifact)->getBuffer().contains(llvm::StringRef(wanted, sizeof(wanted)));
}

static llvm::Error writeWeights(const ModelInfo &info, llvm::StringRef path,
                                const EmitOptions &options, OutputGroup &group) {
  auto write = [&](llvm::raw_ostream &stream) {
    stream.write(info.weights.bytes.data(), info.weights.bytes.size());
    return llvm::Error::success();
  };
  std::string file = getWeightsPath(path, options);
  if (!options.weightsPath.empty())
    return group.write(file, write);
  auto isOurs = [&](llvm::StringRef old) { return areWeightsOf(path, old); };
  return group.writeDerived({file, path, isOurs}, write);
}

static llvm::Error writeArtifact(mlir::ModuleOp module, const TargetSpec &target, ArtifactKind kind,
                                 llvm::StringRef path, const EmitOptions &options,
                                 OutputGroup &group) {
  llvm::Expected<ModelInfo> info = readModelInfo(module, target);
  if (!info)
    return info.takeError();
  bool hasWeights = !info->weights.bytes.empty();
  bool embedWeights = embedsWeights(*info, options);
  if (kind == ArtifactKind::Header)
    return writeHeader(*info, target, embedWeights, path, options, group);

  llvm::LLVMContext context;
  auto translated = translate(module, *info, context);
  if (!translated)
    return translated.takeError();
  if (options.replacement)
    if (llvm::Error error = options.replacement->rewrite(**translated))
      return error;
  if (llvm::Error error = addDescriptor(**translated, *info, embedWeights))
    return error;
  if (kind == ArtifactKind::Assembly || kind == ArtifactKind::LLVMIR)
    return writeText(**translated, target, kind == ArtifactKind::Assembly, path, group);
  if (hasWeights && !embedWeights) {
    if (path == "-" && options.weightsPath.empty())
      return makeError("an artifact on standard output needs a path for its weights");
    if (llvm::Error error = writeWeights(*info, path, options, group))
      return error;
  }
  llvm::Error error = writeBinary(**translated, *info, target, kind, path, options, group);
  // Whoever loads the artifact has them in memory once more.
  if (auto weights = module->getAttrOfType<qnn::WeightAttr>("qnn.packed_weights"))
    qnn::getWeightStore(module.getContext()).evict(weights.getHash());
  return error;
}

llvm::Error bitwright::emitArtifact(mlir::ModuleOp module, const TargetSpec &target,
                                    ArtifactKind kind, llvm::StringRef path,
                                    const EmitOptions &options) {
  if (options.group)
    return writeArtifact(module, target, kind, path, options, *options.group);
  OutputGroup group;
  if (llvm::Error error = writeArtifact(module, target, kind, path, options, group))
    return error;
  return group.commit();
}
