// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The product against its definition, bit for bit.

#include "bitwright/Numerics/MatrixProduct.h"
#include "gtest/gtest.h"

#include <random>
#include <vector>

using namespace bitwright;

static std::vector<float> makeNormal(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> result(count);
  for (float &value : result)
    value = normal(random);
  return result;
}

/// Sums over chunks of 128 rows, each from zero; every product is rounded.
static void addByDefinition(const MatrixView &a, const MatrixView &b, float *c, int64_t stride) {
  for (int64_t m = 0; m < a.columns; ++m)
    for (int64_t n = 0; n < b.columns; ++n)
      for (int64_t begin = 0; begin < a.rows; begin += 128) {
        float sum = 0;
        for (int64_t k = begin; k < std::min<int64_t>(begin + 128, a.rows); ++k)
          sum += a.row(k)[m] * b.row(k)[n];
        c[m * stride + n] += sum;
      }
}

TEST(MatrixProduct, IsItsDefinitionBitForBit) {
  struct Case {
    int64_t depth, rows, columns;
  };
  // Tiles that are whole and cut off, one row, more rows than a block or a chunk holds.
  for (Case c : {Case{1, 1, 1}, Case{5, 6, 32}, Case{128, 7, 33}, Case{129, 241, 31},
                 Case{300, 13, 70}, Case{64, 480, 95}}) {
    int64_t strideA = c.rows + 3, strideB = c.columns + 1, stride = c.columns + 2;
    std::vector<float> a = makeNormal(c.depth * strideA, 1), b = makeNormal(c.depth * strideB, 2);
    std::vector<float> sum = makeNormal(c.rows * stride, 3), expected = sum;
    MatrixView left{a.data() + 2, c.depth, c.rows, strideA},
        right{b.data(), c.depth, c.columns, strideB};
    addTransposedProduct(left, right, sum.data(), stride);
    addByDefinition(left, right, expected.data(), stride);
    EXPECT_EQ(sum, expected) << c.depth << " x " << c.rows << " x " << c.columns;
  }
}

TEST(MatrixProduct, NothingIsAddedWhereAnOperandIsEmpty) {
  std::vector<float> a = makeNormal(40, 1), c(16, 2.0f);
  addTransposedProduct({a.data(), 0, 4, 4}, {a.data(), 0, 4, 4}, c.data(), 4);
  addTransposedProduct({a.data(), 10, 4, 4}, {a.data(), 10, 0, 4}, c.data(), 4);
  addTransposedProduct({a.data(), 10, 0, 4}, {a.data(), 10, 4, 4}, c.data(), 4);
  EXPECT_EQ(c, std::vector<float>(16, 2.0f));
}
