// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Tiles that stay in registers, over operands that were copied to the order in which tiles read
/// them. Vector types of the compiler become the registers of each level.

#include "bitwright/Numerics/MatrixProduct.h"

#include <algorithm>
#include <vector>

using namespace bitwright;

/// Rows of a chunk: what is copied of `b` for one tile stays in the first cache.
static constexpr int64_t kChunk = 128;
/// Rows of `c` in a tile: with two registers each, 12 sums that do not wait for each other.
static constexpr int64_t kTileRows = 6;
/// Rows of `c` whose part of `a` stays in the second cache.
static constexpr int64_t kBlockRows = 40 * kTileRows;

/// One tile: sums over `depth` rows of 6 by 2 * Lanes products.
template <int64_t Lanes>
[[gnu::always_inline]] inline void multiplyTile(const float *a, const float *b, int64_t depth,
                                                float *tile) {
  typedef float Vector __attribute__((vector_size(Lanes * sizeof(float)), aligned(4)));
  Vector sums[kTileRows][2] = {};
  for (int64_t k = 0; k < depth; ++k, a += kTileRows, b += 2 * Lanes) {
    Vector left = *reinterpret_cast<const Vector *>(b);
    Vector right = *reinterpret_cast<const Vector *>(b + Lanes);
    for (int64_t i = 0; i < kTileRows; ++i) {
      sums[i][0] += a[i] * left;
      sums[i][1] += a[i] * right;
    }
  }
  for (int64_t i = 0; i < kTileRows; ++i)
    for (int64_t half = 0; half < 2; ++half)
      *reinterpret_cast<Vector *>(tile + (2 * i + half) * Lanes) = sums[i][half];
}

static void multiplyTile4(const float *a, const float *b, int64_t depth, float *tile) {
  multiplyTile<4>(a, b, depth, tile);
}

#if defined(__x86_64__)
[[gnu::target("avx")]] static void multiplyTile8(const float *a, const float *b, int64_t depth,
                                                 float *tile) {
  multiplyTile<8>(a, b, depth, tile);
}

[[gnu::target("avx512f")]] static void multiplyTile16(const float *a, const float *b, int64_t depth,
                                                      float *tile) {
  multiplyTile<16>(a, b, depth, tile);
}
#endif

namespace {

struct Kernel {
  void (*multiply)(const float *a, const float *b, int64_t depth, float *tile);
  int64_t columns;
};

} // namespace

static Kernel chooseKernel() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f"))
    return {multiplyTile16, 32};
  if (__builtin_cpu_supports("avx"))
    return {multiplyTile8, 16};
#endif
  return {multiplyTile4, 8};
}

/// Copies columns of `matrix` in groups of `width`, each group row after row; the last is filled up
/// with zeros.
static void pack(const MatrixView &matrix, int64_t width, std::vector<float> &packed) {
  int64_t groups = (matrix.columns + width - 1) / width;
  packed.resize(groups * width * matrix.rows);
  float *to = packed.data();
  for (int64_t begin = 0; begin < matrix.columns; begin += width) {
    int64_t size = std::min(width, matrix.columns - begin);
    for (int64_t r = 0; r < matrix.rows; ++r, to += width) {
      std::copy_n(matrix.row(r) + begin, size, to);
      std::fill(to + size, to + width, 0.0f);
    }
  }
}

/// The rows of `c` that belong to `a`, whose copies are `packedA`; `packedB` is all of the other
/// operand.
static void addBlock(const Kernel &kernel, const MatrixView &a, int64_t columns,
                     const std::vector<float> &packedA, const std::vector<float> &packedB, float *c,
                     int64_t stride) {
  float tile[kTileRows * 32];
  int64_t depth = a.rows;
  for (int64_t n = 0; n < columns; n += kernel.columns)
    for (int64_t m = 0; m < a.columns; m += kTileRows) {
      kernel.multiply(packedA.data() + m * depth, packedB.data() + n * depth, depth, tile);
      int64_t rows = std::min(kTileRows, a.columns - m);
      int64_t size = std::min(kernel.columns, columns - n);
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < size; ++j)
          c[(m + i) * stride + n + j] += tile[i * kernel.columns + j];
    }
}

void bitwright::addTransposedProduct(const MatrixView &a, const MatrixView &b, float *c,
                                     int64_t stride) {
  static const Kernel kernel = chooseKernel();
  std::vector<float> packedA, packedB;
  for (int64_t k = 0; k < a.rows; k += kChunk) {
    int64_t depth = std::min(kChunk, a.rows - k);
    pack({b.row(k), depth, b.columns, b.stride}, kernel.columns, packedB);
    for (int64_t m = 0; m < a.columns; m += kBlockRows) {
      MatrixView block{a.row(k) + m, depth, std::min(kBlockRows, a.columns - m), a.stride};
      pack(block, kTileRows, packedA);
      addBlock(kernel, block, b.columns, packedA, packedB, c + m * stride, stride);
    }
  }
}
