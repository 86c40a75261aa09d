// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The slice rule against a walk in 128-bit integers, with the extremes of
/// starts, ends and steps, on empty dimensions as well.

#include "dialects/QNN/SliceRule.h"
#include "gtest/gtest.h"
#include <vector>

using namespace bitwright;

using Wide = __int128;
using Places = std::vector<int64_t>;

static const int64_t bounds[] = {INT64_MIN, INT64_MIN + 1,
                                 INT32_MIN, -7,
                                 -6,        -5,
                                 -4,        -3,
                                 -2,        -1,
                                 0,         1,
                                 2,         3,
                                 4,         5,
                                 6,         7,
                                 8,         INT32_MAX - 1,
                                 INT32_MAX, INT64_MAX - 1,
                                 INT64_MAX};
static const int64_t steps[] = {INT64_MIN, INT64_MIN + 1, INT32_MIN,     -3,       -2, -1, 1, 2,
                                3,         INT32_MAX,     INT64_MAX - 1, INT64_MAX};

static Wide clamp(Wide value, Wide low, Wide high) {
  value = value < low ? low : value;
  return value > high ? high : value;
}

/// What ONNX says, one element after the other.
static Places walk(Wide size, Wide start, Wide end, Wide step) {
  start = start < 0 ? start + size : start;
  end = end < 0 ? end + size : end;
  start = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
  end = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
  Places places;
  for (Wide i = start; step > 0 ? i < end : i > end; i += step)
    places.push_back(int64_t(i));
  return places;
}

static Places resolve(int64_t size, int64_t start, int64_t end, int64_t step) {
  SliceExtent<int64_t> extent = resolveSlice(size, start, end, step);
  Places places;
  for (int64_t i = 0; i < extent.count; ++i)
    places.push_back(extent.start + i * step);
  return places;
}

TEST(SliceRule, IsOnnxForEveryBoundAndStep) {
  for (int64_t size : {0, 1, 2, 5, 6})
    for (int64_t start : bounds)
      for (int64_t end : bounds)
        for (int64_t step : steps)
          ASSERT_EQ(resolve(size, start, end, step), walk(size, start, end, step))
              << "size " << size << ", " << start << ":" << end << ":" << step;
}

TEST(SliceRule, CountsElementsOfTheLargestDimension) {
  EXPECT_EQ(resolveSlice(INT64_MAX, 0, INT64_MAX, 1).count, INT64_MAX);
  EXPECT_EQ(resolveSlice(INT64_MAX, INT64_MAX, INT64_MIN, -1).count, INT64_MAX);
  EXPECT_EQ(resolveSlice(INT64_MAX, INT64_MIN, INT64_MAX, INT64_MAX).count, 1);
  EXPECT_EQ(resolveSlice(INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN).count, 1);
  EXPECT_EQ(resolveSlice(INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN).start, INT64_MAX - 1);
}

TEST(SliceRule, WholeMeansEveryElementInOrder) {
  for (int64_t size : {0, 1, 2, 5, 6})
    for (int64_t start : bounds)
      for (int64_t end : bounds)
        for (int64_t step : steps) {
          Places all;
          for (int64_t i = 0; i < size; ++i)
            all.push_back(i);
          bool isWhole = isWholeSlice(size, start, end, step);
          ASSERT_FALSE(isWhole && walk(size, start, end, step) != all)
              << "size " << size << ", " << start << ":" << end << ":" << step;
          // Step 1 is seen whatever the bounds are.
          ASSERT_TRUE(isWhole || step != 1 || walk(size, start, end, step) != all);
          if (isWholeSlice(std::nullopt, start, end, step))
            ASSERT_TRUE(isWhole);
        }
}
