// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The compiled form of one model while it is being built: symbolic sizes,
/// buffers in the arena, packed weights, kernels, and the two entry points.
///
/// A model becomes two host functions. `plan` computes every dynamic size and
/// arena offset from the input dimensions, in straight-line code, into the
/// frame, an array of i64 slots. `invoke` reads it and launches kernels in
/// order. Sizes known at compile time never reach the frame.

#ifndef BITWRIGHT_PASSES_CODEGEN_PLAN_PROGRAM_H
#define BITWRIGHT_PASSES_CODEGEN_PLAN_PROGRAM_H

#include "passes/Codegen/Build/KernelBuilder.h"
#include "passes/Codegen/Target/TargetInfo.h"

#include "bitwright/Target/AbiLayout.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

namespace bitwright::codegen {

/// A size: a constant, or an i64 value of the plan function.
struct Dim {
  int64_t size = 0;
  Value symbol;

  Dim() = default;
  Dim(int64_t size) : size(size) {}
  explicit Dim(Value symbol) : size(-1), symbol(symbol) {}
  bool isStatic() const { return !symbol; }
  bool is(int64_t value) const { return isStatic() && size == value; }
  bool operator==(const Dim &other) const { return size == other.size && symbol == other.symbol; }
  bool operator!=(const Dim &other) const { return !(*this == other); }
};
using Dims = llvm::SmallVector<Dim>;

/// Where a tensor's bytes are. Offsets of arena buffers are decided when all
/// lifetimes are known.
struct Buffer {
  enum class Kind { Arena, Weights, Input, Output };
  Kind kind = Kind::Arena;
  int64_t index = 0; // offset in the weight block, or input / output number
  Dim bytes;         // arena only
  int firstUse = 0, lastUse = 0;
  Dim offset; // arena only, once planned
};

/// A tensor of which memory holds each entry of `dimension` once, for `times`
/// neighbours: the dimension has `held` entries there.
struct Repeat {
  size_t dimension;
  int64_t times;
  Dim held;
};

struct TensorInfo {
  Dims dims;
  Type elementType;
  int buffer = -1;
  /// Integer tensors that depend only on sizes: one entry for each element.
  std::optional<Dims> elements;
  /// Set only where all readers know: see Repeats.cpp.
  std::optional<Repeat> repeat;

  /// The dimensions as they lie in memory.
  Dims heldDims() const {
    Dims held = dims;
    if (repeat)
      held[repeat->dimension] = repeat->held;
    return held;
  }
};

/// A kernel: `body` takes pointers, sizes and scratch, `thunk` unpacks the former from a
/// structure so that the runtime can call it.
struct Kernel {
  mlir::LLVM::LLVMFuncOp body;
  mlir::LLVM::LLVMFuncOp thunk;
};

class Program {
public:
  /// An error word is a status above a node's number plus 1.
  static constexpr int errorNodeBits = 24;

  Program(mlir::ModuleOp module, mlir::func::FuncOp main, const TargetInfo &target,
          const AbiLayout &abi);

  const TargetInfo &getTarget() const { return target; }
  mlir::MLIRContext *getContext() { return module.getContext(); }

  //===--- symbolic sizes (plan function) ---------------------------------===//

  Dim add(Dim x, Dim y) { return combine("add", x, y); }
  Dim sub(Dim x, Dim y) { return combine("sub", x, y); }
  Dim mul(Dim x, Dim y) { return combine("mul", x, y); }
  /// Quotient rounded toward zero; 0 where the divisor is 0.
  Dim div(Dim x, Dim y) { return combine("div", x, y); }
  /// Quotient rounded down, for a positive divisor.
  Dim floorDiv(Dim x, Dim y);
  Dim ceilDiv(Dim x, Dim y) { return floorDiv(sub(add(x, y), 1), y); }
  Dim rem(Dim x, Dim y) { return combine("rem", x, y); }
  Dim min(Dim x, Dim y) { return combine("min", x, y); }
  Dim max(Dim x, Dim y) { return combine("max", x, y); }
  Dim equal(Dim x, Dim y) { return combine("eq", x, y); }
  Dim less(Dim x, Dim y) { return combine("lt", x, y); }
  Dim logicalAnd(Dim x, Dim y) { return mul(x, y); }
  Dim logicalNot(Dim x) { return sub(1, x); }
  Dim select(Dim condition, Dim x, Dim y);
  Dim product(llvm::ArrayRef<Dim> dims);
  /// x / y where both are products: equal factors cancel symbolically.
  Dim divideProducts(llvm::ArrayRef<Dim> numerator, llvm::ArrayRef<Dim> denominator);
  /// Makes the inference fail with BW_ERR_SHAPE at `op` unless `condition`
  /// holds. Inside a region of qnn.if only if that region runs.
  mlir::LogicalResult require(Dim condition, mlir::Operation *op, const llvm::Twine &message);
  /// require that a tensor takes less than 64 TiB, without a product that wraps.
  mlir::LogicalResult requireSize(llvm::ArrayRef<Dim> dims, int64_t elementBytes,
                                  mlir::Operation *op);

