// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// GPTQ against its definition: optimal brain surgeon, one column at a time, with an explicit
/// inverse of the damped second moment.

#include "passes/Round/Refine.h"
#include "passes/Round/Rounder.h"
#include "gtest/gtest.h"

#include <cmath>
#include <numeric>
#include <random>

using namespace bitwright;

namespace {

using Square = std::vector<std::vector<double>>;

/// Weights and correlated inputs of a few outlier channels.
struct Layer {
  Layer(int64_t rows, int64_t columns, BlockFormat format);

  double getMoment(int64_t i, int64_t k) const {
    if (i > k)
      std::swap(i, k);
    return moment[i * columns - i * (i - 1) / 2 + k - i];
  }
  void setMoment(int64_t i, int64_t k, float value) {
    moment[i * columns - i * (i - 1) / 2 + k - i] = value;
  }
  RoundedWeights round(bool refines = false) const {
    RoundingProblem problem;
    problem.weights = weights;
    problem.rows = rows;
    problem.columns = columns;
    problem.format = format;
    problem.statistics["second_moment"] = moment;
    return makeGptqRounder(refines)->round(problem);
  }
  BlockWeights roundToNearest() const { return quantizeBlocks(weights, rows, columns, format); }
  /// The mean squared error of an output.
  double measure(const BlockWeights &rounded, int64_t row) const;

  int64_t rows, columns;
  BlockFormat format;
  std::vector<float> weights;
  llvm::SmallVector<float> moment;
};

} // namespace

static BlockFormat intBlocks(unsigned bits, int64_t size, bool symmetric) {
  static FormatRegistry formats;
  return {formats.lookup("int" + std::to_string(bits)), size, symmetric};
}

Layer::Layer(int64_t rows, int64_t columns, BlockFormat format)
    : rows(rows), columns(columns), format(format), weights(rows * columns) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 1);
  for (float &weight : weights)
    weight = normal(random);
  // x = common part + own part, some channels loud; more channels than samples would be singular.
  int64_t count = 2 * columns;
  std::vector<double> x(count * columns);
  for (int64_t s = 0; s < count; ++s) {
    double common = normal(random);
    for (int64_t k = 0; k < columns; ++k)
      x[s * columns + k] = (common + normal(random)) * (k % 7 == 3 ? 8 : 1);
  }
  for (int64_t i = 0; i < columns; ++i)
    for (int64_t k = i; k < columns; ++k) {
      double sum = 0;
      for (int64_t s = 0; s < count; ++s)
        sum += x[s * columns + i] * x[s * columns + k];
      moment.push_back(float(sum / double(count)));
    }
}

double Layer::measure(const BlockWeights &rounded, int64_t row) const {
  std::vector<float> back = dequantizeBlocks(rounded);
  std::vector<double> error(columns);
  for (int64_t k = 0; k < columns; ++k)
    error[k] = double(back[row * columns + k]) - weights[row * columns + k];
  double loss = 0;
  for (int64_t i = 0; i < columns; ++i)
    for (int64_t k = 0; k < columns; ++k)
      loss += error[i] * getMoment(i, k) * error[k];
  return loss;
}

/// e H e^T of one row, with the damped moment.
static double measureDamped(const OutputMoment &moment, llvm::ArrayRef<float> weights,
                            const BlockWeights &rounded) {
  std::vector<float> back = dequantizeBlocks(rounded);
  double cost = 0;
  for (size_t i = 0; i < back.size(); ++i)
    for (size_t k = 0; k < back.size(); ++k)
      cost += double(back[i] - weights[i]) * moment.row(int64_t(i))[k] * (back[k] - weights[k]);
  return cost;
}

/// By Gauss and Jordan; `matrix` is positive definite.
static Square invert(Square matrix) {
  size_t size = matrix.size();
  Square result(size, std::vector<double>(size, 0));
  for (size_t i = 0; i < size; ++i)
    result[i][i] = 1;
  for (size_t i = 0; i < size; ++i) {
    double pivot = matrix[i][i];
    for (size_t k = 0; k < size; ++k) {
      matrix[i][k] /= pivot;
      result[i][k] /= pivot;
    }
    for (size_t j = 0; j < size; ++j) {
      double factor = j == i ? 0 : matrix[j][i];
      for (size_t k = 0; k < size; ++k) {
        matrix[j][k] -= factor * matrix[i][k];
        result[j][k] -= factor * result[i][k];
      }
    }
  }
  return result;
}

