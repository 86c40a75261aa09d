// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Loads, stores and groups of elementwise ops on registers: see Elementwise.h.

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

Value bitwright::codegen::emitGroup(KernelBuilder &k, const Group &group,
                                    function_ref<Value(unsigned)> leaf) {
  llvm::DenseMap<Value, Value> registers;
  for (auto [i, value] : llvm::enumerate(group.leaves))
    registers[value] = leaf(i);
  Value result;
  for (Operation *op : group.members) {
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
