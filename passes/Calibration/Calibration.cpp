// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The loop over samples, and the way of its results into the IR.

#include "passes/Calibration/Calibration.h"

#include "bitwright/Support/Error.h"
#include "dialects/QNN/ContextState.h"
#include "dialects/QNN/QNNOps.h"
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

bool bitwright::hasMeasurements(ModuleOp module) {
  return module
      .walk([](qnn::ObserveOp op) {
        return op.getCount() ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

/// The statistics that `options` ask for; an error where one has no such name.
static llvm::Expected<SmallVector<const Statistic *>>
chooseStatistics(const StatisticRegistry &registry, const CalibrationOptions &options) {
  for (const std::string &name : options.statistics)
    if (!registry.lookup(name))
      return makeError("unknown statistic '" + name + "', expects one of " + registry.listNames());
  SmallVector<const Statistic *> result;
  for (const Statistic *statistic : registry.getAll())
    if (statistic->isDefault() ||
        llvm::is_contained(options.statistics, statistic->getName().str()))
      result.push_back(statistic);
  return result;
}

static llvm::Error record(Entry &entry) {
  const TensorStatistics &statistics = entry.statistics;
  qnn::ObserveOp op = entry.op;
  auto range = statistics.getRange();
  if (!range) {
    if (statistics.getNonFiniteCount() > 0)
      return makeError("tensor '" + op.getLabel() + "' holds no finite number on any sample");
    return llvm::Error::success(); // Never reached: a branch not taken, or always empty.
  }
  op.setRange(ArrayRef<double>{range->first, range->second});
  op.setCount(statistics.getCount());
  op.removeStatisticsAttr();
  for (const auto &[statistic, value] : statistics.finish())
    if (!value.values.empty())
      setStatistic(op, statistic->getName(), value);
  return llvm::Error::success();
}

/// An entry for each observer of `module`, in the order of their ids.
static llvm::Expected<std::vector<Entry>> makeEntries(ModuleOp module,
                                                      const CalibrationOptions &options) {
  auto statistics =
      chooseStatistics(qnn::getContextState<StatisticRegistry>(module.getContext()), options);
  if (!statistics)
    return statistics.takeError();
  std::vector<Entry> entries;
  module.walk<WalkOrder::PreOrder>([&](qnn::ObserveOp op) {
    StatisticOptions own{options.sampleRows, uint64_t(entries.size())};
    entries.push_back({op, TensorStatistics(options.calibrator)});
    for (const Statistic *statistic : *statistics)
      if (statistic->isWanted(op))
        entries.back().statistics.gather(*statistic, own);
  });
  if (entries.empty())
    return makeError("nothing to calibrate: the model computes no float tensor");
  return entries;
}

llvm::Expected<int64_t> bitwright::calibrate(ModuleOp module, CalibrationExecutor &executor,
                                             SampleSource &samples,
                                             const CalibrationOptions &options) {
  auto made = makeEntries(module, options);
  if (!made)
    return made.takeError();
  std::vector<Entry> &entries = *made;
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
    llvm::Error error = executor.run(std::move(**sample), observe);
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
