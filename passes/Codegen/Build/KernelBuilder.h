// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// A small vocabulary for writing kernels: arithmetic that works alike on
/// scalars and vectors, typed memory access through bare pointers, and loops.
/// Kernels are built from arith, scf, vector and llvm ops only, so that every
/// later target lowers them the same way. Arithmetic is what the semantics
/// document says, step by step: nothing is contracted or reassociated here.

#ifndef BITWRIGHT_PASSES_CODEGEN_BUILD_KERNELBUILDER_H
#define BITWRIGHT_PASSES_CODEGEN_BUILD_KERNELBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

namespace bitwright::codegen {

using mlir::Type;
using mlir::Value;
using mlir::ValueRange;

class KernelBuilder {
public:
  /// \param scratchBase memory that only this kernel's body and thread have, 64-byte aligned.
  KernelBuilder(mlir::OpBuilder &builder, mlir::Location loc, Value scratchBase = {})
      : b(builder), loc(loc), scratchBase(scratchBase) {}

  mlir::OpBuilder &builder() { return b; }
  mlir::Location location() const { return loc; }

  // Types.
  Type f32() { return b.getF32Type(); }
  Type f64() { return b.getF64Type(); }
  Type i1() { return b.getI1Type(); }
  Type i8() { return b.getI8Type(); }
  Type i16() { return b.getIntegerType(16); }
  Type i32() { return b.getI32Type(); }
  Type i64() { return b.getI64Type(); }
  Type ptr();
  mlir::VectorType vec(Type element, int64_t lanes) {
    return mlir::VectorType::get({lanes}, element);
  }
  /// `element`, or a vector of it with as many lanes as `shape` has.
  Type like(Type element, Type shape);

  // Constants; `type` may be a vector (splat).
  Value integer(Type type, int64_t value);
  Value number(Type type, double value);
  Value idx(int64_t value) { return integer(i64(), value); }
  /// Zero of any scalar or vector type.
  Value zero(Type type);
  /// Repeats a scalar in all lanes; the identity where `type` is scalar.
  Value splat(Value scalar, Type type);

  // Arithmetic on equal types, integer or float by the operands' type.
  Value add(Value x, Value y);
  Value sub(Value x, Value y);
  Value mul(Value x, Value y);
  Value fdiv(Value x, Value y);
  /// One rounding for x * y + z where the target has it, else two.
  Value fma(Value x, Value y, Value z, bool hasFma);
  Value minimum(Value x, Value y, bool isUnsigned = false);
  Value maximum(Value x, Value y, bool isUnsigned = false);
  Value compare(mlir::arith::CmpFPredicate predicate, Value x, Value y);
  Value compare(mlir::arith::CmpIPredicate predicate, Value x, Value y);
  Value select(Value condition, Value x, Value y);
  Value neg(Value x);
  Value bitAnd(Value x, Value y);
  Value bitOr(Value x, Value y);
  Value bitXor(Value x, Value y);
  Value shl(Value x, int64_t bits);
  Value shrLogical(Value x, int64_t bits);
  Value shrArithmetic(Value x, int64_t bits);
  Value divS(Value x, Value y);
  Value remS(Value x, Value y);
  Value ceilDiv(Value x, int64_t y);

  // Conversions; `to` is the element type wanted, lanes follow the operand.
  Value extend(Value x, Type to, bool isUnsigned);
  Value truncate(Value x, Type to);
  Value toFloat(Value x, Type to, bool isUnsigned);
  Value toInt(Value x, Type to, bool isUnsigned);
  Value bitcast(Value x, Type to);
  /// Casts integers of any width to `to`, extending or truncating.
  Value resize(Value x, Type to, bool isUnsigned);

  // Intrinsics of LLVM that every CPU target has in hardware (SSE4.1 on).
  Value intrinsic(llvm::StringRef name, Type result, ValueRange args);
  Value unary(llvm::StringRef name, Value x);
  Value roundEven(Value x) { return unary("llvm.roundeven", x); }
  Value floor(Value x) { return unary("llvm.floor", x); }
  Value ceil(Value x) { return unary("llvm.ceil", x); }
  Value sqrt(Value x) { return unary("llvm.sqrt", x); }
  Value abs(Value x);

  // Memory. Indices and offsets count elements of `element`.
  Value gep(Value base, Type element, Value index);
  Value gepBytes(Value base, Value bytes) { return gep(base, i8(), bytes); }
  /// Loads a scalar or vector of `type` at base[index].
  Value load(Type type, Value base, Value index);
  Value load(Type type, Value base) { return loadAt(type, base); }
  void store(Value value, Value base, Value index);
  void storeAt(Value value, Value address);
  Value loadAt(Type type, Value address);
  /// The first `count` lanes (i64) of a vector at base[index]; the others are
  /// `fill` and their memory is not touched.
  Value loadFirst(mlir::VectorType type, Value base, Value index, Value count, Value fill);
  void storeFirst(Value value, Value base, Value index, Value count);
  /// The next `bytes` of the kernel's scratch, 64-byte aligned.
  Value scratch(int64_t bytes);
  /// What all calls of scratch() have taken.
  int64_t scratchBytes() const { return scratchUsed; }
  /// A few bytes on the stack, in the entry block of the function. Stacks are small: what is
  /// larger than a register or two is scratch.
  Value stack(int64_t bytes);
  void memcpyBytes(Value dst, Value src, Value bytes);

  // Control.
  using LoopBody = llvm::function_ref<llvm::SmallVector<Value>(Value iv, ValueRange carried)>;
  llvm::SmallVector<Value> loop(Value lower, Value upper, Value step, ValueRange init,
                                LoopBody body);
  void loop(Value lower, Value upper, Value step, llvm::function_ref<void(Value)> body);
  void loop(Value upper, llvm::function_ref<void(Value)> body) {
    loop(idx(0), upper, idx(1), body);
  }
  void ifThen(Value condition, llvm::function_ref<void()> body);
  void ifElse(Value condition, llvm::function_ref<void()> then,
              llvm::function_ref<void()> otherwise);
  Value ifValue(Value condition, Type type, llvm::function_ref<Value()> then,
                llvm::function_ref<Value()> otherwise);

  /// Calls `body(offset, lanes)` for vectors of `lanes` over [lower, upper),
  /// then with lanes == 1 for the tail.
  void vectorLoop(Value lower, Value upper, int64_t lanes,
                  llvm::function_ref<void(Value offset, int64_t lanes)> body);

  // Vector shapes.
  Value shuffle(Value x, Value y, llvm::ArrayRef<int64_t> mask);
  Value extractLane(Value x, int64_t lane);
  /// Combines all lanes in a fixed binary tree.
  Value reduceTree(Value x, llvm::function_ref<Value(Value, Value)> combine);

private:
  Value firstLanes(mlir::VectorType type, Value count);
  mlir::OpBuilder &b;
  mlir::Location loc;
  Value scratchBase;
  int64_t scratchUsed = 0;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_BUILD_KERNELBUILDER_H
