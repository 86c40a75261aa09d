// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// `awq-clip`: round to nearest after a search, for each block, of the part of its range that is
/// kept (the second half of AWQ, arXiv:2306.00978). Queries and keys are left alone: clipping them
/// hurts.

#include "passes/Round/Rounder.h"

#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Core>

using namespace bitwright;
using llvm::ArrayRef;

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixView = Eigen::Map<const Matrix>;

ClipFactors bitwright::searchClipping(ArrayRef<float> weights, int64_t rows, int64_t columns,
                                      ArrayRef<float> samples, const BlockFormat &format) {
  constexpr int kSteps = 10;
  int64_t blocks = format.countBlocks(columns);
  ClipFactors best(rows * blocks, 1.0f);
  MatrixView x(samples.data(), int64_t(samples.size()) / columns, columns);
  for (int64_t b = 0; b < blocks; ++b) {
    int64_t begin = b * format.blockSize;
    int64_t size = std::min(format.blockSize, columns - begin);
    Matrix moment = x.middleCols(begin, size).transpose() * x.middleCols(begin, size);
    Eigen::VectorXf lowest;
    Matrix error(rows, size);
    for (int step = 0; step <= kSteps; ++step) {
      float factor = 1.0f - float(step) / (2 * kSteps);
      for (int64_t row = 0; row < rows; ++row) {
        ArrayRef<float> block = weights.slice(row * columns + begin, size);
        roundTripBlock(block, format, factor, error.data() + row * size);
        for (int64_t k = 0; k < size; ++k)
          error(row, k) -= block[k];
      }
      Eigen::VectorXf loss = (error * moment).cwiseProduct(error).rowwise().sum();
      if (step == 0)
        lowest = loss;
      for (int64_t row = 0; row < rows; ++row)
        if (loss(row) < lowest(row)) {
          lowest(row) = loss(row);
          best[row * blocks + b] = factor;
        }
    }
  }
  return best;
}

namespace {

class ClipRounder final : public Rounder {
public:
  llvm::StringRef getName() const override { return "awq-clip"; }
  llvm::StringRef getSummary() const override {
    return "round to nearest in ranges searched for each block";
  }
  llvm::SmallVector<llvm::StringRef> needs() const override { return {"samples"}; }
  RoundedWeights round(const RoundingProblem &p) const override {
    if (p.makesAttentionScores)
      return {quantizeBlocks(p.weights, p.rows, p.columns, p.format, {}, p.leastScales),
              "it makes queries or keys of an attention"};
    ClipFactors clip = searchClipping(p.weights, p.rows, p.columns,
                                      p.statistics.find("samples")->second, p.format);
    return {quantizeBlocks(p.weights, p.rows, p.columns, p.format, clip, p.leastScales), ""};
  }
};

} // namespace

std::unique_ptr<Rounder> bitwright::makeClipRounder() { return std::make_unique<ClipRounder>(); }
