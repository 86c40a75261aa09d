// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The list of statistics, and their way into and out of the IR.

#include "passes/Calibration/Statistic.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/ContextState.h"
#include "mlir/IR/Builders.h"
#include <algorithm>

using namespace bitwright;
using namespace mlir;

StatisticRegistry::StatisticRegistry() {
  add(makeMeanAbs());
  add(makeMaxAbs());
  add(makeChannelRange());
  add(makeSamples());
  add(makeSecondMoment());
}

void bitwright::divideByChannel(MutableArrayRef<float> rows, ArrayRef<float> factors) {
  for (size_t i = 0; i < rows.size(); ++i)
    rows[i] /= factors[i % factors.size()];
}

template <typename Predicate> static bool feeds(qnn::ObserveOp observe, Predicate predicate) {
  return llvm::any_of(observe.getResult().getUses(), [&](OpOperand &use) {
    auto contraction = dyn_cast<qnn::ContractionInterface>(use.getOwner());
    return contraction && &contraction.getActivationOperand() == &use && predicate(contraction);
  });
}

bool bitwright::feedsContraction(qnn::ObserveOp observe) {
  return feeds(observe, [](qnn::ContractionInterface) { return true; });
}

bool bitwright::feedsLinear(qnn::ObserveOp observe) {
  return feeds(observe, [](qnn::ContractionInterface op) {
    return cast<RankedTensorType>(op.getWeightOperand().get().getType()).getRank() == 2;
  });
}

static DictionaryAttr getDictionary(qnn::ObserveOp observe) {
  DictionaryAttr statistics = observe.getStatisticsAttr();
  return statistics ? statistics : DictionaryAttr::get(observe.getContext());
}

SmallVector<float> bitwright::getStatistic(qnn::ObserveOp observe, StringRef name) {
  auto weight = observe ? getDictionary(observe).getAs<qnn::WeightAttr>(name) : nullptr;
  if (!weight)
    return {};
  auto values = getFloats(getConstantData(weight));
  return values ? std::move(*values) : SmallVector<float>();
}

void bitwright::setStatistic(qnn::ObserveOp observe, StringRef name, const StatisticValue &value) {
  MLIRContext *context = observe.getContext();
  StringRef hash = qnn::getWeightStore(context).add(
      {reinterpret_cast<const char *>(value.values.data()), value.values.size() * sizeof(float)});
  NamedAttrList list(getDictionary(observe));
  list.set(name, qnn::WeightAttr::get(
                     context, hash, RankedTensorType::get(value.dims, Float32Type::get(context))));
  observe.setStatisticsAttr(list.getDictionary(context));
}

/// True where `dims` are those that `statistic` has for a tensor of `channels`.
static bool hasShape(const Statistic &statistic, int64_t channels, ArrayRef<int64_t> dims) {
  // What the tensor's type leaves open, the statistic decides.
  if (ShapedType::isDynamic(channels))
    channels = statistic.countChannels(dims);
  SmallVector<int64_t> expected = statistic.getShape(channels);
  return expected.size() == dims.size() &&
         llvm::all_of(llvm::zip_equal(expected, dims), [](auto pair) {
           return ShapedType::isDynamic(std::get<0>(pair)) ||
                  std::get<0>(pair) == std::get<1>(pair);
         });
}

LogicalResult bitwright::verifyStatistics(Operation *root) {
  auto &registry = qnn::getContextState<StatisticRegistry>(root->getContext());
  WalkResult result = root->walk([&](qnn::ObserveOp observe) {
    for (NamedAttribute entry : getDictionary(observe)) {
      const Statistic *statistic = registry.lookup(entry.getName().getValue());
      auto type = cast<qnn::WeightAttr>(entry.getValue()).getType();
      ArrayRef<int64_t> tensor = cast<RankedTensorType>(observe.getType()).getShape();
      int64_t channels = tensor.empty() ? 1 : tensor.back();
      if (!statistic || hasShape(*statistic, channels, type.getShape()))
        continue;
      observe.emitError() << "statistic '" << entry.getName().getValue() << "' of tensor '"
                          << observe.getLabel() << "' does not fit its type " << observe.getType()
                          << ": got " << type;
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

/// The extremes of a tensor from those of its channels; nullopt where they were not gathered.
static std::optional<std::pair<double, double>> getExtremes(qnn::ObserveOp observe) {
  SmallVector<float> ends = getStatistic(observe, "channel_range");
  if (ends.empty())
    return std::nullopt;
  ArrayRef<float> low(ends.data(), ends.size() / 2), high(low.end(), low.size());
  return std::make_pair(double(*llvm::min_element(low)), double(*llvm::max_element(high)));
}

/// The range goes with the extremes: a calibrator that cut off a tenth of them still does.
static void updateRange(qnn::ObserveOp observe, std::optional<std::pair<double, double>> before) {
  auto after = getExtremes(observe);
  if (!observe.getRange())
    return;
  if (!before || !after) {
    observe.removeRangeAttr();
    return;
  }
  auto follow = [](double end, double before, double after) {
    return before == 0 ? after : end / before * after;
  };
  ArrayRef<double> range = *observe.getRange();
  observe.setRange(ArrayRef<double>{follow(range[0], before->first, after->first),
                                    follow(range[1], before->second, after->second)});
}

void bitwright::rescaleObserver(qnn::ObserveOp observe, ArrayRef<float> factors) {
  auto &registry = qnn::getContextState<StatisticRegistry>(observe.getContext());
  auto extremes = getExtremes(observe);
  for (NamedAttribute entry : getDictionary(observe)) {
    StringRef name = entry.getName().getValue();
    const Statistic *statistic = registry.lookup(name);
    ArrayRef<int64_t> dims = cast<qnn::WeightAttr>(entry.getValue()).getType().getShape();
    StatisticValue value{SmallVector<int64_t>(dims), {}};
    SmallVector<float> values = getStatistic(observe, name);
    value.values.assign(values.begin(), values.end());
    if (!statistic || !hasShape(*statistic, int64_t(factors.size()), dims)) {
      NamedAttrList list(getDictionary(observe));
      list.erase(name);
      observe.setStatisticsAttr(list.getDictionary(observe.getContext()));
      continue;
    }
    statistic->rescale(value.values, factors);
    setStatistic(observe, name, value);
  }
  updateRange(observe, extremes);
}
