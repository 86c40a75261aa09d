// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Quantization ops. The QLinear forms become dequantize, float op, quantize,
/// the form in which every quantized model travels here.

#include "Convolutions.h"
#include "Matrices.h"
#include "OpTable.h"
#include "Quantizations.h"
#include "dialects/QNN/QNNOps.h"
#include <cstring>

using namespace mlir;

namespace bitwright::onnximport {

namespace {

using Parameters = QuantizationParameters;

//===--- Q and DQ ---------------------------------------------------------===//

struct Granularity {
  int64_t axis = 1;
  int64_t blockSize = 0;

  explicit Granularity(Node &n) {
    if (n.getOpset() >= 13)
      axis = n.getInt("axis", 1);
    if (n.getOpset() >= 21)
      blockSize = n.getInt("block_size", 0);
    n.expect(blockSize >= 0, "attribute 'block_size' must be at least 0");
  }
};

void buildQuantizeLinear(Node &n) {
  Granularity granularity(n);
  n.ignoreAttribute("saturate"); // float8 alone, which is refused by its type
  int64_t storage = n.getOpset() >= 21 ? n.getInt("output_dtype", 0) : 0;
  int64_t precision = n.getOpset() >= 23 ? n.getInt("precision", 0) : 0;
  n.expect(precision == 0 || precision == Float, "attribute 'precision' other than float is not "
                                                 "supported");
  if (n.hasInput(2)) {
    int32_t given = n.getElementType(2);
    n.expect(storage == 0 || storage == given,
             "attribute 'output_dtype' does not match the zero point");
    storage = given;
  }
  if (storage == 0)
    storage = UInt8;
  n.expect(storage > 0 && storage < 100, "attribute 'output_dtype' is no element type");
  auto parameters = Parameters::read(n, 1, 2, static_cast<int32_t>(storage), granularity.axis,
                                     granularity.blockSize, n.getRank(0));
  Value x = n.cast(n.getInput(0), n.getElementType(0), Float);
  n.setResult(0, parameters.quantize(n, x), static_cast<int32_t>(storage));
}

void buildDequantizeLinear(Node &n) {
  Granularity granularity(n);
  int32_t type = n.getOpset() >= 19 ? n.getElementType(1) : int32_t(Float);
  int64_t wanted = n.getOpset() >= 23 ? n.getInt("output_dtype", 0) : 0;
  if (wanted)
    type = static_cast<int32_t>(wanted);
  n.expect(isFloat(type), "a result of " + getTypeName(type) + " is not supported");
  auto parameters = Parameters::read(n, 1, 2, n.getElementType(0), granularity.axis,
                                     granularity.blockSize, n.getRank(0));
  ImportedValue result = parameters.dequantize(n, n.getImported(0));
  if (type == Float)
    return n.setResult(0, std::move(result));
  n.setResult(0, n.cast(result.value, Float, type), type);
}

/// One scale for the whole tensor: a single row for qnn.dynamic_quantize.
void buildDynamicQuantizeLinear(Node &n) {
  Value x = n.getInput(0);
  Value row = n.reshape(x, {1, -1});
  if (n.failed())
    return;
  auto rowType = cast<RankedTensorType>(row.getType());
  auto one = RankedTensorType::get({1, 1}, rowType.getElementType());
  Type byte = IntegerType::get(n.getContext(), 8);
  Type types[] = {RankedTensorType::get(rowType.getShape(), byte), one,
                  RankedTensorType::get({1, 1}, byte)};
  Operation *op =
      n.createOperation(qnn::DynamicQuantizeOp::getOperationName(), {row}, {}, TypeRange(types));
  if (!op)
    return;
  n.setResult(0, n.create<qnn::ReshapeOp>({op->getResult(0), n.shapeOf(x)}), UInt8);
  n.setResult(1, n.reshape(op->getResult(1), {}), Float);
  n.setResult(2, n.reshape(op->getResult(2), {}), UInt8);
}

//===--- QLinear ----------------------------------------------------------===//

/// The parameters at inputs `index` and `index + 1` of data of type `storage`.
Parameters readPair(Node &n, unsigned index, int32_t storage, int64_t axis, int64_t rank) {
  return Parameters::read(n, index, index + 1, storage, axis, 0, rank);
}

/// The int32 bias of a QLinearConv: its scale is that of the input times that of the weight.
Value dequantizeBias(Node &n, const Parameters &x, const Parameters &w) {
  if (!n.hasInput(8))
    return {};
  Value scale;
  auto xs = x.scale.constant ? readFloats(*x.scale.constant) : std::nullopt;
  auto ws = w.scale.constant ? readFloats(*w.scale.constant) : std::nullopt;
  if (n.failed())
    return {};
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
  return n.create<qnn::DequantizeOp>({n.getInput(8), scale, zero}, {{"axis", n.integer(0)}});
}

void buildQLinearConv(Node &n) {
  ImageView view(n);
  Window window = Window::read(n, view, getKernelShape(n, 3));
  Parameters x = readPair(n, 1, n.getElementType(0), 1, n.getRank(0));
  Parameters w = readPair(n, 4, n.getElementType(3), 0, n.getRank(3));
  int32_t storage = n.getElementType(7);
  Parameters y = readPair(n, 6, storage, 1, n.getRank(0));
  if (n.failed() || !n.expect(x.scale.getType().getRank() == 0, "expects one scale for the input"))
    return;
  Value bias = dequantizeBias(n, x, w);
  Value weight = getConvolutionWeight(n, w.dequantize(n, n.getImported(3)), view.isLine(),
                                      convolutionWeightPerm);
  Value image = view.toImage(x.dequantize(n, n.getInput(0)));
  Value result = view.fromImage(createConvolution(n, window, image, weight, bias));
  n.setResult(0, y.quantize(n, result), storage);
}

void buildQLinearMatMul(Node &n) {
  int64_t aRank = n.getRank(0), bRank = n.getRank(3);
  // A vector of scales belongs to the rows of a and the columns of b.
  Parameters a = readPair(n, 1, n.getElementType(0), -2, aRank);
  Parameters b = readPair(n, 4, n.getElementType(3), -1, bRank);
  int32_t storage = n.getElementType(7);
  if (n.failed())
    return;
  Value result =
      createMatmul(n, a.dequantize(n, n.getImported(0)), b.dequantize(n, n.getImported(3)));
  Parameters y = readPair(n, 6, storage, -2, aRank);
  n.setResult(0, y.quantize(n, result), storage);
}

//===--- exact integer products -------------------------------------------===//

/// Input `index` minus its zero point, in `type`.
Value centered(Node &n, unsigned index, unsigned zeroIndex, int32_t type, bool isColumn) {
  Value value = n.cast(n.getInput(index), n.getElementType(index), type);
  if (!n.hasInput(zeroIndex))
    return value;
  Value zero = n.cast(n.getInput(zeroIndex), n.getElementType(zeroIndex), type);
  // One zero point for each row of a matrix.
  if (isColumn && !n.failed() && n.getRank(zeroIndex) == 1)
    zero = n.unsqueeze(zero, {1});
  return n.create<qnn::SubOp>({value, zero});
}

void buildMatMulInteger(Node &n) {
  Value lhs = centered(n, 0, 2, Int32, /*isColumn=*/true);
  Value rhs = centered(n, 1, 3, Int32, /*isColumn=*/false);
  n.setResult(0, createMatmul(n, lhs, rhs), Int32);
}

/// In double, which holds every sum of products of bytes exactly.
void buildConvInteger(Node &n) {
  ImageView view(n);
  Window window = Window::read(n, view, getKernelShape(n, 1));
  if (n.hasInput(3) && n.getRank(3) == 1)
    n.expect(n.getInputType(3).getShape()[0] == 1,
             "a zero point for each output channel is not supported");
  ImportedValue weight;
  weight.elementType = Double;
  weight.value = centered(n, 1, 3, Double, /*isColumn=*/false);
  Value arranged = getConvolutionWeight(n, weight, view.isLine(), convolutionWeightPerm);
  Value image = view.toImage(centered(n, 0, 2, Double, /*isColumn=*/false));
  Value result = view.fromImage(createConvolution(n, window, image, arranged, {}));
  n.setResult(0, n.cast(result, Double, Int32), Int32);
}

//===--- com.microsoft.MatMulNBits ----------------------------------------===//

/// Rows of `rowBytes`, of which the first `kept` are kept.
std::vector<char> trimRows(ArrayRef<char> bytes, int64_t rows, int64_t rowBytes, int64_t kept) {
  std::vector<char> result;
  result.reserve(rows * kept);
  for (int64_t row = 0; row < rows; ++row)
    result.insert(result.end(), bytes.begin() + row * rowBytes,
                  bytes.begin() + row * rowBytes + kept);
  return result;
}

class MatMulNBits {
public:
  explicit MatMulNBits(Node &n)
      : n(n), features(n.requireInt("N")), depth(n.requireInt("K")), bits(n.getInt("bits", 4)),
        block(n.requireInt("block_size")) {}
  void build();

private:
  bool check();
  ConstantPtr getData();
  ConstantPtr getScale();
  ConstantPtr getZeroPoint();
  int32_t getStorage() const { return bits == 4 ? UInt4 : UInt8; }
  int64_t getRowBytes(int64_t columns) const { return (columns * bits + 7) / 8; }

