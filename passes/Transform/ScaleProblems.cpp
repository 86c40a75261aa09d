// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Gathers weights and statistics for a search and folds its result.

#include "passes/Transform/ScaleProblems.h"

#include "passes/Calibration/Statistic.h"
#include "passes/Common/Observers.h"
#include "passes/Common/Precision.h"
#include "passes/Transform/ScaleFolding.h"
#include "llvm/Support/FormatVariadic.h"

using namespace bitwright;
using namespace mlir;

/// Solves one problem; returns why nothing was done, or "".
static std::string rescale(const ScaleFold &fold, DecisionRecorder &record,
                           llvm::function_ref<ScaleResult(const ScaleProblem &)> search) {
  qnn::ObserveOp observe = findObserver(fold.tensor);
  SmallVector<float> samples = getStatistic(observe, "samples");
  SmallVector<float> meanAbs = getStatistic(observe, "mean_abs");
  SmallVector<float> maxAbs = getStatistic(observe, "max_abs");
  if (samples.empty())
    return "no sample rows were recorded";
  int64_t channels = fold.countChannels();
  if (int64_t(meanAbs.size()) != channels || int64_t(maxAbs.size()) != channels)
    return "statistics were recorded for another number of channels";
  for (float value : samples)
    if (!std::isfinite(value))
      return "sample rows are not finite";

  ScaleProblem problem;
  problem.columns = channels;
  problem.samples = samples;
  problem.meanAbs = meanAbs;
  problem.maxAbs = maxAbs;
  problem.ties = fold.channels;
  SmallVector<SmallVector<float>> weights;
  for (qnn::LinearOp consumer : fold.consumers) {
    auto values = getFiniteFloats(consumer.getWeight());
    if (!values)
      return "weights are not finite";
    weights.push_back(std::move(*values));
  }
  for (auto [values, consumer] : llvm::zip_equal(weights, fold.consumers))
    problem.weights.push_back({values, int64_t(values.size()) / channels,
                               getBlockFormat(qnn::getPrecision(consumer), channels)});

  ScaleResult result = search(problem);
  if (!(result.lossAfter < result.lossBefore))
    return "no scale lowers the error on the samples";
  applyScales(fold, result.scales);
  for (qnn::LinearOp consumer : fold.consumers)
    record.applied(consumer, "input rescaled",
                   llvm::formatv("alpha {0:F2}, squared error {1:e3} -> {2:e3}, folded into '{3}'",
                                 result.alpha, result.lossBefore, result.lossAfter,
                                 getNodeName(fold.producer->getLoc()))
                       .str());
  return "";
}

RescaledOps
bitwright::rescaleChannels(Operation *root, StringRef transform, DecisionRecorder &record,
                           llvm::function_ref<ScaleResult(const ScaleProblem &)> search) {
  RescaledOps count;
  auto isAsked = [&](qnn::LinearOp consumer) {
    return hasTransform(qnn::getPrecision(consumer), transform);
  };
  for (const ScaleFold &fold : findScaleFolds(root)) {
    if (llvm::none_of(fold.consumers, isAsked))
      continue;
    std::string reason = fold.reason;
    if (!llvm::all_of(fold.consumers, isAsked))
      reason = "not all ops that read the tensor have '" + transform.str() + "' in their precision";
    if (reason.empty())
      reason = rescale(fold, record, search);
    if (reason.empty()) {
      count.rescaled += int64_t(fold.consumers.size());
      continue;
    }
    for (qnn::LinearOp consumer : fold.consumers)
      if (isAsked(consumer)) {
        record.missed(consumer, "input not rescaled", reason);
        ++count.left;
      }
  }
  return count;
}
