// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Scales and zero points.

#include "Quantizations.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;

namespace bitwright::onnximport {

/// `value` as float, and of rank 0 where it has one element in one dimension.
static ImportedValue normalizeScale(Node &n, ImportedValue value) {
  if (n.failed())
    return {};
  bool isNarrow = value.elementType == Float16 || value.elementType == BFloat16;
  if (!n.expect(value.elementType == Float || isNarrow,
                "a scale of " + getTypeName(value.elementType) + " is not supported"))
    return {};
  if (isNarrow) {
    if (value.constant)
      value.constant = widenedToFloat(*value.constant);
    else
      value.value = n.cast(value.value, value.elementType, Float);
    value.elementType = Float;
  }
  return value;
}

static ImportedValue toScalar(Node &n, ImportedValue value) {
  if (n.failed() || value.getType().getShape() != ArrayRef<int64_t>{1})
    return value;
  ConstantPtr scalar = value.constant ? reshaped(*value.constant, {}) : nullptr;
  if (scalar) {
    value.constant = scalar;
    value.value = {};
    return value;
  }
  value.value = n.reshape(n.materialize(value), {});
  value.constant = nullptr;
  return value;
}

/// Zeros of the shape of `scale`.
static ImportedValue makeZeroPoint(Node &n, const ImportedValue &scale, int32_t storage) {
  ImportedValue zero;
  zero.elementType = storage;
  ArrayRef<int64_t> shape = scale.getType().getShape();
  if (!n.expect(!llvm::any_of(shape, ShapedType::isDynamic),
                "a scale of dynamic shape needs a zero point"))
    return zero;
  auto type = RankedTensorType::get(shape, getStorageType(n.getContext(), storage));
  int64_t columns = shape.empty() ? 1 : shape.back();
  int64_t width = type.getElementTypeBitWidth();
  int64_t bytes = width == 4 ? (columns ? type.getNumElements() / columns : 0) * ((columns + 1) / 2)
                             : type.getNumElements() * width / 8;
  zero.constant = makeConstant(n.getContext(), storage, shape, std::vector<char>(bytes, 0));
  return zero;
}

static bool isStorage(int32_t type) {
  return type == Int4 || type == UInt4 || type == Int8 || type == UInt8 || type == Int16 ||
         type == UInt16 || type == Int32;
}

QuantizationParameters QuantizationParameters::read(Node &n, unsigned scaleIndex,
                                                    unsigned zeroIndex, int32_t storage,
                                                    int64_t axis, int64_t blockSize, int64_t rank) {
  QuantizationParameters result;
  result.storage = storage;
  if (!n.expect(isStorage(storage), "storage of " + getTypeName(storage) + " is not supported"))
    return result;
  ImportedValue scale = normalizeScale(n, n.getImported(scaleIndex));
  ImportedValue zero;
  if (n.hasInput(zeroIndex)) {
    zero = n.getImported(zeroIndex);
    n.expect(zero.elementType == storage, "the zero point is " + getTypeName(zero.elementType) +
                                              ", but the data is " + getTypeName(storage));
  }
  if (n.failed())
    return result;
  if (blockSize == 0) {
    scale = toScalar(n, scale);
    if (zero)
      zero = toScalar(n, zero);
  }
  result.scale = scale;
  result.zeroPoint = zero ? zero : makeZeroPoint(n, scale, storage);
  if (n.failed())
    return result;
  bool isScalar = scale.getType().getRank() == 0;
  result.axis = isScalar ? 0 : n.normalizeAxis(axis, rank);
  result.blockSize = blockSize;
  return result;
}

Value QuantizationParameters::quantize(Node &n, Value value) const {
  return n.create<qnn::QuantizeOp>({value, n.materialize(scale), n.materialize(zeroPoint)},
                                   {{"axis", n.integer(axis)},
                                    {"block_size", n.integer(blockSize)},
                                    {"is_unsigned", n.unit(isUnsigned(storage))}});
}

Value QuantizationParameters::dequantize(Node &n, Value value) const {
  return n.create<qnn::DequantizeOp>({value, n.materialize(scale), n.materialize(zeroPoint)},
                                     {{"axis", n.integer(axis)},
                                      {"block_size", n.integer(blockSize)},
                                      {"is_unsigned", n.unit(isUnsigned(storage))}});
}

ImportedValue QuantizationParameters::dequantize(Node &n, const ImportedValue &value) const {
  ImportedValue result;
  if (n.failed())
    return result;
  result.elementType = Float;
  result.value = dequantize(n, n.materialize(value));
  if (value.constant && scale.constant && zeroPoint.constant)
    result.dequantized = std::make_shared<DequantizedConstant>(
        DequantizedConstant{value.constant, scale.constant, zeroPoint.constant, axis, blockSize});
  return result;
}

/// One scale for the whole tensor: a single row for qnn.dynamic_quantize.
DynamicallyQuantized quantizeDynamically(Node &n, Value x) {
  Value row = n.reshape(x, {1, -1});
  if (n.failed())
    return {};
  auto rowType = cast<RankedTensorType>(row.getType());
  auto one = RankedTensorType::get({1, 1}, rowType.getElementType());
  Type byte = IntegerType::get(n.getContext(), 8);
  Type types[] = {RankedTensorType::get(rowType.getShape(), byte), one,
                  RankedTensorType::get({1, 1}, byte)};
  Operation *op =
      n.createOperation(qnn::DynamicQuantizeOp::getOperationName(), {row}, {}, TypeRange(types));
  if (!op)
    return {};
  return {n.create<qnn::ReshapeOp>({op->getResult(0), n.shapeOf(x)}),
          n.reshape(op->getResult(1), {}), n.reshape(op->getResult(2), {})};
}

Value dequantizeBias(Node &n, unsigned index, const QuantizationParameters &x,
                     const QuantizationParameters &w) {
  if (n.failed() || !n.hasInput(index))
    return {};
  Value scale;
  auto xs = x.scale.constant ? readFloats(*x.scale.constant) : std::nullopt;
  auto ws = w.scale.constant ? readFloats(*w.scale.constant) : std::nullopt;
  if (xs && ws && xs->size() == 1) {
    std::vector<float> product;
    for (double value : *ws)
      product.push_back(static_cast<float>(xs->front()) * static_cast<float>(value));
    scale = n.materialize(makeFloats(n.getContext(), w.scale.getType().getShape(), product));
  } else {
    scale = n.create<qnn::MulOp>({n.materialize(x.scale), n.materialize(w.scale)});
  }
  if (!scale)
    return {};
  auto type = cast<RankedTensorType>(scale.getType());
  if (!n.expect(type.hasStaticShape(), "expects scales of static shape"))
    return {};
  std::vector<char> zeros(type.getNumElements() * 4, 0);
  Value zero = n.materialize(makeConstant(n.getContext(), Int32, type.getShape(), zeros));
  return n.create<qnn::DequantizeOp>({n.getInput(index), scale, zero}, {{"axis", n.integer(0)}});
}

} // namespace bitwright::onnximport
