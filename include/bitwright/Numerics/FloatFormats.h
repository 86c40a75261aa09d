// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Conversions between double and the narrow float formats. Each rounds once,
/// to nearest even, straight from the double (no detour through a wider narrow
/// format, which would round twice).

#ifndef BITWRIGHT_NUMERICS_FLOATFORMATS_H
#define BITWRIGHT_NUMERICS_FLOATFORMATS_H

#include <cstdint>

namespace bitwright {

/// IEEE binary16. Too large becomes infinity, NaN the quiet NaN of its sign.
uint16_t encodeF16(double value);
float decodeF16(uint16_t bits);

/// bfloat16: the upper half of binary32.
uint16_t encodeBF16(double value);
float decodeBF16(uint16_t bits);

/// OCP E4M3 without infinities: largest 448, NaN is S.1111.111. Saturates:
/// infinities and what is too large become +-448.
uint8_t encodeF8E4M3FN(double value);
float decodeF8E4M3FN(uint8_t bits);

/// OCP E5M2: largest 57344. Saturates, infinities included.
uint8_t encodeF8E5M2(double value);
float decodeF8E5M2(uint8_t bits);

} // namespace bitwright

#endif // BITWRIGHT_NUMERICS_FLOATFORMATS_H
