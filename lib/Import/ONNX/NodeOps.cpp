// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// How a node makes qnn ops: types are inferred, and each op is verified at
/// once, so that what is wrong is reported for the node that caused it.

#include "FirstError.h"
#include "GraphImporter.h"
#include "Node.h"
#include "dialects/QNN/QNNOps.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;

namespace bitwright::onnximport {

namespace {

/// The properties of an op that does not exist yet.
class TemporaryProperties {
public:
  TemporaryProperties(OperationName name)
      : name(name), storage(name.getOpPropertyByteSize()),
        properties(storage.empty() ? nullptr : storage.data()) {
    if (properties)
      name.initOpProperties(properties, OpaqueProperties(nullptr));
  }
  ~TemporaryProperties() {
    if (properties)
      name.destroyOpProperties(properties);
  }
  OpaqueProperties get() { return properties; }

private:
  OperationName name;
  std::vector<char> storage;
  OpaqueProperties properties;
};

} // namespace

LogicalResult Node::inferTypes(OperationState &state) {
  DictionaryAttr attributes = state.attributes.getDictionary(getContext());
  TemporaryProperties properties(state.name);
  auto emit = [&] { return emitError(loc); };
  if (properties.get() && mlir::failed(state.name.setOpPropertiesFromAttribute(
                              state.name, properties.get(), attributes, emit)))
    return failure();
  auto *interface = state.name.getInterface<InferTypeOpInterface>();
  return interface->inferReturnTypes(getContext(), loc, state.operands, attributes,
                                     properties.get(), {}, state.types);
}

/// Bounds the size of what the op makes.
LogicalResult Node::checkResults(Operation *op) {
  for (Type type : op->getResultTypes()) {
    auto tensor = llvm::cast<RankedTensorType>(type);
    if (tensor.getRank() > maxRank)
      return emitError(loc) << "the result has rank " << tensor.getRank() << ", more than "
                            << maxRank;
    int64_t count = 1;
    for (int64_t size : tensor.getShape())
      if (!ShapedType::isDynamic(size) &&
          (llvm::MulOverflow(count, size, count) || count > maxElements))
        return emitError(loc) << "the result has more than 2^36 elements";
  }
  return success();
}

Operation *Node::createOperation(StringRef name, ArrayRef<Value> operands, Attributes attributes,
                                 TypeRange types) {
  if (hasFailed)
    return nullptr;
  OperationState state(loc, name);
  for (Value operand : operands)
    if (operand)
      state.operands.push_back(operand);
  for (auto [key, attribute] : attributes)
    if (attribute)
      state.addAttribute(key, attribute);
  state.addTypes(types);
  std::string problem;
  Operation *op = nullptr;
  {
    // fail() reports through the context too, so the listener must be gone by then.
    FirstError error(getContext());
    if (!types.empty() || mlir::succeeded(inferTypes(state)))
      op = getBuilder().create(state);
    bool isValid = op && mlir::succeeded(op->getName().verifyInvariants(op)) &&
                   mlir::succeeded(checkResults(op));
    if (isValid)
      return op;
    problem = error.get().str();
  }
  if (op)
    op->erase();
  fail(problem);
  return nullptr;
}

//===--- constants --------------------------------------------------------===//

Value Node::materialize(const ImportedValue &value) {
  return value.constant ? materialize(value.constant) : value.value;
}

Value Node::materialize(const ConstantPtr &constant) {
  if (hasFailed || !constant)
    return {};
  return graph.materialize(*constant);
}

Value Node::createIntegers(ArrayRef<int64_t> values) {
  return materialize(makeIntegers(getContext(), {static_cast<int64_t>(values.size())}, values));
}

Value Node::createInteger(int64_t value) {
  return materialize(makeIntegers(getContext(), {}, value));
}

Value Node::createScalar(int32_t elementType, double value) {
  return hasFailed ? Value() : createScalar(getStorageType(getContext(), elementType), value);
}

Value Node::createScalar(Type elementType, double value) {
  if (hasFailed)
    return {};
  auto type = RankedTensorType::get({}, elementType);
  Attribute element;
  bool isFloat = isa<FloatType>(type.getElementType());
  if (!expect(isFloat || (value == std::trunc(value) && std::abs(value) < 0x1p63),
              "cannot multiply, add or fill integers with " + std::to_string(value)))
    return {};
  if (isFloat)
    element = FloatAttr::get(type.getElementType(), value);
  else
    element = IntegerAttr::get(type.getElementType(),
                               APInt(type.getElementTypeBitWidth(),
                                     static_cast<uint64_t>(static_cast<int64_t>(value)),
                                     /*isSigned=*/false, /*implicitTrunc=*/true));
  return graph.createDense(DenseElementsAttr::get(type, element), loc);
}

//===--- small ops --------------------------------------------------------===//

Attribute Node::ints(ArrayRef<int64_t> values) {
  return DenseI64ArrayAttr::get(getContext(), values);
}
Attribute Node::integer(int64_t value) {
  return IntegerAttr::get(IntegerType::get(getContext(), 64), value);
}
Attribute Node::number(double value) {
  return FloatAttr::get(Float64Type::get(getContext()), value);
}
Attribute Node::unit(bool value) {
  return value ? Attribute(UnitAttr::get(getContext())) : Attribute();
}

Value Node::cast(Value value, int32_t from, int32_t to) {
  if (hasFailed || !value)
    return {};
  Type element = getStorageType(getContext(), to);
  auto type = llvm::cast<RankedTensorType>(value.getType());
  if (from == to)
    return value;
  Operation *op = createOperation(
      qnn::CastOp::getOperationName(), {value},
      {{"unsigned_input", unit(isUnsigned(from))}, {"unsigned_result", unit(isUnsigned(to))}},
      RankedTensorType::get(type.getShape(), element));
  return op ? op->getResult(0) : Value();
}

Value Node::transpose(Value value, ArrayRef<int64_t> perm) {
  return create<qnn::TransposeOp>({value}, {{"perm", ints(perm)}});
}

Value Node::squeeze(Value value, ArrayRef<int64_t> axes) {
  return create<qnn::SqueezeOp>({value}, {{"axes", ints(axes)}});
}

Value Node::unsqueeze(Value value, ArrayRef<int64_t> axes) {
  return create<qnn::UnsqueezeOp>({value}, {{"axes", ints(axes)}});
}

Value Node::reshape(Value value, ArrayRef<int64_t> shape) {
  return create<qnn::ReshapeOp>({value, createIntegers(shape)});
}

Value Node::shapeOf(Value value) {
  if (hasFailed)
    return {};
  auto type = llvm::cast<RankedTensorType>(value.getType());
  if (type.hasStaticShape())
    return createIntegers(type.getShape());
  return create<qnn::ShapeOp>({value}, {{"start", integer(0)}, {"end", integer(type.getRank())}});
}

} // namespace bitwright::onnximport
