// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Calls of a processor's intrinsics become calls of C functions that read their
/// operands from memory: no vector crosses a calling convention.

#include "test/twins/Twins.h"
#include "bitwright/Support/Error.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Module.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include <set>

using namespace bitwright;

//===--- The library ------------------------------------------------------===//

static llvm::Error addSymbols(const llvm::object::ObjectFile &file, llvm::StringSet<> &symbols) {
  using llvm::object::SymbolRef;
  for (const SymbolRef &symbol : file.symbols()) {
    llvm::Expected<uint32_t> flags = symbol.getFlags();
    llvm::Expected<llvm::StringRef> name = symbol.getName();
    if (!flags || !name)
      return llvm::joinErrors(flags.takeError(), name.takeError());
    if ((*flags & SymbolRef::SF_Global) && !(*flags & SymbolRef::SF_Undefined))
      symbols.insert(*name);
  }
  return llvm::Error::success();
}

static llvm::Error addArchive(const llvm::object::Archive &archive, llvm::StringSet<> &symbols) {
  llvm::Error error = llvm::Error::success();
  for (const llvm::object::Archive::Child &child : archive.children(error)) {
    llvm::Expected<std::unique_ptr<llvm::object::Binary>> member = child.getAsBinary();
    if (!member)
      return llvm::joinErrors(std::move(error), member.takeError());
    auto *file = llvm::dyn_cast<llvm::object::ObjectFile>(member->get());
    if (!file)
      return llvm::joinErrors(std::move(error), makeError("a member is no object"));
    if (llvm::Error failed = addSymbols(*file, symbols))
      return llvm::joinErrors(std::move(error), std::move(failed));
  }
  return error;
}

llvm::Expected<TwinLibrary> TwinLibrary::open(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeError("cannot open '" + path + "': " + buffer.getError().message());
  auto binary = llvm::object::createBinary((*buffer)->getMemBufferRef());
  if (!binary)
    return makeError("'" + path +
                     "' is no library of twins: " + llvm::toString(binary.takeError()));
  TwinLibrary library;
  library.path = path.str();
  library.bytes = (*buffer)->getBuffer().str();
  llvm::Error error = llvm::Error::success();
  if (auto *archive = llvm::dyn_cast<llvm::object::Archive>(binary->get()))
    error = llvm::joinErrors(std::move(error), addArchive(*archive, library.symbols));
  else if (auto *file = llvm::dyn_cast<llvm::object::ObjectFile>(binary->get()))
    error = llvm::joinErrors(std::move(error), addSymbols(*file, library.symbols));
  if (error)
    return std::move(error);
  return library;
}

std::vector<std::string> TwinLibrary::getSymbols() const {
  std::vector<std::string> names;
  for (llvm::StringRef name : symbols.keys())
    names.push_back(name.str());
  llvm::sort(names);
  return names;
}

//===--- Replacing --------------------------------------------------------===//

static std::string getTwinName(llvm::StringRef intrinsic) {
  intrinsic.consume_front("llvm.");
  std::string name = ("bw_twin_" + intrinsic).str();
  llvm::replace(name, '.', '_');
  return name;
}

/// Values of some types never lie in memory: tokens, metadata, tiles of AMX.
static bool isStorable(llvm::Type *type) {
  return type->isSized() && !type->isX86_AMXTy() && !type->isTokenTy() && !type->isMetadataTy() &&
         !type->isScalableTy();
}

/// A place on the stack, allocated once for each call of the function.
static llvm::AllocaInst *createSlot(llvm::Function &function, llvm::Type *type) {
  llvm::IRBuilder<> builder(&*function.getEntryBlock().getFirstInsertionPt());
  return builder.CreateAlloca(type);
}

static llvm::Error replaceCall(llvm::CallInst &call, llvm::StringRef twin) {
  llvm::Function &function = *call.getFunction();
  llvm::IRBuilder<> builder(&call);
  llvm::PointerType *ptr = builder.getPtrTy();
  bool hasResult = !call.getType()->isVoidTy();
  llvm::SmallVector<llvm::Value *> arguments = {llvm::ConstantPointerNull::get(ptr)};
  if (hasResult && isStorable(call.getType()))
    arguments.front() = createSlot(function, call.getType());
  else if (hasResult)
    return makeError("the result of '" + call.getCalledFunction()->getName() +
                     "' cannot be passed through memory");
  for (llvm::Value *operand : call.args()) {
    if (!isStorable(operand->getType()))
      return makeError("an operand of '" + call.getCalledFunction()->getName() +
                       "' cannot be passed through memory");
    arguments.push_back(createSlot(function, operand->getType()));
    builder.CreateStore(operand, arguments.back());
  }
  llvm::SmallVector<llvm::Type *> types(arguments.size(), ptr);
  auto *type = llvm::FunctionType::get(builder.getVoidTy(), types, /*isVarArg=*/false);
  llvm::FunctionCallee callee = call.getModule()->getOrInsertFunction(twin, type);
  llvm::cast<llvm::Function>(callee.getCallee())
      ->setVisibility(llvm::GlobalValue::HiddenVisibility);
  builder.CreateCall(callee, arguments)->setDoesNotThrow();
  if (hasResult)
    call.replaceAllUsesWith(builder.CreateLoad(call.getType(), arguments.front()));
  call.eraseFromParent();
  return llvm::Error::success();
}

/// The calls that only some processors can execute.
static llvm::SmallVector<llvm::CallInst *> findCalls(llvm::Module &module) {
  llvm::SmallVector<llvm::CallInst *> calls;
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::instructions(function))
      if (auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction)) {
        llvm::Function *callee = call->getCalledFunction();
        if (call->isInlineAsm() || (callee && callee->isTargetIntrinsic()))
          calls.push_back(call);
      }
  return calls;
}

llvm::Error TwinLibrary::replaceIntrinsics(llvm::Module &module,
                                           llvm::StringMap<unsigned> &replaced) const {
  llvm::SmallVector<llvm::CallInst *> calls = findCalls(module);
  std::set<std::string> missing;
  for (llvm::CallInst *call : calls) {
    if (call->isInlineAsm())
      missing.insert("inline assembly");
    else if (!symbols.contains(getTwinName(call->getCalledFunction()->getName())))
      missing.insert("'" + call->getCalledFunction()->getName().str() + "'");
  }
  if (!missing.empty())
    return makeError("the generated code uses " + llvm::join(missing, " and ") +
                     ", which has no twin in '" + path + "'");
  for (llvm::CallInst *call : calls) {
    std::string name = call->getCalledFunction()->getName().str();
    if (llvm::Error error = replaceCall(*call, getTwinName(name)))
      return error;
    ++replaced[name];
  }
  return llvm::Error::success();
}

CodeReplacement TwinLibrary::getReplacement(llvm::StringMap<unsigned> &replaced) const {
  CodeReplacement replacement;
  replacement.rewrite = [this, &replaced](llvm::Module &module) {
    return replaceIntrinsics(module, replaced);
  };
  replacement.object = bytes;
  replacement.symbols = symbols;
  return replacement;
}
