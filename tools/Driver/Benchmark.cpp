// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Timing a model, alone or in turn with another.

#include "tools/Driver/Measure.h"
#include <algorithm>
#include <chrono>

using namespace bitwright;
using Clock = std::chrono::steady_clock;

static constexpr double settleSeconds = 0.5, turnSeconds = 0.05;
static constexpr size_t leastRuns = 20, mostRuns = 100000;

static double getMedian(std::vector<double> values) {
  auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 != 0)
    return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

/// Milliseconds of one run.
static llvm::Expected<double> timeOnce(ModelRunner &runner) {
  Clock::time_point start = Clock::now();
  if (llvm::Error error = runner.invoke())
    return std::move(error);
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Runs until `seconds` and `least` runs have passed.
static llvm::Error timeFor(ModelRunner &runner, double seconds, size_t least,
                           std::vector<double> &times) {
  Clock::time_point end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                             std::chrono::duration<double>(seconds));
  for (size_t runs = 0; runs < mostRuns && (runs < least || Clock::now() < end); ++runs) {
    auto time = timeOnce(runner);
    if (!time)
      return time.takeError();
    times.push_back(*time);
  }
  return llvm::Error::success();
}

static llvm::Error warmUp(ModelRunner &runner, llvm::ArrayRef<NdArray> inputs, int64_t runs) {
  if (llvm::Error error = runner.prepare(inputs))
    return error;
  for (int64_t i = 0; i < runs; ++i)
    if (llvm::Error error = runner.invoke())
      return error;
  return llvm::Error::success();
}

static llvm::json::Object summarize(const std::vector<double> &times) {
  return llvm::json::Object{{"median_ms", getMedian(times)},
                            {"min_ms", *std::min_element(times.begin(), times.end())},
                            {"runs", int64_t(times.size())}};
}

llvm::Expected<llvm::json::Object> bitwright::benchmark(ModelRunner &runner,
                                                        llvm::ArrayRef<NdArray> inputs,
                                                        const BenchmarkOptions &options) {
  if (llvm::Error error = warmUp(runner, inputs, options.warmup))
    return std::move(error);
  std::vector<double> times;
  double seconds = options.runs > 0 ? 0 : settleSeconds;
  size_t least = options.runs > 0 ? options.runs : leastRuns;
  if (llvm::Error error = timeFor(runner, seconds, least, times))
    return std::move(error);
  return summarize(times);
}

llvm::Expected<llvm::json::Object>
bitwright::benchmarkPair(ModelRunner &a, llvm::ArrayRef<NdArray> inputsA, ModelRunner &b,
                         llvm::ArrayRef<NdArray> inputsB, const BenchmarkOptions &options) {
  if (llvm::Error error = warmUp(a, inputsA, options.warmup))
    return std::move(error);
  if (llvm::Error error = warmUp(b, inputsB, options.warmup))
    return std::move(error);
  std::vector<double> timesA, timesB, ratios;
  double seconds = options.runs > 0 ? 0 : turnSeconds;
  size_t least = options.runs > 0 ? options.runs : 3;
  for (int64_t pair = 0; pair < options.pairs; ++pair) {
    std::vector<double> turnA, turnB;
    bool isAFirst = pair % 2 == 0; // what drifts disturbs both
    for (bool isA : {isAFirst, !isAFirst})
      if (llvm::Error error = timeFor(isA ? a : b, seconds, least, isA ? turnA : turnB))
        return std::move(error);
    ratios.push_back(getMedian(turnA) / getMedian(turnB));
    timesA.insert(timesA.end(), turnA.begin(), turnA.end());
    timesB.insert(timesB.end(), turnB.begin(), turnB.end());
  }
  return llvm::json::Object{{"a", summarize(timesA)},
                            {"b", summarize(timesB)},
                            {"ratio", getMedian(ratios)},
                            {"pairs", options.pairs}};
}
