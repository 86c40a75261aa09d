// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Poses a rounding problem for each weight and writes what the rounder found.

#include "dialects/QNN/ContextState.h"
#include "mlir/IR/TypeUtilities.h"
#include "passes/Calibration/Statistic.h"
#include "passes/Common/Decisions.h"
#include "passes/Common/Observers.h"
#include "passes/Common/Precision.h"
#include "passes/Round/Passes.h"
#include "passes/Round/Rounder.h"
#include "llvm/Support/FormatVariadic.h"

namespace bitwright {
#define GEN_PASS_DEF_ROUNDPASS
#include "passes/Round/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

/// True where the ops between `value` and a softmax only move, combine or compare elements.
static bool reachesSoftmax(Value value, llvm::DenseSet<Value> &seen, bool beforeMatmul) {
  if (!seen.insert(value).second)
    return false;
  for (Operation *user : value.getUsers()) {
    if (isa<qnn::SoftmaxOp>(user) && !beforeMatmul)
      return true;
    bool isMatmul = isa<qnn::MatmulOp>(user) && beforeMatmul;
    if (!isMatmul &&
        !isa<qnn::ElementwiseInterface, qnn::TransparentInterface, qnn::ObserveOp>(user))
      continue;
    if (reachesSoftmax(user->getResult(0), seen, beforeMatmul && !isMatmul))
      return true;
  }
  return false;
}

/// Queries and keys: their product goes through a softmax.
static bool makesAttentionScores(Operation *op) {
  llvm::DenseSet<Value> seen;
  return reachesSoftmax(op->getResult(0), seen, /*beforeMatmul=*/true);
}

/// The scale of the quantized tensor that `value` is read back from; nullopt where it is not
/// quantized as a whole.
static std::optional<float> getStaticScale(Value value) {
  auto dequantize = value.getDefiningOp<qnn::DequantizeOp>();
  auto scale = dequantize ? getFloats(dequantize.getScale()) : std::nullopt;
  if (!scale || scale->size() != 1)
    return std::nullopt;
  return scale->front();
}

/// True where an op that reads the observed tensor has weights still to be rounded.
static bool isAwaited(qnn::ObserveOp observe) {
  return llvm::any_of(observe.getResult().getUsers(), [](Operation *user) {
    auto op = dyn_cast<qnn::ContractionInterface>(user);
    return op && qnn::getPrecision(op) &&
           !op.getWeightOperand().get().getDefiningOp<qnn::DequantizeOp>();
  });
}

/// What is gathered for rounders alone is large, and of no use once they are done.
static void dropSpentStatistics(ModuleOp module) {
  auto &registry = qnn::getContextState<StatisticRegistry>(module.getContext());
  module.walk([&](qnn::ObserveOp observe) {
    if (!observe.getStatisticsAttr() || isAwaited(observe))
      return;
    NamedAttrList kept;
    for (NamedAttribute entry : observe.getStatisticsAttr()) {
      const Statistic *statistic = registry.lookup(entry.getName().getValue());
      if (!statistic || statistic->isDefault())
        kept.append(entry);
    }
    if (kept.empty())
      observe.removeStatisticsAttr();
    else
      observe.setStatisticsAttr(kept.getDictionary(module.getContext()));
  });
}

namespace {

/// A weight on its way: what was asked for, and the op.
struct Task {
  qnn::ContractionInterface op;
  qnn::PrecisionAttr precision;
  RankedTensorType type;
  SmallVector<float> values, leastScales;
  RoundingProblem problem;

  bool isWhole() const { return precision.getGroup() == -1; }
  /// One scale for each output channel, along axis 0.
  bool isChannelwise() const {
    return isStatic(precision) || precision.getActivations() == qnn::ActivationForm::Dynamic;
  }
};

struct RoundPass final : bitwright::impl::RoundPassBase<RoundPass> {
  using RoundPassBase::RoundPassBase;

