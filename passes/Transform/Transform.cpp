// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The list of transforms.

#include "passes/Transform/Transform.h"

#include "bitwright/Support/Error.h"
#include "passes/Transform/Passes.h"

using namespace bitwright;
using Kind = WordOption::Kind;

namespace {

/// Scales weights, then clips their blocks: AWQ.
class Awq final : public Transform {
public:
  llvm::StringRef getName() const override { return "awq"; }
  llvm::StringRef getSummary() const override {
    return "scale channels by what activations matter, and clip blocks";
  }
  std::vector<WordOption> getOptions() const override {
    return {{"clip", Kind::Choice, {"on", "off"}, "search the range of each block (default on)", 0},
            {"duo", Kind::Flag, {}, "try scales that regard the weights' magnitude too", 0}};
  }
  bool needsMeasurements() const override { return true; }
  llvm::StringRef getRounder(const Words &words) const override {
    return words.getSwitch("clip", true) ? "awq-clip" : "";
  }
  llvm::Error addPasses(const Words &words, mlir::OpPassManager &pm) const override {
    pm.addPass(createScaleWeightsPass({words.getFlag("duo")}));
    return llvm::Error::success();
  }
};

class Smooth final : public Transform {
public:
  llvm::StringRef getName() const override { return "smooth"; }
  llvm::StringRef getSummary() const override {
    return "move outlier channels of activations into weights, where calibrated";
  }
  std::vector<WordOption> getOptions() const override {
    return {{"alpha", Kind::Number, {}, "how much of them, 0 to 1 (default: searched)", 0}};
  }
  llvm::Error addPasses(const Words &words, mlir::OpPassManager &pm) const override {
    double alpha = words.getNumber("alpha", -1);
    if (words.has("alpha") && !(alpha >= 0 && alpha <= 1))
      return makeError("option 'alpha' expects a number from 0 to 1");
    pm.addPass(createSmoothActivationsPass({alpha}));
    return llvm::Error::success();
  }
};

} // namespace

TransformRegistry::TransformRegistry() {
  add(std::make_shared<Awq>());
  add(std::make_shared<Smooth>());
}
