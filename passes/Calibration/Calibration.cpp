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

SmallVector<StringRef> bitwright::listNeeds(Operation *op) {
  auto &setup = qnn::getContextState<CalibrationSetup>(op->getContext());
  qnn::PrecisionAttr precision = qnn::getPrecision(op);
  return precision && setup.listNeeds ? setup.listNeeds(precision) : SmallVector<StringRef>();
}

/// True where a contraction whose activations are the observed tensor needs `statistic`.
static bool isNeeded(const Statistic &statistic, qnn::ObserveOp observe) {
  return llvm::any_of(observe.getResult().getUses(), [&](OpOperand &use) {
    auto contraction = dyn_cast<qnn::ContractionInterface>(use.getOwner());
    return contraction && &contraction.getActivationOperand() == &use &&
           llvm::is_contained(listNeeds(contraction), statistic.getName());
  });
}

/// An error where `options` name what is not there.
static llvm::Error checkNames(const StatisticRegistry &registry,
                              const CalibrationOptions &options) {
  for (const std::string &name : options.statistics)
    if (!registry.lookup(name))
      return makeError("unknown statistic '" + name + "', expects one of " + registry.listNames());
  return llvm::Error::success();
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
  auto &registry = qnn::getContextState<StatisticRegistry>(module.getContext());
  if (llvm::Error error = checkNames(registry, options))
    return std::move(error);
  std::vector<Entry> entries;
  module.walk<WalkOrder::PreOrder>([&](qnn::ObserveOp op) {
    StatisticOptions own{options.sampleRows, uint64_t(entries.size())};
    entries.push_back({op, TensorStatistics(options.calibrator)});
    for (const Statistic *statistic : registry.getAll())
      if (statistic->isWanted(op) &&
          (statistic->isDefault() ||
           llvm::is_contained(options.statistics, statistic->getName().str()) ||
           isNeeded(*statistic, op)))
        entries.back().statistics.gather(*statistic, own);
  });
  if (entries.empty())
    return makeError("nothing to calibrate: the model computes no float tensor");
  return entries;
}

/// Runs the samples, or as many as are wanted, and counts them in `done`.
static llvm::Error runSamples(std::vector<Entry> &entries, CalibrationExecutor &executor,
                              SampleSource &samples, const CalibrationOptions &options,
                              int64_t &done) {
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
      options.progress(done, /*finished=*/false);
  }
  return done > 0 ? llvm::Error::success() : makeError("there is no calibration sample");
}

llvm::Expected<int64_t> bitwright::calibrate(ModuleOp module, CalibrationExecutor &executor,
                                             SampleSource &samples,
                                             const CalibrationOptions &options) {
  auto entries = makeEntries(module, options);
  if (!entries)
    return entries.takeError();
  int64_t done = 0;
  llvm::Error error = runSamples(*entries, executor, samples, options, done);
  if (options.progress)
    options.progress(done, /*finished=*/true);
  if (error)
    return std::move(error);
  for (Entry &entry : *entries) {
    if (llvm::Error failure = record(entry))
      return std::move(failure);
    entry.statistics = TensorStatistics(options.calibrator); // its sums are as large as the results
  }
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
