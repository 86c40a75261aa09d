// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Coordinate descent on the codes of a row and least squares on its scales, in turn. With g = e H,
/// the best value of column k given the others is its value less g_k / H_kk, and the best steps of
/// the scales d solve M d = -(c_b g)_b, M_ab = c_a H c_b, where c_b are the codes of block b at
/// scale 1.

#include "passes/Round/Refine.h"

#include "bitwright/Numerics/MatrixProduct.h"

#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Cholesky>

#include <cmath>

using namespace bitwright;
using llvm::ArrayRef;

/// Passes over the codes; scales are fitted between them.
static constexpr int kRounds = 3;

OutputMoment::OutputMoment(ArrayRef<float> triangle, int64_t columns, double damping)
    : columns(columns), values(columns * columns) {
  double mean = 0;
  const float *value = triangle.data();
  for (int64_t i = 0; i < columns; ++i)
    for (int64_t k = i; k < columns; ++k, ++value) {
      values[i * columns + k] = values[k * columns + i] = *value;
      mean += i == k ? double(*value) / double(columns) : 0;
    }
  for (int64_t i = 0; i < columns; ++i) {
    float &diagonal = values[i * columns + i];
    diagonal = float((diagonal > 0 ? diagonal : mean) + damping * mean);
  }
}

namespace {

/// Some rows on their way.
class Refiner {
public:
  Refiner(ArrayRef<float> weights, const OutputMoment &moment, BlockWeights &rounded)
      : weights(weights), moment(moment), rounded(rounded), format(rounded.format),
        columns(rounded.columns), blocks(format.countBlocks(columns)),
        gradients(rounded.rows * columns) {
    addErrors();
  }

  void descend();
  void fitScales();
  double getCost() const;

private:
  int64_t getSize(int64_t block) const {
    return std::min(format.blockSize, columns - block * format.blockSize);
  }
  float getValue(int64_t row, int64_t column) const {
    float value;
    format.number->decode(rounded.values[row * columns + column],
                          rounded.getParams(row, column / format.blockSize), format.symmetric,
                          &value);
    return value;
  }
  void addErrors();
  void fitRow(int64_t row, ArrayRef<float> units, ArrayRef<float> products);

  ArrayRef<float> weights;
  const OutputMoment &moment;
  BlockWeights &rounded;
  const BlockFormat &format;
  int64_t columns, blocks;
  /// e H of each row.
  std::vector<float> gradients;
};

} // namespace

/// Columns of `values`, rows of `columns`, from `begin` on: a row for each column.
static std::vector<float> transpose(ArrayRef<float> values, int64_t columns, int64_t begin,
                                    int64_t size) {
  int64_t rows = int64_t(values.size()) / columns;
  std::vector<float> result(size * rows);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t k = 0; k < size; ++k)
      result[k * rows + row] = values[row * columns + begin + k];
  return result;
}

void Refiner::addErrors() {
  std::vector<float> errors = dequantizeBlocks(rounded);
  for (size_t i = 0; i < errors.size(); ++i)
    errors[i] -= weights[i];
  std::vector<float> byColumn = transpose(errors, columns, 0, columns);
  addTransposedProduct({byColumn.data(), columns, rounded.rows, rounded.rows},
                       {moment.row(0), columns, columns, columns}, gradients.data(), columns);
}

void Refiner::descend() {
  for (int64_t row = 0; row < rounded.rows; ++row) {
    float *gradient = gradients.data() + row * columns;
    for (int64_t k = 0; k < columns; ++k) {
      const float *h = moment.row(k);
      float value = getValue(row, k);
      int8_t &code = rounded.values[row * columns + k], old = code;
      format.number->encode(value - gradient[k] / h[k],
                            rounded.getParams(row, k / format.blockSize), format.symmetric, &code);
      if (code == old)
        continue;
      float step = getValue(row, k) - value;
      for (int64_t j = 0; j < columns; ++j)
        gradient[j] += step * h[j];
    }
  }
}

void Refiner::fitScales() {
  std::vector<float> units(rounded.values.size());
  for (int64_t row = 0; row < rounded.rows; ++row)
    for (int64_t b = 0; b < blocks; ++b) {
      int64_t begin = row * columns + b * format.blockSize;
      format.number->decode(ArrayRef<int8_t>(rounded.values).slice(begin, getSize(b)),
                            {1.0f, rounded.getParams(row, b).zeroPoint}, format.symmetric,
                            units.data() + begin);
    }
  // c_b H for each block b of each row.
  std::vector<float> products(rounded.values.size() * blocks, 0.0f);
  for (int64_t b = 0; b < blocks; ++b) {
    int64_t begin = b * format.blockSize, size = getSize(b);
    std::vector<float> byColumn = transpose(units, columns, begin, size);
    addTransposedProduct({byColumn.data(), size, rounded.rows, rounded.rows},
                         {moment.row(begin), size, columns, columns}, products.data() + b * columns,
                         blocks * columns);
  }
  for (int64_t row = 0; row < rounded.rows; ++row)
    fitRow(row, ArrayRef<float>(units).slice(row * columns, columns),
           ArrayRef<float>(products).slice(row * blocks * columns, blocks * columns));
}

/// Leaves the row as it is where its scales are not determined, or would change their sign.
void Refiner::fitRow(int64_t row, ArrayRef<float> units, ArrayRef<float> products) {
  auto multiply = [&](int64_t block, const float *values) {
    double sum = 0;
    int64_t begin = block * format.blockSize;
    for (int64_t k = begin; k < begin + getSize(block); ++k)
      sum += double(units[k]) * values[k];
    return sum;
  };
  float *gradient = gradients.data() + row * columns;
  Eigen::MatrixXd matrix(blocks, blocks);
  Eigen::VectorXd right(blocks);
  for (int64_t a = 0; a < blocks; ++a) {
    right(a) = -multiply(a, gradient);
    for (int64_t b = 0; b < blocks; ++b)
      matrix(a, b) = multiply(a, products.data() + b * columns);
    if (matrix(a, a) == 0)
      matrix(a, a) = 1; // all of its values are 0, whatever the scale
  }
  Eigen::VectorXd steps = matrix.selfadjointView<Eigen::Lower>().ldlt().solve(right);
  for (int64_t b = 0; b < blocks; ++b)
    if (!(std::fabs(steps(b)) < 0.5 * rounded.scales[row * blocks + b]))
      return;
  for (int64_t b = 0; b < blocks; ++b) {
    float &scale = rounded.scales[row * blocks + b], old = scale;
    scale = float(old + steps(b));
    for (int64_t k = 0; k < columns; ++k)
      gradient[k] += (scale - old) * products[b * columns + k];
  }
}

double Refiner::getCost() const {
  std::vector<float> values = dequantizeBlocks(rounded);
  double cost = 0;
  for (size_t i = 0; i < values.size(); ++i)
    cost += double(values[i] - weights[i]) * gradients[i];
  return cost;
}

double bitwright::refine(ArrayRef<float> weights, const OutputMoment &moment, bool fitsScales,
                         BlockWeights &rounded) {
  Refiner refiner(weights, moment, rounded);
  for (int round = 0; round < kRounds; ++round) {
    if (round > 0 && fitsScales)
      refiner.fitScales();
    refiner.descend();
  }
  return refiner.getCost();
}
