// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The arithmetic of quantization: rounding, saturation, quantize, dequantize
/// and the requantizing epilogue of integer ops. The compiler, the reference
/// interpreter and the kernels are all tested against these functions, so each
/// float step below is one IEEE single-precision operation, rounded to nearest
/// even on its own (the project is compiled with -ffp-contract=off).

#ifndef BITWRIGHT_NUMERICS_QUANTIZE_H
#define BITWRIGHT_NUMERICS_QUANTIZE_H

#include "dialects/QNN/IntegerRange.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>

namespace bitwright {

/// Rounds to an integer, ties to even; keeps the sign of zero, infinities and NaN.
inline float roundHalfEven(float x) {
  if (!(std::fabs(x) < 0x1p23f))
    return x;
  float shift = std::copysign(0x1p23f, x);
  return std::copysign((x + shift) - shift, x);
}

/// The same for double.
inline double roundHalfEven(double x) {
  if (!(std::fabs(x) < 0x1p52))
    return x;
  double shift = std::copysign(0x1p52, x);
  return std::copysign((x + shift) - shift, x);
}

/// clamp(round_half_even(x) + zeroPoint) into `range`; exact for any x.
/// Infinities saturate, NaN gives the zero point.
inline int64_t saturatingRound(float x, int64_t zeroPoint, IntegerRange range) {
  if (std::isnan(x))
    return range.clamp(zeroPoint);
  double value = double(roundHalfEven(x)) + double(zeroPoint);
  if (value <= double(range.min))
    return range.min;
  if (value >= double(range.max))
    return range.max;
  return int64_t(value);
}

/// saturate(round_half_even(x / scale) + zeroPoint): divides, never multiplies
/// by a reciprocal. x / 0 saturates (0 / 0 gives the zero point).
inline int64_t quantize(float x, float scale, int64_t zeroPoint, IntegerRange range) {
  return saturatingRound(x / scale, zeroPoint, range);
}

/// float(q - zeroPoint) * scale.
inline float dequantize(int64_t q, float scale, int64_t zeroPoint) {
  return float(q - zeroPoint) * scale;
}

/// The epilogue of integer ops:
///   r = float(acc) * multiplier; q = saturate(round_half_even(r) + outputZeroPoint).
/// `clamp` is in storage values and carries a fused relu or clip.
inline int64_t requantize(int32_t acc, float multiplier, int64_t outputZeroPoint,
                          IntegerRange clamp) {
  float r = float(acc) * multiplier;
  return saturatingRound(r, outputZeroPoint, clamp);
}

/// The epilogue with a residual: r = float(acc) * multiplier, then
///   r = r + float(residual - residualZeroPoint) * residualMultiplier,
/// the product rounded before the sum.
inline int64_t requantizeWithResidual(int32_t acc, float multiplier, int64_t residual,
                                      int64_t residualZeroPoint, float residualMultiplier,
                                      int64_t outputZeroPoint, IntegerRange clamp) {
  float r = float(acc) * multiplier;
  float addend = float(residual - residualZeroPoint) * residualMultiplier;
  r = r + addend;
  return saturatingRound(r, outputZeroPoint, clamp);
}

/// The arithmetic of `qnn.qadd`: both products rounded before the sum.
inline int64_t quantizedAdd(int64_t lhs, int64_t lhsZeroPoint, float lhsMultiplier, int64_t rhs,
                            int64_t rhsZeroPoint, float rhsMultiplier, int64_t outputZeroPoint,
                            IntegerRange clamp) {
  float a = float(lhs - lhsZeroPoint) * lhsMultiplier;
  float b = float(rhs - rhsZeroPoint) * rhsMultiplier;
  return saturatingRound(a + b, outputZeroPoint, clamp);
}

//===--- choosing scales and zero points ----------------------------------===//

struct QuantParams {
  float scale = 1.0f;
  int64_t zeroPoint = 0;
};

/// Parameters that map [min(low, 0), max(high, 0)] onto `range`:
///   scale = (high - low) / (range.max - range.min), computed in double;
///   zeroPoint = saturate(range.min + round_half_even(-low / scale)).
/// Zero is always representable. An empty or all-zero interval gives scale 1;
/// a scale below the smallest normal float is raised to it, so that no kernel
/// meets a denormal scale. NaN bounds count as 0, infinite ones as the largest float.
QuantParams chooseAsymmetricParams(float low, float high, IntegerRange range);

/// Parameters that map [-absMax, absMax] onto `range` with the zero point in its
/// middle (0 for signed ranges, 128 for unsigned bytes):
///   scale = absMax / (range.max - zeroPoint), with the same guards as above.
QuantParams chooseSymmetricParams(float absMax, IntegerRange range);

/// Parameters for one block or channel of weights, from its extreme values times `clip`.
QuantParams chooseBlockParams(llvm::ArrayRef<float> values, IntegerRange range, bool symmetric,
                              float clip = 1.0f);

/// The scale and zero point of one row of `qnn.dynamic_quantize`, in single
/// precision: scale = (max(x, 0) - min(x, 0)) / 255, 1 where that is 0;
/// zeroPoint = saturate(round_half_even(-min / scale)) in [0, 255]. NaN elements
/// take no part in the extremes.
QuantParams chooseDynamicParams(llvm::ArrayRef<float> row);

/// The scale of one row of activations of `qnn.block_linear` in mode int8:
/// max|x| / 127, 1 where that is 0. NaN elements take no part.
float chooseDynamicSymmetricScale(llvm::ArrayRef<float> row);

//===--- accumulators and biases ------------------------------------------===//

/// The largest |x * y| for x in `a` and y in `b`.
constexpr int64_t largestProduct(IntegerRange a, IntegerRange b) {
  int64_t x = -a.min > a.max ? -a.min : a.max, y = -b.min > b.max ? -b.min : b.max;
  return x * y;
}

/// How many products of x in `a` and y in `b` an int32 can sum, whatever they are.
constexpr int64_t countSafeProducts(IntegerRange a, IntegerRange b) {
  return INT32_MAX / largestProduct(a, b);
}

/// round_half_even(bias / (inputScale * weightScale)), the product in double;
/// nullopt where it is no int32 or not finite.
std::optional<int32_t> quantizeBias(double bias, float inputScale, float weightScale);

/// The smallest weight scale, at least `weightScale`, with which `bias` leaves
/// `headroom` of the int32 accumulator to the products.
float guardWeightScale(float weightScale, float inputScale, float bias, int64_t headroom);

//===--- tables -----------------------------------------------------------===//

/// The table of `qnn.lookup` for any scalar function of a quantized byte:
/// entry i = quantize(function(dequantize(i read as the input's type))), clamped.
/// Signed results are stored as two's complement.
std::array<uint8_t, 256> buildLookupTable(QuantParams input, bool unsignedInput, QuantParams output,
                                          IntegerRange clamp,
                                          llvm::function_ref<float(float)> function);

} // namespace bitwright

#endif // BITWRIGHT_NUMERICS_QUANTIZE_H