  //===--- tensors ---------------------------------------------------------===//

  TensorInfo &info(Value tensor) { return tensors[tensor]; }
  bool isKnown(Value tensor) const { return tensors.count(tensor); }
  Dim numElements(Value tensor) { return product(info(tensor).dims); }
  /// Bytes of one element in memory (i1 and i8: 1).
  static int64_t elementBytes(Type elementType);

  int newArenaBuffer(Dim bytes, int position);
  llvm::SmallVector<Buffer> buffers;
  /// Adds bytes to the weight block; equal blobs share their place.
  int64_t addWeights(llvm::ArrayRef<char> bytes);

  //===--- the invoke function ---------------------------------------------===//

  mlir::OpBuilder &host() { return invokeBuilder; }
  KernelBuilder hostKernel(mlir::Location loc) { return KernelBuilder(invokeBuilder, loc); }
  /// Gives a constant its place in the weight block.
  void ensureBuffer(Value tensor);
  /// The address of a tensor, at the current point of invoke.
  Value pointer(Value tensor, mlir::Location loc);
  Value weightPointer(int64_t offset, mlir::Location loc);
  /// A size as an i64 of invoke.
  Value hostValue(Dim dim, mlir::Location loc);
  /// Memory of invoke for what one call is given; the next call overwrites it.
  Value callMemory(int64_t bytes);
  /// The i32 word that a kernel sets to report an error at run time.
  Value errorWord() { return arenaArgument; }
  Value execArgument, weightsArgument, arenaArgument, inputsArgument, outputsArgument;
  /// The structures that generated code shares with the runtime.
  const AbiLayout abi;

  /// What a kernel stores into errorWord() to fail at `op`.
  int32_t errorCode(mlir::Operation *op, int status);
  int64_t nodeId(mlir::Operation *op);
  int64_t observerId(llvm::StringRef label);

  //===--- kernels ---------------------------------------------------------===//

  enum class Arg { Pointer, Size };
  using KernelBody =
      llvm::function_ref<void(KernelBuilder &, ValueRange args, Value begin, Value end)>;
  /// Returns the kernel for `key`, building it the first time.
  Kernel getKernel(llvm::StringRef name, const std::string &key, llvm::ArrayRef<Arg> args,
                   mlir::Location loc, KernelBody body);
  /// Calls the kernel over [0, n); over several threads if n iterations of
  /// about `cost` operations each are worth it.
  void launch(const Kernel &kernel, llvm::ArrayRef<Value> args, Dim n, int64_t cost,
              mlir::Location loc);

  //===--- phases ----------------------------------------------------------===//

  mlir::LogicalResult begin();
  mlir::LogicalResult planArena();
  mlir::LogicalResult finish();
  /// Set while shapes inside a region of qnn.if are computed: the checks of
  /// that region are collected instead of failing the plan.
  llvm::SmallVector<std::pair<mlir::Operation *, Dim>> *deferredChecks = nullptr;

  mlir::ModuleOp module;
  mlir::func::FuncOp main;

private:
  Dim combine(llvm::StringRef op, Dim x, Dim y);
  Value frameValue(Dim dim);
  int64_t slotFor(Dim dim);
  mlir::LLVM::LLVMFuncOp declare(llvm::StringRef name, Type result, llvm::ArrayRef<Type> args,
                                 bool exported);
  void finishPlan();
  void buildDescriptorAttributes();
  void planStatically(llvm::ArrayRef<int> arena);
  void planDynamically(llvm::ArrayRef<int> arena);

  const TargetInfo &target;
  std::string modelName;
  int64_t scratchBytes = 0;
  mlir::OpBuilder frameBuilder, invokeBuilder, moduleBuilder;
  AbiLayout::Struct layOutArguments(llvm::ArrayRef<Type> types) const;

  mlir::LLVM::LLVMFuncOp planFunction, invokeFunction;
  Value framePointer, scratchPointer, callBlock; // in invoke
  int64_t callBytes = 8;
  Value frameStatus, frameFailed;
  llvm::DenseMap<Value, TensorInfo> tensors;
  llvm::StringMap<Dim> memo;
  llvm::DenseMap<Value, int64_t> valueNumbers;
  llvm::DenseSet<Value> checkedSizes; ///< Conditions that requireSize required.
  llvm::DenseMap<Value, int64_t> slots;
  llvm::SmallVector<Dim> slotDims;
  Dim arenaBytes = 64;
  std::vector<char> weights;
  llvm::StringMap<int64_t> weightOffsets;
  llvm::StringMap<Kernel> kernels;
  llvm::StringMap<int> kernelNames;
  llvm::MapVector<mlir::Operation *, int64_t> nodes;
  llvm::SmallVector<std::string> nodeNames, observerNames;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PLAN_PROGRAM_H
