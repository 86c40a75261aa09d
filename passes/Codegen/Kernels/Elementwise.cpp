// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Loads, stores and the elementwise ops of a unit on registers: see Elementwise.h.

#include "passes/Codegen/Kernels/Elementwise.h"

using namespace mlir;
using namespace bitwright::codegen;

Value bitwright::codegen::loadElement(KernelBuilder &k, Type elementType, Value base, Value index,
                                      int64_t lanes) {
  Type memory = elementType.isInteger(1) ? k.i8() : elementType;
  Type type = lanes == 1 ? memory : Type(k.vec(memory, lanes));
  Value value = k.load(type, base, index);
  if (elementType.isInteger(1))
    return k.compare(arith::CmpIPredicate::ne, value, k.zero(type));
  return value;
}

void bitwright::codegen::storeElement(KernelBuilder &k, Value value, Type elementType, Value base,
                                      Value index) {
  if (elementType.isInteger(1))
    value = k.extend(value, k.i8(), /*isUnsigned=*/true);
  k.store(value, base, index);
}

Value bitwright::codegen::emitElementwise(KernelBuilder &k, kernel::LaunchOp unit, Value anchor,
                                          function_ref<Value(unsigned)> leaf) {
  llvm::DenseMap<Value, Value> registers;
  if (Operation *op = unit.getAnchor())
    registers[op->getResult(0)] = anchor;
  for (auto [i, value] : llvm::enumerate(unit.getLeaves()))
    registers[value] = leaf(i);
  Value result = anchor;
  for (Operation *op : unit.getElementwise()) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(registers.lookup(operand));
    // Scalars mixed with vectors are repeated.
    Type widest = operands.front().getType();
    for (Value operand : operands)
      if (isa<VectorType>(operand.getType()))
        widest = operand.getType();
    for (Value &operand : operands)
      operand = k.splat(operand, k.like(operand.getType(), widest));
    result = emitElementwise(k, op, operands);
    assert(result && "checkElementwise accepts what emitElementwise emits");
    registers[op->getResult(0)] = result;
  }
  return result;
}
