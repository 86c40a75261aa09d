// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// LLVM's optimizer and code generator, set up so that the numbers stay what
/// the IR says: no fast-math, no contraction, no library functions.

#include "Descriptor.h"
#include "bitwright/Support/Error.h"
#include "bitwright_rt/abi.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Target/TargetMachine.h"

using namespace bitwright;
using namespace bitwright::detail;

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createMachine(const TargetSpec &target) {
  std::string message;
  llvm::Triple triple(target.triple);
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!found)
    return makeError("target '" + target.triple + "' is not supported: " + message);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  options.MCOptions.AsmVerbose = true;
  std::unique_ptr<llvm::TargetMachine> machine(
      found->createTargetMachine(triple, target.cpu, target.features, options, llvm::Reloc::PIC_,
                                 std::nullopt, llvm::CodeGenOptLevel::Aggressive));
  if (!machine)
    return makeError("target '" + target.triple + "' cannot generate code");
  return machine;
}

/// Shape arithmetic of a whole model: one block of thousands of integer
/// operations, on which analyses of value ranges take minutes and which runs in
/// microseconds as it is.
static bool isShapeArithmetic(const llvm::Function &function) {
  constexpr size_t mostOptimized = 1000;
  return function.size() == 1 && function.front().size() > mostOptimized &&
         llvm::none_of(function.front(), [](const llvm::Instruction &instruction) {
           return instruction.getType()->isVectorTy() || llvm::isa<llvm::CallInst>(instruction);
         });
}

/// Bodies of kernels run on threads with small stacks, and their scratch is not on them.
static constexpr uint64_t maxFrameBytes = uint64_t(16) * 1024;

static void setAttributes(llvm::Module &module, const TargetSpec &target) {
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.cpu);
    function.addFnAttr("tune-cpu", target.tuneCpu);
    if (!target.features.empty())
      function.addFnAttr("target-features", target.features);
    if (target.arch == BW_ARCH_X86_64 && target.cpuBits & BW_X86_64_AVX512F)
      function.addFnAttr("prefer-vector-width", "512");
    function.addFnAttr(llvm::Attribute::NoUnwind);
    function.addFnAttr("warn-stack-size", std::to_string(maxFrameBytes));
    if (isShapeArithmetic(function)) {
      function.addFnAttr(llvm::Attribute::NoInline);
      function.addFnAttr(llvm::Attribute::OptimizeNone);
    }
  }
}

/// What optimizations may call. A copy through a view may become a memmove nevertheless, which
/// every C implementation has beside these, freestanding ones too.
static llvm::TargetLibraryInfoImpl getLibrary(const llvm::Triple &triple) {
  llvm::TargetLibraryInfoImpl library(triple);
  library.disableAllFunctions();
  library.setAvailable(llvm::LibFunc_memcpy);
  library.setAvailable(llvm::LibFunc_memset);
  return library;
}

static void runPipeline(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graphs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  llvm::TargetLibraryInfoImpl library = getLibrary(machine.getTargetTriple());
  functions.registerPass([&] { return llvm::TargetLibraryAnalysis(library); });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(graphs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, graphs, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3).run(module, modules);
}

llvm::Error detail::optimizeModule(llvm::Module &module, const TargetSpec &target) {
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine = createMachine(target);
  if (!machine)
    return machine.takeError();
  setAttributes(module, target);
  runPipeline(module, **machine);
  return llvm::Error::success();
}

/// Keeps a message about the first function whose frame is too large.
static void checkFrames(llvm::LLVMContext &context, std::string &message) {
  auto handle = [](const llvm::DiagnosticInfo *info, void *found) {
    const auto *frame = llvm::dyn_cast<llvm::DiagnosticInfoStackSize>(info);
    std::string &text = *static_cast<std::string *>(found);
    if (frame && text.empty())
      text = ("function '" + frame->getFunction().getName() + "' takes " +
              llvm::Twine(frame->getStackSize()) + " bytes of stack, expected at most " +
              llvm::Twine(frame->getStackLimit()))
                 .str();
  };
  context.setDiagnosticHandlerCallBack(handle, &message);
}

llvm::Expected<llvm::SmallVector<char, 0>> detail::generateCode(llvm::Module &module,
                                                                const TargetSpec &target,
                                                                bool asText, bool limitFrames) {
  std::string message;
  checkFrames(module.getContext(), message);
  if (llvm::Error error = optimizeModule(module, target))
    return std::move(error);
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine = createMachine(target);
  if (!machine)
    return machine.takeError();
  llvm::SmallVector<char, 0> output;
  llvm::raw_svector_ostream stream(output);
  llvm::legacy::PassManager passes;
  passes.add(new llvm::TargetLibraryInfoWrapperPass(getLibrary((*machine)->getTargetTriple())));
  auto kind = asText ? llvm::CodeGenFileType::AssemblyFile : llvm::CodeGenFileType::ObjectFile;
  if ((*machine)->addPassesToEmitFile(passes, stream, nullptr, kind))
    return makeError("target '" + target.triple + "' cannot write this kind of file");
  passes.run(module);
  module.getContext().setDiagnosticHandler(nullptr);
  if (limitFrames && !message.empty())
    return makeError(message);
  return output;
}

llvm::Error detail::checkUndefinedSymbols(llvm::StringRef object,
                                          const llvm::StringSet<> &offered) {
  auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "object"));
  if (!file)
    return file.takeError();
  for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
    llvm::Expected<uint32_t> flags = symbol.getFlags();
    llvm::Expected<llvm::StringRef> name = symbol.getName();
    if (!flags || !name)
      return llvm::joinErrors(flags.takeError(), name.takeError());
    if (!(*flags & llvm::object::SymbolRef::SF_Undefined) || name->empty())
      continue;
    bool isRuntime =
        *name == "memcpy" || *name == "memmove" || *name == "memset" || name->starts_with("bw_");
    if (!isRuntime && !offered.contains(*name))
      return makeError("the generated code calls '" + *name +
                       "', which the runtime does not offer");
  }
  return llvm::Error::success();
}
