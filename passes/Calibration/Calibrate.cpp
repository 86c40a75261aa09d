// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The loop over samples, and the way of its results into the IR.

#include "passes/Calibration/Calibrate.h"

#include "bitwright/Support/Error.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Calibration/Passes.h"

using namespace bitwright;
using namespace mlir;

namespace {

/// An observer and what it has seen.
struct Entry {
  qnn::ObserveOp op;
  TensorStatistics statistics;
};

} // namespace

CalibrationDefaults &bitwright::getCalibrationDefaults() {
  static CalibrationDefaults defaults;
  return defaults;
}

bool bitwright::hasMeasurements(ModuleOp module) {
  return module
      .walk([](qnn::ObserveOp op) {
        return op.getCount() ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Contractions want to know the channels of what they read; linear ops want rows.
static StatisticsOptions getStatisticsOptions(qnn::ObserveOp observe, int64_t id,
                                              const CalibrationOptions &options) {
  StatisticsOptions result;
  result.calibrator = options.calibrator;
  result.seed = uint64_t(id);
  for (OpOperand &use : observe.getResult().getUses()) {
    auto contraction = dyn_cast<qnn::ContractionInterface>(use.getOwner());
    if (!contraction || &contraction.getActivationOperand() != &use)
      continue;
    result.perChannel = true;
    auto weight = cast<RankedTensorType>(contraction.getWeightOperand().get().getType());
    if (weight.getRank() == 2)
      result.sampleRows = options.sampleRows;
  }
  return result;
}

static qnn::WeightAttr makeWeight(MLIRContext *context, ArrayRef<int64_t> dims,
                                  ArrayRef<float> values) {
  ArrayRef<char> bytes(reinterpret_cast<const char *>(values.data()),
                       values.size() * sizeof(float));
  StringRef hash = qnn::getWeightStore(context).add({bytes.begin(), bytes.end()});
  return qnn::WeightAttr::get(context, hash,
                              RankedTensorType::get(dims, Float32Type::get(context)));
}

static llvm::Error record(Entry &entry) {
  const TensorStatistics &statistics = entry.statistics;
  qnn::ObserveOp op = entry.op;
  Builder builder(op.getContext());
  auto range = statistics.getRange();
  if (!range) {
    if (statistics.getNonFiniteCount() > 0)
      return makeError("tensor '" + op.getLabel() + "' holds no finite number on any sample");
    return llvm::Error::success(); // Never reached: a branch not taken, or always empty.
  }
  op.setRange(ArrayRef<double>{range->first, range->second});
  op.setCount(statistics.getCount());
  int64_t channels = statistics.getChannels();
  if (channels <= 0)
    return llvm::Error::success();
  MLIRContext *context = op.getContext();
  op.setMeanAbsAttr(makeWeight(context, {channels}, statistics.getMeanAbs()));
  op.setMeanSquareAttr(makeWeight(context, {channels}, statistics.getMeanSquare()));
  op.setMaxAbsAttr(makeWeight(context, {channels}, statistics.getMaxAbs()));
  ArrayRef<float> samples = statistics.getSamples();
  if (!samples.empty())
    op.setSamplesAttr(makeWeight(context, {int64_t(samples.size()) / channels, channels}, samples));
  return llvm::Error::success();
}

llvm::Expected<int64_t> bitwright::calibrate(ModuleOp module, CalibrationExecutor &executor,
                                             SampleSource &samples,
                                             const CalibrationOptions &options) {
  std::vector<Entry> entries;
  module.walk<WalkOrder::PreOrder>([&](qnn::ObserveOp op) {
    auto id = int64_t(entries.size());
    entries.push_back({op, TensorStatistics(getStatisticsOptions(op, id, options))});
  });
  if (entries.empty())
    return makeError("nothing to calibrate: the model computes no float tensor");

  int64_t done = 0;
  while (options.maxSamples == 0 || done < options.maxSamples) {
    auto sample = samples.next();
    if (!sample)
      return sample.takeError();
    if (!*sample)
      break;
    llvm::Error failure = llvm::Error::success();
    auto observe = [&](int64_t id, ArrayRef<float> data, ArrayRef<int64_t> dims) {
      if (failure || id < 0 || id >= int64_t(entries.size()))
        return;
      if (llvm::Error error = entries[id].statistics.add(data, dims))
        failure = makeError("tensor '" + entries[id].op.getLabel() +
                            "': " + llvm::toString(std::move(error)));
    };
    llvm::Error error = executor.run(**sample, observe);
    error = llvm::joinErrors(std::move(error), std::move(failure));
    if (error)
      return makeError("calibration sample " + llvm::Twine(done) + ": " +
                       llvm::toString(std::move(error)));
    ++done;
    if (options.progress)
      options.progress(done);
  }
  if (done == 0)
    return makeError("there is no calibration sample");
  for (Entry &entry : entries)
    if (llvm::Error error = record(entry))
      return std::move(error);
  return done;
}

llvm::Expected<int64_t> bitwright::calibrateModule(ModuleOp module, const ExecutorFactory &factory,
                                                   SampleSource &samples,
                                                   const CalibrationOptions &options) {
  PassManager passes(module.getContext());
  passes.addPass(createFoldObserversPass());
  passes.addPass(createInsertObserversPass());
  if (failed(passes.run(module)))
    return makeError("observers could not be inserted");
  auto executor = factory(module);
  if (!executor)
    return executor.takeError();
  return calibrate(module, **executor, samples, options);
}
