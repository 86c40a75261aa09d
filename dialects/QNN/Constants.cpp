// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Constant tensors between `dense` attributes, the WeightStore and C++ values.

#include "dialects/QNN/Constants.h"

#include "dialects/QNN/QNNOps.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace mlir;

namespace bitwright {

namespace {

/// Elements along the last axis, and how often that axis is repeated.
struct Rows {
  int64_t count = 1;
  int64_t length = 1;
};

Rows getRows(RankedTensorType type) {
  Rows rows;
  if (type.getRank() == 0)
    return rows;
  rows.length = type.getShape().back();
  for (int64_t dim : type.getShape().drop_back())
    rows.count *= dim;
  return rows;
}

bool isPacked(Type elementType) { return elementType.isInteger(4); }

int64_t readInteger(const char *data, unsigned bytes) {
  uint64_t value = 0;
  for (unsigned i = 0; i < bytes; ++i)
    value |= uint64_t(uint8_t(data[i])) << (8 * i);
  return bytes == 8 ? int64_t(value) : llvm::SignExtend64(value, 8 * bytes);
}

void writeInteger(char *data, unsigned bytes, uint64_t value) {
  for (unsigned i = 0; i < bytes; ++i)
    data[i] = char(value >> (8 * i));
}

/// Packs sign-extended or unsigned values into the layout of `type`.
std::vector<char> packIntegers(RankedTensorType type, ArrayRef<int64_t> values) {
  std::vector<char> bytes(getByteSize(type), 0);
  if (isPacked(type.getElementType())) {
    Rows rows = getRows(type);
    int64_t stride = (rows.length + 1) / 2;
    for (int64_t i = 0, e = values.size(); i < e; ++i) {
      int64_t column = i % rows.length;
      char &byte = bytes[(i / rows.length) * stride + column / 2];
      byte = char(uint8_t(byte) | ((values[i] & 15) << (4 * (column % 2))));
    }
    return bytes;
  }
  bool isBool = type.getElementType().isInteger(1);
  unsigned width = isBool ? 1 : type.getElementTypeBitWidth() / 8;
  for (size_t i = 0; i < values.size(); ++i)
    writeInteger(&bytes[i * width], width, isBool ? values[i] & 1 : values[i]);
  return bytes;
}

ConstantData readDense(DenseElementsAttr dense, RankedTensorType type) {
  ConstantData data;
  data.type = type;
  Type elementType = type.getElementType();
  if (elementType.isInteger(1) || isPacked(elementType)) {
    SmallVector<int64_t> values;
    for (const APInt &value : dense.getValues<APInt>())
      values.push_back(value.getZExtValue());
    data.storage = std::make_shared<std::vector<char>>(packIntegers(type, values));
  } else {
    ArrayRef<char> raw = dense.getRawData();
    auto bytes = std::make_shared<std::vector<char>>();
    if (dense.isSplat())
      for (int64_t i = 0, e = type.getNumElements(); i < e; ++i)
        bytes->insert(bytes->end(), raw.begin(), raw.end());
    else
      bytes->assign(raw.begin(), raw.end());
    data.storage = std::move(bytes);
  }
  data.bytes = *data.storage;
  return data;
}

} // namespace

int64_t getByteSize(RankedTensorType type) {
  Type elementType = type.getElementType();
  if (!type.hasStaticShape() || !elementType.isIntOrFloat())
    return -1;
  unsigned bits = elementType.getIntOrFloatBitWidth();
  if (bits != 1 && bits != 4 && bits % 8 != 0)
    return -1;
  bool packed = isPacked(elementType);
  if (packed && type.getRank() == 0)
    return 1;
  int64_t size = packed ? 1 : bits == 1 ? 1 : bits / 8;
  for (auto [index, dim] : llvm::enumerate(type.getShape())) {
    bool last = int64_t(index) + 1 == type.getRank();
    int64_t factor = packed && last ? dim / 2 + dim % 2 : dim;
    if (llvm::MulOverflow(size, factor, size))
      return -1;
  }
  return size;
}

ConstantData getConstantData(TypedAttr attr) {
  auto type = cast<RankedTensorType>(attr.getType());
  if (auto dense = dyn_cast<DenseElementsAttr>(attr))
    return readDense(dense, type);
  ConstantData data;
  data.type = type;
  if (auto weight = dyn_cast<qnn::WeightAttr>(attr))
    if (auto bytes = qnn::getWeightStore(attr.getContext()).lookup(weight.getHash()))
      data.bytes = *bytes;
  return data;
}

bool isConstantValue(Value value) { return value.getDefiningOp<qnn::ConstantOp>() != nullptr; }

bool isScalarConstant(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return isConstantValue(value) && type && type.hasStaticShape() && type.getNumElements() == 1;
}

std::optional<ConstantData> getConstant(Value value) {
  auto constant = value ? value.getDefiningOp<qnn::ConstantOp>() : qnn::ConstantOp();
  if (!constant)
    return std::nullopt;
  ConstantData data = getConstantData(constant.getValue());
  if (int64_t(data.bytes.size()) != getByteSize(data.type))
    return std::nullopt;
  return data;
}

TypedAttr makeConstantAttr(RankedTensorType type, ArrayRef<char> bytes) {
  assert(int64_t(bytes.size()) == getByteSize(type) && "constant of the wrong size");
  if (type.getNumElements() > maxDenseElements) {
    StringRef hash = qnn::getWeightStore(type.getContext()).add(bytes);
    return qnn::WeightAttr::get(type.getContext(), hash, type);
  }
  Type elementType = type.getElementType();
  if (type.getNumElements() == 0 || elementType.isInteger(1) || isPacked(elementType)) {
    SmallVector<APInt> values;
    for (int64_t value :
         getIntegers(ConstantData{type, bytes, nullptr}).value_or(SmallVector<int64_t>()))
      values.push_back(APInt(elementType.getIntOrFloatBitWidth(), uint64_t(value),
                             /*isSigned=*/false, /*implicitTrunc=*/true));
    if (isa<FloatType>(elementType))
      return DenseElementsAttr::get(type, ArrayRef<APFloat>());
    return DenseElementsAttr::get(type, values);
  }
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

Value createConstant(OpBuilder &builder, Location loc, RankedTensorType type,
                     ArrayRef<char> bytes) {
  return qnn::ConstantOp::create(builder, loc, makeConstantAttr(type, bytes));
}

std::optional<SmallVector<int64_t>> getIntegers(const ConstantData &data) {
  Type elementType = data.type.getElementType();
  if (!elementType.isInteger())
    return std::nullopt;
  int64_t count = data.type.getNumElements();
  SmallVector<int64_t> values;
  values.reserve(count);
  if (isPacked(elementType)) {
    Rows rows = getRows(data.type);
    int64_t stride = (rows.length + 1) / 2;
    for (int64_t i = 0; i < count; ++i) {
      int64_t column = i % rows.length;
      uint8_t byte = data.bytes[(i / rows.length) * stride + column / 2];
      values.push_back(llvm::SignExtend64<4>((byte >> (4 * (column % 2))) & 15));
    }
    return values;
  }
  bool isBool = elementType.isInteger(1);
  unsigned width = isBool ? 1 : elementType.getIntOrFloatBitWidth() / 8;
  for (int64_t i = 0; i < count; ++i) {
    int64_t value = readInteger(data.bytes.data() + i * width, width);
    values.push_back(isBool ? value != 0 : value);
  }
  return values;
}

std::optional<SmallVector<int64_t>> getIntegers(Value value) {
  std::optional<ConstantData> data = getConstant(value);
  return data ? getIntegers(*data) : std::nullopt;
}

std::optional<SmallVector<float>> getFloats(const ConstantData &data) {
  auto floatType = dyn_cast<FloatType>(data.type.getElementType());
  if (!floatType || !isa<Float32Type, Float16Type, BFloat16Type, Float64Type>(floatType))
    return std::nullopt;
  int64_t count = data.type.getNumElements();
  unsigned width = floatType.getWidth() / 8;
  SmallVector<float> values(count);
  if (floatType.isF32()) {
    if (count)
      std::memcpy(values.data(), data.bytes.data(), count * width);
    return values;
  }
  for (int64_t i = 0; i < count; ++i) {
    uint64_t bits = uint64_t(readInteger(data.bytes.data() + i * width, width));
    APInt raw(floatType.getWidth(), bits, /*isSigned=*/false, /*implicitTrunc=*/true);
    APFloat value(floatType.getFloatSemantics(), raw);
    bool losesInfo = false;
    value.convert(APFloat::IEEEsingle(), APFloat::rmNearestTiesToEven, &losesInfo);
    values[i] = value.convertToFloat();
  }
  return values;
}

std::optional<SmallVector<float>> getFloats(Value value) {
  std::optional<ConstantData> data = getConstant(value);
  return data ? getFloats(*data) : std::nullopt;
}

Value createFloats(OpBuilder &builder, Location loc, ArrayRef<int64_t> shape,
                   ArrayRef<float> values) {
  auto type = RankedTensorType::get(shape, builder.getF32Type());
  ArrayRef<char> bytes(reinterpret_cast<const char *>(values.data()),
                       values.size() * sizeof(float));
  return createConstant(builder, loc, type, bytes);
}

Value createIntegers(OpBuilder &builder, Location loc, Type elementType, ArrayRef<int64_t> shape,
                     ArrayRef<int64_t> values) {
  auto type = RankedTensorType::get(shape, elementType);
  return createConstant(builder, loc, type, packIntegers(type, values));
}

std::string getNodeName(Location loc) {
  if (auto name = dyn_cast<NameLoc>(loc))
    return name.getName().str();
  if (auto fused = dyn_cast<FusedLoc>(loc)) {
    std::string joined;
    for (Location part : fused.getLocations()) {
      std::string name = getNodeName(part);
      if (!name.empty())
        joined += (joined.empty() ? "" : "+") + name;
    }
    return joined;
  }
  if (auto call = dyn_cast<CallSiteLoc>(loc))
    return getNodeName(call.getCallee());
  if (auto file = dyn_cast<FileLineColLoc>(loc))
    return file.getFilename().str() + ":" + std::to_string(file.getLine());
  return "";
}

} // namespace bitwright

std::optional<bw_dtype> bitwright::getDType(Type elementType, bool isUnsigned) {
  if (elementType.isF32())
    return BW_F32;
  if (elementType.isF64())
    return BW_F64;
  if (elementType.isF16())
    return BW_F16;
  if (elementType.isBF16())
    return BW_BF16;
  if (elementType.isInteger(1))
    return BW_BOOL;
  if (elementType.isInteger(8))
    return isUnsigned ? BW_U8 : BW_I8;
  if (elementType.isInteger(16))
    return isUnsigned ? BW_U16 : BW_I16;
  if (elementType.isInteger(32))
    return isUnsigned ? BW_U32 : BW_I32;
  if (elementType.isInteger(64))
    return isUnsigned ? BW_U64 : BW_I64;
  return std::nullopt;
}