  void runOnOperation() override;
  std::string pose(Task &task);
  void findLeastScales(Task &task, float inputScale);
  RoundedWeights round(Task &task, const Rounder &rounder);
  void write(Task &task, const BlockWeights &weights);
  void recordChoice(const Task &task, const RoundedWeights &rounded);

  std::optional<DecisionRecorder> record;
};

} // namespace

void RoundPass::runOnOperation() {
  if (failed(verifyStatistics(getOperation())) || failed(verifyPrecisions(getOperation())))
    return signalPassFailure();
  record.emplace(&getContext(), getArgument());
  auto &rounders = qnn::getContextState<RounderRegistry>(&getContext());
  SmallVector<qnn::ContractionInterface> ops;
  getOperation().walk([&](qnn::ContractionInterface op) {
    if (qnn::getPrecision(op))
      ops.push_back(op);
  });
  for (qnn::ContractionInterface op : ops) {
    Task task{op, qnn::getPrecision(op), nullptr, {}, {}, {}};
    const Rounder *rounder = rounders.lookup(task.precision.getRounder());
    if (!rounder) {
      task.op.emitError() << "unknown rounder '" << task.precision.getRounder()
                          << "', expects one of " << rounders.listNames();
      return signalPassFailure();
    }
    if (task.op.getWeightOperand().get().getDefiningOp<qnn::DequantizeOp>())
      continue; // was rounded before
    if (isStatic(task.precision) && !getStaticScale(op.getActivationOperand().get()))
      continue; // waits for its input
    if (std::string reason = pose(task); !reason.empty()) {
      record->missed(task.op, "kept float", reason);
      task.op->removeAttr(qnn::kPrecision);
      ++numFloat;
      continue;
    }
    RoundedWeights rounded = round(task, *rounder);
    write(task, rounded.weights);
    recordChoice(task, rounded);
    ++numRounded;
  }
  eraseDeadConstants(getOperation());
  dropSpentStatistics(getOperation());
}

/// Fills in the problem; returns why the op stays float, or "".
std::string RoundPass::pose(Task &task) {
  Value weight = task.op.getWeightOperand().get();
  if (!weight.getDefiningOp<qnn::ConstantOp>())
    return "weights are not constant";
  auto values = getFiniteFloats(weight);
  if (!values || values->empty())
    return "weights are not finite f32 numbers";
  Value input = task.op.getActivationOperand().get();
  if (!getElementTypeOrSelf(input).isF32())
    return "the input is not f32";
  task.values = std::move(*values);
  task.type = cast<RankedTensorType>(weight.getType());
  RoundingProblem &problem = task.problem;
  problem.rows = task.type.getDimSize(0);
  problem.columns = int64_t(task.values.size()) / problem.rows;
  problem.weights = task.values;
  problem.format = getBlockFormat(task.precision, problem.columns);
  problem.makesAttentionScores = makesAttentionScores(task.op);
  if (isStatic(task.precision))
    findLeastScales(task, *getStaticScale(input));
  return "";
}

/// A scale below these would let the bias, at scale_x * scale_w, not fit int32 beside the products.
void RoundPass::findLeastScales(Task &task, float inputScale) {
  RoundingProblem &problem = task.problem;
  SmallVector<float> bias(problem.rows, 0.0f);
  if (OpOperand *operand = task.op.getBiasOperand(); operand && operand->get())
    if (auto values = getFloats(operand->get()))
      bias = std::move(*values);
  int64_t headroom = problem.columns * largestProduct(integerRange(8, /*isUnsigned=*/true),
                                                      integerRange(8, /*isUnsigned=*/false));
  for (float value : bias)
    task.leastScales.push_back(guardWeightScale(0.0f, inputScale, value, headroom));
  problem.leastScales = task.leastScales;
  if (!task.isWhole())
    return;
  task.leastScales.assign(1, *llvm::max_element(task.leastScales));
  problem.leastScales = task.leastScales;
  problem.columns *= problem.rows;
  problem.rows = 1;
  problem.format.blockSize = problem.columns;
}

RoundedWeights RoundPass::round(Task &task, const Rounder &rounder) {
  qnn::ObserveOp observe = findObserver(task.op.getActivationOperand().get());
  auto channels = cast<RankedTensorType>(task.op.getActivationOperand().get().getType()).getShape();
  for (StringRef name : rounder.needs()) {
    SmallVector<float> values = getStatistic(observe, name);
    // A convolution's columns are not the channels of its input, nor are those of a whole tensor.
    bool fits = task.type.getRank() == 2 && !task.isWhole() &&
                (ShapedType::isDynamic(channels.back()) || channels.back() == task.problem.columns);
    if (values.empty() || !fits) {
      record->missed(task.op, "rounded to nearest",
                     "rounder '" + rounder.getName() + "' needs '" + name +
                         "', which its input lacks");
      return makeNearestRounder()->round(task.problem);
    }
    task.problem.statistics[name] = std::move(values);
  }
  RoundedWeights rounded = rounder.round(task.problem);
  if (!rounded.shortfall.empty())
    record->missed(task.op, "rounded to nearest", rounded.shortfall);
  return rounded;
}

void RoundPass::write(Task &task, const BlockWeights &weights) {
  OpBuilder builder(task.op);
  Location loc = task.op.getWeightOperand().get().getLoc();
  unsigned width = weights.format.number->getStorageBits();
  SmallVector<int64_t> scales{weights.rows, weights.format.countBlocks(weights.columns)};
  if (task.isWhole())
    scales.clear();
  else if (task.isChannelwise())
    scales.pop_back();
  Value codes = createStorage(builder, loc, width, task.type.getShape(), weights.values);
  Value scale = createFloats(builder, loc, scales, weights.scales);
  Value zeroPoint = createStorage(builder, loc, width, scales, weights.zeroPoints);
  bool isBlocked = !task.isChannelwise();
  task.op.getWeightOperand().set(qnn::DequantizeOp::create(
      builder, loc, task.type, codes, scale, zeroPoint, /*axis=*/isBlocked ? 1 : 0,
      isBlocked ? uint64_t(weights.format.blockSize) : 0, !weights.format.symmetric));
}

/// "int4 weights, asymmetric, blocks of 32 (5.12 bits), float activations".
void RoundPass::recordChoice(const Task &task, const RoundedWeights &rounded) {
  const BlockWeights &weights = rounded.weights;
  std::string text = (task.precision.getWeights() + " weights ").str();
  if (task.isWhole())
    text += "for the whole tensor";
  else if (task.isChannelwise())
    text += "for each channel";
  else
    text += llvm::formatv("in blocks of {0}, {1}, {2:F2} bits each", weights.format.blockSize,
                          weights.format.symmetric ? "symmetric" : "asymmetric",
                          weights.format.getBitsPerWeight(weights.columns));
  bool widened = llvm::any_of(llvm::enumerate(task.problem.leastScales), [&](auto entry) {
    auto row =
        ArrayRef<int8_t>(weights.values).slice(entry.index() * weights.columns, weights.columns);
    return entry.value() > 0 && weights.scales[entry.index()] == entry.value() &&
           llvm::any_of(row, [](int8_t code) { return code != 0; });
  });
  switch (task.precision.getActivations()) {
  case qnn::ActivationForm::Float:
    text += ", float activations";
    break;
  case qnn::ActivationForm::Static:
    text += ", uint8 activations";
    break;
  case qnn::ActivationForm::Dynamic:
  case qnn::ActivationForm::Int8:
    text += ", activations quantized at run time";
    break;
  }
  if (widened)
    text += "; a weight scale was widened to fit the bias";
  if (!rounded.detail.empty())
    text += "; " + rounded.detail;
  record->applied(task.op, "quantized", text);
}
