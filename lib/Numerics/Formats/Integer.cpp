// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Integers of 2 to 8 bits at equal steps. Symmetric blocks are signed and leave out the lowest
/// code, so that the steps are as many below 0 as above; others are unsigned, with a zero point.

#include "bitwright/Numerics/NumberFormat.h"
#include <cmath>
#include <string>

using namespace bitwright;
using llvm::ArrayRef;

namespace {

class IntegerFormat final : public NumberFormat {
public:
  explicit IntegerFormat(unsigned bits)
      : bits(bits), name("int" + std::to_string(bits)),
        summary("integers of " + std::to_string(bits) + " bits at equal steps") {}

  llvm::StringRef getName() const override { return name; }
  llvm::StringRef getSummary() const override { return summary; }
  unsigned getBits() const override { return bits; }
  unsigned getStorageBits() const override { return bits == 4 || bits == 8 ? bits : 0; }
  bool hasZeroPoints() const override { return true; }
  IntegerRange getRange(bool symmetric) const override {
    return symmetric ? narrowRange(bits) : integerRange(bits, /*isUnsigned=*/true);
  }

  QuantParams choose(ArrayRef<float> block, bool symmetric, float clip) const override {
    return chooseBlockParams(block, getRange(symmetric), symmetric, clip);
  }

  void encode(ArrayRef<float> block, const QuantParams &params, bool symmetric,
              int8_t *codes) const override {
    // `quantize` in a form that becomes vectors: what saturates is cut off before the zero point is
    // added, where all numbers are small and exact.
    IntegerRange range = getRange(symmetric);
    auto zeroPoint = int32_t(params.zeroPoint);
    auto low = float(range.min - zeroPoint), high = float(range.max - zeroPoint);
    for (size_t i = 0; i < block.size(); ++i) {
      float steps = roundHalfEven(block[i] / params.scale);
      steps = std::isnan(steps) ? 0.0f : steps;
      steps = steps < low ? low : steps;
      steps = steps > high ? high : steps;
      codes[i] = static_cast<int8_t>(int32_t(steps) + zeroPoint);
    }
  }

  void decode(ArrayRef<int8_t> codes, const QuantParams &params, bool symmetric,
              float *values) const override {
    auto zeroPoint = int32_t(params.zeroPoint);
    for (size_t i = 0; i < codes.size(); ++i) {
      int32_t code = symmetric ? codes[i] : uint8_t(codes[i]);
      values[i] = float(code - zeroPoint) * params.scale;
    }
  }

private:
  unsigned bits;
  std::string name, summary;
};

} // namespace

std::unique_ptr<NumberFormat> bitwright::makeIntegerFormat(unsigned bits) {
  return std::make_unique<IntegerFormat>(bits);
}
