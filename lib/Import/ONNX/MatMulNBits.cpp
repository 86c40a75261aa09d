// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// com.microsoft.MatMulNBits: a linear op whose weight comes in blocks of 2, 4
/// or 8 bits along its depth.

#include "Compose.h"
#include "OpTable.h"
#include "Quantizations.h"
#include "bitwright/Numerics/Packing.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>
#include <numeric>

using namespace mlir;

namespace bitwright::onnximport {

namespace {

using Codes = std::vector<uint8_t>; // one a byte

class MatMulNBits {
public:
  explicit MatMulNBits(Node &n)
      : n(n), features(n.requireInt("N")), depth(n.requireInt("K")), bits(n.getInt("bits", 4)),
        block(n.requireInt("block_size")) {}
  void build();

private:
  bool check();
  bool setOrder();
  ConstantPtr getCodes(unsigned index, StringRef what, int64_t columns, int64_t rowBytes);
  ConstantPtr makeCodes(Codes codes, int64_t columns);
  ConstantPtr getScale();
  ConstantPtr getZeroPoint();
  ConstantPtr getFloatZeroPoint(const ConstantPtr &given);
  Value addFloatMinima(Value result, Value x, const ConstantPtr &scale);
  Value reorder(Value x);

  int32_t getStorage() const { return bits == 8 ? UInt8 : UInt4; }
  int64_t getMiddle() const { return int64_t(1) << (bits - 1); }
  int64_t getRowBytes(int64_t columns) const { return (columns * bits + 7) / 8; }

  Node &n;
  int64_t features, depth, bits, block;
  int64_t blocks = 0;
  SmallVector<int64_t> order; // places of the input in the order of their blocks; empty: as it is
  std::vector<double> zeros;  // zero points that are no storage values
};

bool MatMulNBits::check() {
  n.getInt("accuracy_level", 0); // a hint for the activations' precision
  n.expect(bits == 2 || bits == 4 || bits == 8,
           "attribute 'bits' must be 2, 4 or 8, but is " + Twine(bits));
  n.expect(features > 0 && depth > 0 && features <= maxElements / depth,
           "attributes 'N' and 'K' must be positive");
  n.expect(block >= 16 && block <= (1 << 20) && llvm::isPowerOf2_64(block),
           "attribute 'block_size' must be a power of two from 16 on");
  if (n.failed())
    return false;
  blocks = (depth + block - 1) / block;
  return setOrder();
}

/// g_idx gives each place of the input its block. Where that is not k / block_size, places are
/// brought into the order of their blocks, which must be as long as all blocks are.
bool MatMulNBits::setOrder() {
  if (!n.hasInput(4))
    return true;
  SmallVector<int64_t> groups;
  if (ConstantPtr constant = n.requireConstant(4, "g_idx"))
    groups = readIntegers(*constant).value_or(SmallVector<int64_t>());
  // Some tools pad g_idx to whole blocks.
  if (n.failed() || !n.expect(static_cast<int64_t>(groups.size()) >= depth,
                              "g_idx does not hold K block numbers"))
    return false;
  groups.truncate(depth);
  order.assign(depth, 0);
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](int64_t a, int64_t b) {
    return std::pair(groups[a], a) < std::pair(groups[b], b);
  });
  for (int64_t k = 0; k < depth; ++k)
    if (!n.expect(groups[order[k]] == k / block,
                  "g_idx gives blocks of other lengths than block_size, which is not supported"))
      return false;
  if (llvm::is_sorted(order))
    order.clear();
  return true;
}

/// `codes`, N rows of `columns`, packed as qnn stores them.
ConstantPtr MatMulNBits::makeCodes(Codes codes, int64_t columns) {
  std::vector<char> bytes;
  if (bits == 8)
    bytes.assign(codes.begin(), codes.end());
  else
    bytes = packNibbles(std::vector<int8_t>(codes.begin(), codes.end()), columns);
  return makeConstant(n.getContext(), getStorage(), {features, columns}, std::move(bytes));
}

