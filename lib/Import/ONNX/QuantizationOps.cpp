// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Quantization ops. The QLinear forms become dequantize, float op, quantize,
/// the form in which every quantized model travels here.

#include "Convolutions.h"
#include "Matrices.h"
#include "OpTable.h"
#include "Quantizations.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;

namespace bitwright::onnximport {

namespace {

using Parameters = QuantizationParameters;

//===--- Q and DQ ---------------------------------------------------------===//

struct Granularity {
  int64_t axis = 1;
  int64_t blockSize = 0;

  explicit Granularity(Node &n) {
    bool isMicrosoft = n.getProto().domain() == "com.microsoft";
    if (n.getOpset() >= 13 || isMicrosoft)
      axis = n.getInt("axis", 1);
    if (n.getOpset() >= 21 || isMicrosoft)
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

void buildDynamicQuantizeLinear(Node &n) {
  DynamicallyQuantized result = quantizeDynamically(n, n.getInput(0));
  n.setResult(0, result.data, UInt8);
  n.setResult(1, result.scale, Float);
  n.setResult(2, result.zeroPoint, UInt8);
}

//===--- QLinear ----------------------------------------------------------===//

/// The parameters at inputs `index` and `index + 1` of data of type `storage`.
Parameters readPair(Node &n, unsigned index, int32_t storage, int64_t axis, int64_t rank) {
  return Parameters::read(n, index, index + 1, storage, axis, 0, rank);
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
  Value bias = dequantizeBias(n, 8, x, w);
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
      {"QuantizeLinear", 2, 3, buildQuantizeLinear, 1, 1, "com.microsoft"},
  };
  return entries;
}

} // namespace bitwright::onnximport
