// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// `rtn`: each weight to the nearest code, blocks as wide as their extremes.

#include "passes/Round/Rounder.h"

using namespace bitwright;

namespace {

class NearestRounder final : public Rounder {
public:
  llvm::StringRef getName() const override { return "rtn"; }
  llvm::StringRef getSummary() const override { return "round to nearest"; }
  RoundedWeights round(const RoundingProblem &problem) const override {
    return {quantizeBlocks(problem.weights, problem.rows, problem.columns, problem.format, {},
                           problem.leastScales),
            ""};
  }
};

} // namespace

std::unique_ptr<Rounder> bitwright::makeNearestRounder() {
  return std::make_unique<NearestRounder>();
}