/// The loudest column first; the rest of each row is moved by the inverse, from which the column is
/// then eliminated. Scales and zero points are those of `result`, whose codes are replaced.
static BlockWeights roundByDefinition(const Layer &layer, BlockWeights result) {
  int64_t columns = layer.columns;
  std::vector<int64_t> order(columns);
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](int64_t a, int64_t b) {
    double first = layer.getMoment(a, a), second = layer.getMoment(b, b);
    return first != second ? first > second : a < b;
  });
  double mean = 0;
  for (int64_t k = 0; k < columns; ++k)
    mean += layer.getMoment(k, k) / double(columns);
  Square damped(columns, std::vector<double>(columns));
  for (int64_t i = 0; i < columns; ++i)
    for (int64_t k = 0; k < columns; ++k)
      damped[i][k] = layer.getMoment(i, k) + (i == k ? 0.01 * mean : 0);
  Square inverse = invert(damped);

  std::vector<double> w(layer.weights.begin(), layer.weights.end());
  for (int64_t column : order) {
    double pivot = inverse[column][column];
    for (int64_t row = 0; row < layer.rows; ++row) {
      QuantParams params = result.getParams(row, column / layer.format.blockSize);
      auto target = float(w[row * columns + column]);
      int8_t &code = result.values[row * columns + column];
      layer.format.number->encode(target, params, layer.format.symmetric, &code);
      float value;
      layer.format.number->decode(code, params, layer.format.symmetric, &value);
      double error = (w[row * columns + column] - value) / pivot;
      for (int64_t k = 0; k < columns; ++k)
        w[row * columns + k] -= error * inverse[column][k];
    }
    std::vector<double> pivots = inverse[column];
    for (int64_t i = 0; i < columns; ++i)
      for (int64_t k = 0; k < columns; ++k)
        inverse[i][k] -= pivots[i] * pivots[k] / pivot;
  }
  return result;
}

/// With the scales that were chosen, rows have the codes of the definition, but for those where
/// rounding to nearest did better. Blocks of columns and of rows are crossed.
TEST(Gptq, IsOptimalBrainSurgeonColumnByColumn) {
  struct Case {
    int64_t rows, columns;
    BlockFormat format;
  };
  for (const Case &c :
       {Case{500, 30, intBlocks(4, 8, false)}, Case{60, 150, intBlocks(4, 32, true)},
        Case{40, 20, intBlocks(3, 7, false)}, Case{40, 70, intBlocks(8, 70, true)}}) {
    Layer layer(c.rows, c.columns, c.format);
    RoundedWeights rounded = layer.round();
    EXPECT_EQ(rounded.shortfall, "");
    BlockWeights expected = roundByDefinition(layer, rounded.weights);
    BlockWeights nearest = layer.roundToNearest();
    int64_t compared = 0, different = 0;
    for (int64_t row = 0; row < c.rows; ++row) {
      auto getRow = [&](const BlockWeights &q) {
        return llvm::ArrayRef<int8_t>(q.values).slice(row * c.columns, c.columns);
      };
      if (getRow(rounded.weights) == getRow(nearest))
        continue;
      ++compared;
      // A target that lies between two codes may fall to either side, by rounding errors.
      different += getRow(rounded.weights) != getRow(expected);
    }
    EXPECT_GE(compared, c.rows * 9 / 10) << c.columns;
    EXPECT_LE(different, 1 + compared / 50) << c.columns;
  }
}

TEST(Gptq, LowersTheOutputErrorOfEachRow) {
  for (bool symmetric : {false, true}) {
    Layer layer(50, 96, intBlocks(4, 32, symmetric));
    BlockWeights rounded = layer.round().weights, nearest = layer.roundToNearest();
    BlockWeights definition = roundByDefinition(layer, nearest);
    double before = 0, after = 0, plain = 0;
    for (int64_t row = 0; row < layer.rows; ++row) {
      before += layer.measure(nearest, row);
      after += layer.measure(rounded, row);
      plain += layer.measure(definition, row);
      EXPECT_LE(layer.measure(rounded, row), layer.measure(nearest, row));
    }
    EXPECT_LT(after, 0.4 * before);
    EXPECT_LT(after, 1.001 * plain); // the best of several choices
  }
}

