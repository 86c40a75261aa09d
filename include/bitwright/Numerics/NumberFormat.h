// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// How the numbers of a weight are written: codes of a few bits, with parameters that the codes of
/// a block share. Everything that rounds or reads weights goes through here, so that a new format
/// is one file in lib/Numerics/Formats and its line in NumberFormat.cpp.

#ifndef BITWRIGHT_NUMERICS_NUMBERFORMAT_H
#define BITWRIGHT_NUMERICS_NUMBERFORMAT_H

#include "bitwright/Numerics/Quantize.h"
#include "bitwright/Support/Registry.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <memory>

namespace bitwright {

class NumberFormat {
public:
  virtual ~NumberFormat() = default;

  /// "int4"; what `#qnn.precision` says.
  virtual llvm::StringRef getName() const = 0;
  virtual llvm::StringRef getSummary() const = 0;
  /// Bits of a code.
  virtual unsigned getBits() const = 0;
  /// Bits of the integer type that holds codes in the IR; 0 where none does yet.
  virtual unsigned getStorageBits() const = 0;
  /// True where a block may have a zero point.
  virtual bool hasZeroPoints() const = 0;
  /// The codes that are used, both ends included.
  virtual IntegerRange getRange(bool symmetric) const = 0;

  /// The parameters of a block from its extremes, times `clip` in (0, 1]; 0 is always a value.
  virtual QuantParams choose(llvm::ArrayRef<float> block, bool symmetric,
                             float clip = 1.0f) const = 0;
  /// The code nearest to each element, ties to even; what is out of range saturates. A code is the
  /// byte that storage of 8 bits would hold.
  virtual void encode(llvm::ArrayRef<float> block, const QuantParams &params, bool symmetric,
                      int8_t *codes) const = 0;
  virtual void decode(llvm::ArrayRef<int8_t> codes, const QuantParams &params, bool symmetric,
                      float *values) const = 0;
};

/// The formats of a context. Holds those of Formats/.
struct FormatRegistry : Registry<NumberFormat> {
  FormatRegistry();
};

/// int2 ... int8.
std::unique_ptr<NumberFormat> makeIntegerFormat(unsigned bits);

/// How the rows of a matrix are cut into blocks of one format: `blockSize` consecutive elements of
/// a row to a block (the last block of a row may be shorter). Symmetric blocks have zero point 0.
struct BlockFormat {
  const NumberFormat *number = nullptr;
  int64_t blockSize = 32;
  bool symmetric = false;

  int64_t countBlocks(int64_t columns) const { return (columns + blockSize - 1) / blockSize; }
  /// Bits for each weight of a row, its scales (`scaleBits` each) and zero points included; the
  /// padding of a row to whole bytes is not.
  double getBitsPerWeight(int64_t columns, unsigned scaleBits = 32) const;
};

} // namespace bitwright

#endif // BITWRIGHT_NUMERICS_NUMBERFORMAT_H