  Node &n;
  int64_t features, depth, bits, block;
  int64_t blocks = 0;
};

bool MatMulNBits::check() {
  n.getInt("accuracy_level", 0); // a hint for the activations' precision
  n.expect(!n.hasInput(4), "input 4 (g_idx) is not supported");
  n.expect(bits == 4 || bits == 8, "attribute 'bits' must be 4 or 8, but is " + Twine(bits));
  n.expect(features > 0 && depth > 0 && features <= maxElements / depth,
           "attributes 'N' and 'K' must be positive");
  n.expect(block >= 16 && block <= (1 << 20) && llvm::isPowerOf2_64(block),
           "attribute 'block_size' must be a power of two from 16 on");
  if (n.failed())
    return false;
  blocks = (depth + block - 1) / block;
  return true;
}

ConstantPtr MatMulNBits::getData() {
  ConstantPtr packed = n.requireConstant(1, "B");
  int64_t rowBytes = blocks * block * bits / 8;
  if (n.failed() || !n.expect(packed->elementType == UInt8 &&
                                  static_cast<int64_t>(packed->bytes.size()) == features * rowBytes,
                              "B does not hold N rows of K values"))
    return nullptr;
  auto bytes = trimRows(packed->bytes, features, rowBytes, getRowBytes(depth));
  if (bits == 4 && depth % 2)
    for (int64_t row = 1; row <= features; ++row)
      bytes[row * getRowBytes(depth) - 1] &= 15;
  return makeConstant(n.getContext(), getStorage(), {features, depth}, std::move(bytes));
}

ConstantPtr MatMulNBits::getScale() {
  ConstantPtr scale = n.requireConstant(2, "scales");
  if (n.failed() || !n.expect(isFloat(scale->elementType) && scale->elementType != Double &&
                                  scale->type.getNumElements() == features * blocks,
                              "scales do not hold one value for each block"))
    return nullptr;
  if (scale->elementType != Float)
    scale = widenedToFloat(*scale);
  return reshaped(*scale, {features, blocks});
}

ConstantPtr MatMulNBits::getZeroPoint() {
  int64_t rowBytes = getRowBytes(blocks);
  if (!n.hasInput(3)) {
    char middle = static_cast<char>(bits == 4 ? 0x88 : 0x80);
    std::vector<char> bytes(features * rowBytes, middle);
    if (bits == 4 && blocks % 2)
      for (int64_t row = 1; row <= features; ++row)
        bytes[row * rowBytes - 1] &= 15;
    return makeConstant(n.getContext(), getStorage(), {features, blocks}, std::move(bytes));
  }
  ConstantPtr packed = n.requireConstant(3, "zero_points");
  if (n.failed() || !n.expect(packed->elementType == UInt8 &&
                                  static_cast<int64_t>(packed->bytes.size()) == features * rowBytes,
                              "zero_points do not hold one packed value for each block"))
    return nullptr;
  std::vector<char> bytes(packed->bytes.begin(), packed->bytes.end());
  if (bits == 4 && blocks % 2)
    for (int64_t row = 1; row <= features; ++row)
      bytes[row * rowBytes - 1] &= 15;
  return makeConstant(n.getContext(), getStorage(), {features, blocks}, std::move(bytes));
}

void MatMulNBits::build() {
  if (!check())
    return;
  ConstantPtr data = getData(), scale = getScale(), zero = getZeroPoint();
  if (n.failed())
    return;
  data->name = n.getProto().input(1);
  Value weight = n.create<qnn::DequantizeOp>(
      {n.materialize(data), n.materialize(scale), n.materialize(zero)},
      {{"axis", n.integer(1)}, {"block_size", n.integer(block)}, {"is_unsigned", n.unit(true)}});
  int32_t type = n.getElementType(0);
  Value x = n.cast(n.getInput(0), type, Float);
  Value bias = n.hasInput(5) ? n.cast(n.getInput(5), n.getElementType(5), Float) : Value();
  n.setResult(n.cast(n.create<qnn::LinearOp>({x, weight, bias}), Float, type));
}

void buildMatMulNBits(Node &n) { MatMulNBits(n).build(); }

} // namespace

ArrayRef<OpEntry> getQuantizationOps() {
  static const OpEntry entries[] = {
      {"ConvInteger", 2, 4, buildConvInteger, 10},
      {"DequantizeLinear", 2, 3, buildDequantizeLinear, 10},
      {"DynamicQuantizeLinear", 1, 1, buildDynamicQuantizeLinear, 11},
      {"MatMulInteger", 2, 4, buildMatMulInteger, 10},
      {"QLinearConv", 8, 9, buildQLinearConv, 10},
      {"QLinearMatMul", 8, 8, buildQLinearMatMul, 10},
      {"QuantizeLinear", 2, 3, buildQuantizeLinear, 10},
      {"DequantizeLinear", 2, 3, buildDequantizeLinear, 1, 1, "com.microsoft"},
      {"MatMulNBits", 3, 6, buildMatMulNBits, 1, 1, "com.microsoft"},
      {"QuantizeLinear", 2, 3, buildQuantizeLinear, 1, 1, "com.microsoft"},
  };
  return entries;
}

} // namespace bitwright::onnximport
