// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Convolutions and linear ops on f32: bias in the accumulators, elementwise ops
/// in registers.

#include "passes/Codegen/Contractions/Contraction.h"
#include "passes/Codegen/Contractions/PackedContraction.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;

/// f32 values, padded with zeros to `count`.
static std::vector<char> paddedFloats(ArrayRef<float> values, int64_t count) {
  std::vector<char> bytes(count * 4, 0);
  std::memcpy(bytes.data(), values.data(), values.size() * 4);
  return bytes;
}

LogicalResult bitwright::codegen::emitFloatContraction(Program &p, kernel::LaunchOp unit) {
  Operation *op = unit.getAnchor();
  auto fail = [&](const Twine &message) {
    return op->emitError() << "node '" << bitwright::getNodeName(op->getLoc()) << "': " << message;
  };
  auto weights = bitwright::getFloats(op->getOperand(1));
  if (Type type = p.info(op->getOperand(0)).elementType; !type.isF32())
    return refuseType(op, type);
  if (!weights)
    return fail("the weights must be constants to be compiled");
  std::optional<SmallVector<float>> bias;
  if (op->getNumOperands() > 2 && !(bias = bitwright::getFloats(op->getOperand(2))))
    return fail("the bias must be a constant to be compiled");
  auto c = PackedContraction::create(p, unit, ElementKind::F32, ElementKind::F32);
  if (!c)
    return failure();
  constexpr int64_t result = PackedContraction::FirstOwn;
  auto finish = [&](KernelBuilder &k, Value sums, Value, Value column, Value offset,
                    ValueRange pointers) {
    c->epilogue.store(k, sums, offset, column, pointers.drop_front(result));
  };
  Kernel kernel =
      c->build(isa<qnn::Conv2dOp>(op) ? "conv2d" : "linear", 0, bias.has_value(), 0, finish);
  auto given = [&](int64_t group) -> SmallVector<Value> {
    if (!bias)
      return {p.host.weights()};
    auto part = ArrayRef<float>(*bias).slice(group * c->spec.n, c->spec.n);
    return {p.constant(paddedFloats(part, c->paddedColumns()), op->getLoc())};
  };
  ArrayRef<char> bytes(reinterpret_cast<const char *>(weights->data()), weights->size() * 4);
  c->launch(kernel, bytes, /*perOperation=*/8, given);
  return success();
}