/// The codes of input `index`: N rows of `rowBytes`, the lowest bits of a byte first.
ConstantPtr MatMulNBits::getCodes(unsigned index, StringRef what, int64_t columns,
                                  int64_t rowBytes) {
  ConstantPtr packed = n.requireConstant(index, what);
  if (n.failed() ||
      !n.expect(packed->elementType == UInt8 &&
                    static_cast<int64_t>(packed->bytes.size()) == features * rowBytes,
                what + " does not hold N packed rows of " + Twine(columns) + " values"))
    return nullptr;
  Codes codes(features * columns);
  int64_t perByte = 8 / bits, mask = (1 << bits) - 1;
  bool isOrdered = columns == depth && !order.empty();
  for (int64_t row = 0; row < features; ++row)
    for (int64_t k = 0; k < columns; ++k) {
      int64_t from = isOrdered ? order[k] : k;
      auto byte = static_cast<uint8_t>(packed->bytes[row * rowBytes + from / perByte]);
      codes[row * columns + k] = (byte >> (from % perByte * bits)) & mask;
    }
  return makeCodes(std::move(codes), columns);
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

/// Zero points of float as codes where all are some; else the middle code, and `zeros` says how far
/// that is off.
ConstantPtr MatMulNBits::getFloatZeroPoint(const ConstantPtr &given) {
  std::vector<double> values = *readFloats(*given);
  if (!n.expect(static_cast<int64_t>(values.size()) == features * blocks,
                "zero_points do not hold one value for each block"))
    return nullptr;
  double largest = static_cast<double>((1 << bits) - 1);
  bool areCodes = llvm::all_of(values, [&](double value) {
    return value >= 0 && value <= largest && value == std::floor(value);
  });
  Codes codes(values.size(), static_cast<uint8_t>(getMiddle()));
  for (size_t i = 0; i < codes.size() && areCodes; ++i)
    codes[i] = static_cast<uint8_t>(values[i]);
  if (!areCodes)
    zeros = std::move(values);
  return makeCodes(std::move(codes), blocks);
}

ConstantPtr MatMulNBits::getZeroPoint() {
  if (!n.hasInput(3))
    return makeCodes(Codes(features * blocks, static_cast<uint8_t>(getMiddle())), blocks);
  ConstantPtr given = n.requireConstant(3, "zero_points");
  if (n.failed())
    return nullptr;
  if (isFloat(given->elementType))
    return getFloatZeroPoint(given);
  return getCodes(3, "zero_points", blocks, getRowBytes(blocks));
}

Value MatMulNBits::reorder(Value x) {
  if (order.empty())
    return x;
  return gather(n, x, n.createIntegers(order), rankOf(n, x) - 1);
}

/// (q - z) s = (q - m) s + (m - z) s: what the zero points are off the middle code m is one number
/// for each block, and is multiplied with the sum of the inputs of that block.
Value MatMulNBits::addFloatMinima(Value result, Value x, const ConstantPtr &scale) {
  if (zeros.empty())
    return result;
  std::vector<double> scales = *readFloats(*scale);
  std::vector<float> minima(scales.size());
  for (size_t i = 0; i < minima.size(); ++i)
    minima[i] = static_cast<float>((static_cast<double>(getMiddle()) - zeros[i]) * scales[i]);
  int64_t rank = rankOf(n, x), padded = blocks * block;
  if (padded != depth) {
    SmallVector<int64_t> pads(2 * rank, 0);
    pads.back() = padded - depth;
    Attribute mode = qnn::PadModeAttr::get(n.getContext(), qnn::PadMode::Constant);
    x = n.create<qnn::PadOp>({x, n.createIntegers(pads), n.createScalar(Float, 0)},
                             {{"mode", mode}});
  }
  SmallVector<Size> sizes;
  for (int64_t i = 0; i < rank - 1; ++i)
    sizes.push_back(sizeOf(n, x, i));
  sizes.append({Size(blocks), Size(block)});
  Value sums = reduce<qnn::ReduceSumOp>(n, reshapeTo(n, x, sizes), rank, /*keepDims=*/false);
  Value weight = n.materialize(makeFloats(n.getContext(), {features, blocks}, minima));
  return add(n, result, n.create<qnn::LinearOp>({sums, weight}));
}

void MatMulNBits::build() {
  if (!check())
    return;
  ConstantPtr data = getCodes(1, "B", depth, blocks * block * bits / 8);
  ConstantPtr scale = getScale(), zero = getZeroPoint();
  if (n.failed())
    return;
  data->name = n.getProto().input(1);
  DequantizedConstant constant{data, scale, zero, /*axis=*/1, block};
  makeScalesPositive(constant);
  Value weight = n.create<qnn::DequantizeOp>(
      {n.materialize(constant.data), n.materialize(constant.scale),
       n.materialize(constant.zeroPoint)},
      {{"axis", n.integer(1)}, {"block_size", n.integer(block)}, {"is_unsigned", n.unit(true)}});
  int32_t type = n.getElementType(0);
  Value x = reorder(n.cast(n.getInput(0), type, Float));
  Value bias = n.hasInput(5) ? n.cast(n.getInput(5), n.getElementType(5), Float) : Value();
  Value result = addFloatMinima(n.create<qnn::LinearOp>({x, weight, bias}), x, scale);
  n.setResult(n.cast(result, Float, type));
}

void buildMatMulNBits(Node &n) { MatMulNBits(n).build(); }

} // namespace

ArrayRef<OpEntry> getMatMulNBitsOps() {
  static const OpEntry entries[] = {{"MatMulNBits", 3, 6, buildMatMulNBits, 1, 1, "com.microsoft"}};
  return entries;
}

} // namespace bitwright::onnximport
