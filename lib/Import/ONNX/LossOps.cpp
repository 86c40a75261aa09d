// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Losses of classification.

#include "Compose.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;

namespace bitwright::onnximport {

namespace {

/// Minus the log-probability of the right class, weighted, over N x C x ... log-probabilities.
class Loss {
public:
  explicit Loss(Node &n) : n(n), type(n.getElementType(0)) {}
  Value compute(Value logProbabilities);

private:
  Value pickTarget(Value logProbabilities, Value target);
  Value getWeights(Value target, Value isIgnored);
  Value reduceAll(StringRef op, Value x);

  Node &n;
  int32_t type;
};

/// The element of the target's class. A sum over one element: a gather would read all N x C.
Value Loss::pickTarget(Value x, Value target) {
  int64_t rank = rankOf(n, x);
  Value classes = rangeTo(n, sizeOf(n, x, 1));
  if (rank > 2)
    classes = n.unsqueeze(classes, axesBetween(1, rank - 1));
  Value isTarget = n.create<qnn::EqualOp>({n.unsqueeze(target, {1}), classes});
  Value picked = where(n, isTarget, x, scalarLike(n, x, 0));
  return reduce<qnn::ReduceSumOp>(n, picked, 1, /*keepDims=*/false);
}

/// The weight of each target, 0 where it is ignored; null where all are 1.
Value Loss::getWeights(Value target, Value isIgnored) {
  Value weights;
  if (n.hasInput(2))
    weights = gather(n, n.getInput(2), target, 0);
  if (!isIgnored)
    return weights;
  Value one = n.createScalar(type, 1), zero = n.createScalar(type, 0);
  return where(n, isIgnored, zero, weights ? weights : one);
}

Value Loss::reduceAll(StringRef op, Value x) {
  return reduce(n, op, x, axesBetween(0, rankOf(n, x)), /*keepDims=*/false);
}

Value Loss::compute(Value x) {
  std::string reduction = n.getString("reduction", "mean");
  n.expect(reduction == "mean" || reduction == "sum" || reduction == "none",
           "attribute 'reduction' must be 'mean', 'sum' or 'none'");
  if (n.failed() || !n.expect(rankOf(n, x) >= 2, "expects an input of rank 2 or more") ||
      !n.expect(n.getRank(1) == rankOf(n, x) - 1, "expects a target of one dimension less"))
    return {};
  Value target = n.getIndexInput(1), isIgnored;
  if (n.hasAttribute("ignore_index")) {
    isIgnored = n.create<qnn::EqualOp>({target, n.createInteger(n.getInt("ignore_index", 0))});
    target = where(n, isIgnored, n.createInteger(0), target);
  }
  Value loss = n.create<qnn::NegOp>({pickTarget(x, target)});
  Value weights = getWeights(target, isIgnored);
  if (weights)
    loss = mul(n, loss, weights);
  if (reduction == "none")
    return loss;
  if (reduction == "mean" && !weights)
    return reduceAll(qnn::ReduceMeanOp::getOperationName(), loss);
  StringRef sum = qnn::ReduceSumOp::getOperationName();
  Value total = reduceAll(sum, loss);
  if (reduction == "sum")
    return total;
  Value shape = n.shapeOf(loss);
  Value all = n.create<qnn::ExpandOp>({weights, shape});
  return div(n, total, reduceAll(sum, all));
}

void buildNegativeLogLikelihood(Node &n) { n.setResult(Loss(n).compute(n.getInput(0))); }

void buildSoftmaxCrossEntropy(Node &n) {
  Value x = n.getInput(0);
  if (n.failed() || !n.expect(n.getRank(0) >= 2, "expects scores of rank 2 or more"))
    return;
  Value logProbabilities = logSoftmaxOver(n, x, 1);
  n.setResult(Loss(n).compute(logProbabilities));
  n.setResult(1, logProbabilities, n.getElementType(0));
}

} // namespace

ArrayRef<OpEntry> getLossOps() {
  static const OpEntry entries[] = {
      {"NegativeLogLikelihoodLoss", 2, 3, buildNegativeLogLikelihood, 12},
      {"SoftmaxCrossEntropyLoss", 2, 3, buildSoftmaxCrossEntropy, 12},
  };
  return entries;
}

} // namespace bitwright::onnximport