TEST(Gptq, RefiningLowersTheErrorOfEachRowFurther) {
  for (const BlockFormat &format :
       {intBlocks(4, 32, false), intBlocks(4, 96, true), intBlocks(3, 13, false)}) {
    Layer layer(70, 96, format);
    BlockWeights before = layer.round().weights, after = layer.round(/*refines=*/true).weights;
    double sumBefore = 0, sumAfter = 0;
    for (int64_t row = 0; row < layer.rows; ++row) {
      sumBefore += layer.measure(before, row);
      sumAfter += layer.measure(after, row);
    }
    EXPECT_LT(sumAfter, 0.98 * sumBefore);
    OutputMoment moment(layer.moment, layer.columns, 0.01);
    for (int64_t row = 0; row < layer.rows; ++row) {
      BlockWeights one{format, 1, layer.columns, {}, {}, {}};
      int64_t blocks = format.countBlocks(layer.columns);
      one.values.assign(before.values.begin() + row * 96, before.values.begin() + (row + 1) * 96);
      one.scales.assign(before.scales.begin() + row * blocks,
                        before.scales.begin() + (row + 1) * blocks);
      one.zeroPoints.assign(before.zeroPoints.begin() + row * blocks,
                            before.zeroPoints.begin() + (row + 1) * blocks);
      auto weights = llvm::ArrayRef<float>(layer.weights).slice(row * 96, 96);
      double cost = measureDamped(moment, weights, one);
      double said = refine(weights, moment, /*fitsScales=*/true, one);
      EXPECT_NEAR(said, measureDamped(moment, weights, one), 1e-3 * cost);
      EXPECT_LE(said, cost * 1.0001);
    }
  }
}

/// Weights that are codes times 0.5: whatever scale they were rounded with, that one is found.
TEST(Refine, FindsTheScaleOfWeightsThatAreCodes) {
  std::vector<float> weights;
  for (int code = -7; code <= 7; ++code)
    weights.push_back(0.5f * float(code));
  llvm::SmallVector<float> identity;
  for (size_t i = 0; i < weights.size(); ++i)
    for (size_t k = i; k < weights.size(); ++k)
      identity.push_back(i == k ? 1.0f : 0.0f);
  OutputMoment moment(identity, int64_t(weights.size()), 0.01);
  for (bool fits : {true, false}) {
    BlockWeights rounded = quantizeBlocks(weights, 1, 15, intBlocks(4, 15, true));
    rounded.scales[0] = 0.53f;
    double cost = refine(weights, moment, fits, rounded);
    EXPECT_NEAR(rounded.scales[0], fits ? 0.5f : 0.53f, 1e-6f);
    EXPECT_EQ(cost < 1e-9, fits);
    for (int k = 0; k < 15; ++k)
      EXPECT_EQ(rounded.values[k], k - 7);
  }
}

TEST(Gptq, SaysWhatItGained) {
  Layer layer(50, 96, intBlocks(4, 32, false));
  RoundedWeights rounded = layer.round();
  double before = 0, after = 0;
  for (int64_t row = 0; row < layer.rows; ++row) {
    before += layer.measure(layer.roundToNearest(), row);
    after += layer.measure(rounded.weights, row);
  }
  double said = 0;
  ASSERT_FALSE(
      llvm::StringRef(rounded.detail).split("error ").second.split(' ').first.getAsDouble(said))
      << rounded.detail;
  EXPECT_NEAR(said, after / before, 0.05); // damping counts in it
}

/// An input that was always 0 says nothing about its weights: they are rounded to nearest, and do
/// not change what becomes of the others.
TEST(Gptq, DeadColumnsAreRoundedToNearest) {
  Layer layer(30, 24, intBlocks(4, 24, true));
  for (int64_t dead : {0, 9})
    for (int64_t k = 0; k < 24; ++k)
      layer.setMoment(std::min(dead, k), std::max(dead, k), 0);
  RoundedWeights rounded = layer.round();
  EXPECT_EQ(rounded.shortfall, "");
  std::vector<float> back = dequantizeBlocks(rounded.weights);
  for (int64_t row = 0; row < 30; ++row)
    for (int64_t dead : {0, 9}) {
      int8_t code;
      layer.format.number->encode(layer.weights[row * 24 + dead], rounded.weights.getParams(row, 0),
                                  true, &code);
      EXPECT_EQ(rounded.weights.values[row * 24 + dead], code);
    }
}

TEST(Gptq, MomentsWithoutAFactorAreDampedMoreOrLeaveRoundingToNearest) {
  Layer layer(8, 2, intBlocks(4, 2, true));
  auto round = [&](float off) {
    layer.moment = {1, off, 1}; // eigenvalues 1 + off, 1 - off
    return layer.round();
  };
  EXPECT_EQ(round(0.9f).detail.find("damping"), std::string::npos);
  EXPECT_NE(round(1.05f).detail.find(", damping 0.1"), std::string::npos);
  EXPECT_NE(round(1.5f).detail.find(", damping 1"), std::string::npos);
  for (float off : {3.0f, NAN, INFINITY}) {
    RoundedWeights rounded = round(off);
    EXPECT_EQ(rounded.shortfall, "the second moment of its input is not finite or has no factor, "
                                 "even with damping 1");
    EXPECT_EQ(rounded.weights.values, layer.roundToNearest().values);
  }
  layer.moment = {0, 0, 0}; // nothing but zeros was seen
  EXPECT_NE(layer.round().shortfall, "");
  layer.moment = {1, 0}; // not the moment of two columns
  EXPECT_NE(layer.round().shortfall, "");
}
