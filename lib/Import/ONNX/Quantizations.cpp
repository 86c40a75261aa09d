// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Scales and zero points.

#include "Quantizations.h"
#include "bitwright/Numerics/Packing.h"
#include "dialects/QNN/QNNOps.h"
#include <cmath>

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

/// Whether the scale has the shape that the granularity asks for; the op's verifier says what is
/// wrong where not.
static bool fitsGranularity(const DequantizedConstant &constant) {
  ArrayRef<int64_t> data = constant.data->type.getShape(), scale = constant.scale->type.getShape();
  if (constant.zeroPoint->type.getShape() != scale)
    return false;
  if (scale.empty())
    return true;
  if (constant.blockSize == 0)
    return scale.size() == 1 && scale[0] == data[constant.axis];
  SmallVector<int64_t> expected(data);
  if (expected.size() != scale.size())
    return false;
  int64_t &size = expected[constant.axis];
  size = (size + constant.blockSize - 1) / constant.blockSize;
  return scale == ArrayRef(expected);
}

ImportedValue QuantizationParameters::dequantize(Node &n, const ImportedValue &value) const {
  ImportedValue result;
  if (n.failed())
    return result;
  result.elementType = Float;
  if (!value.constant || !scale.constant || !zeroPoint.constant) {
    result.value = dequantize(n, n.materialize(value));
    return result;
  }
  DequantizedConstant constant{value.constant, scale.constant, zeroPoint.constant, axis, blockSize};
  if (fitsGranularity(constant))
    makeScalesPositive(constant);
  QuantizationParameters parameters = *this;
  parameters.scale.constant = constant.scale;
  parameters.zeroPoint.constant = constant.zeroPoint;
  result.value = parameters.dequantize(n, n.materialize(constant.data));
  result.dequantized = std::make_shared<DequantizedConstant>(std::move(constant));
  return result;
}

//===--- scales that are not positive -------------------------------------===//

/// Which scale belongs to each element, for constants of DequantizedConstant's three granularities.
static std::vector<int64_t> getScalePlaces(const DequantizedConstant &constant) {
  ArrayRef<int64_t> shape = constant.data->type.getShape();
  std::vector<int64_t> places(constant.data->type.getNumElements(), 0);
  if (constant.scale->type.getRank() == 0)
    return places;
  int64_t inner = 1, size = shape[constant.axis], block = constant.blockSize;
  for (int64_t dim : shape.drop_front(constant.axis + 1))
    inner *= dim;
  int64_t blocks = block ? (size + block - 1) / block : 1;
  for (int64_t i = 0, count = places.size(); i < count; ++i) {
    int64_t outer = i / inner / size, at = i / inner % size;
    places[i] = block ? (outer * blocks + at / block) * inner + i % inner : at;
  }
  return places;
}

static std::vector<int8_t> readCodes(const Constant &constant) {
  if (constant.type.getElementType().isInteger(8))
    return std::vector<int8_t>(constant.bytes.begin(), constant.bytes.end());
  int64_t columns = constant.type.getRank() ? constant.type.getShape().back() : 1;
  return unpackNibbles(constant.bytes, columns, isUnsigned(constant.elementType));
}

static ConstantPtr writeCodes(const Constant &like, ArrayRef<int8_t> codes) {
  std::vector<char> bytes(codes.begin(), codes.end());
  if (!like.type.getElementType().isInteger(8))
    bytes = packNibbles(codes, like.type.getRank() ? like.type.getShape().back() : 1);
  ConstantPtr result =
      makeConstant(like.type.getContext(), like.elementType, like.type.getShape(), bytes);
  result->name = like.name;
  return result;
}

/// (q - z) s = (~q - ~z) (-s), with all bits turned over, signed or not; (q - z) 0 = (z - z) 1.
void makeScalesPositive(DequantizedConstant &constant) {
  std::optional<std::vector<double>> scales = readFloats(*constant.scale);
  unsigned width = constant.data->type.getElementTypeBitWidth();
  if (!scales || (width != 4 && width != 8) ||
      llvm::none_of(*scales, [](double scale) { return scale <= 0; }))
    return;
  std::vector<int64_t> places = getScalePlaces(constant);
  std::vector<int8_t> codes = readCodes(*constant.data), zeros = readCodes(*constant.zeroPoint);
  for (auto [code, place] : llvm::zip(codes, places)) {
    double scale = (*scales)[place];
    code = scale == 0 ? zeros[place] : static_cast<int8_t>(scale < 0 ? ~code : code);
  }
  std::vector<float> positive;
  for (auto [zero, scale] : llvm::zip(zeros, *scales)) {
    zero = static_cast<int8_t>(scale < 0 ? ~zero : zero);
    positive.push_back(scale == 0 ? 1.0f : static_cast<float>(std::fabs(scale)));
  }
  constant.data = writeCodes(*constant.data, codes);
  constant.zeroPoint = writeCodes(*constant.zeroPoint, zeros);
  constant.scale =
      makeFloats(constant.data->type.getContext(), constant.scale->type.getShape(), positive);
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
