// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The command line of quant-run, checked, and how results are printed.

#ifndef BITWRIGHT_TOOLS_QUANT_RUN_OPTIONS_H
#define BITWRIGHT_TOOLS_QUANT_RUN_OPTIONS_H

#include "tools/Driver/Measure.h"
#include "tools/Driver/ModuleIO.h"

namespace bitwright {

/// What quant-run does; each has its own options.
enum class RunMode {
  Describe,
  Inputs,
  Io,
  Benchmark,
  BenchmarkPair,
  Compare,
  Top1,
  Perplexity,
  Generate,
  CompareDecoding
};

struct RunToolOptions {
  std::string model, other; ///< `other` is what --compare or --reference names.
  RunMode mode = RunMode::Inputs;
  RunnerOptions runner;
  bool interpret = false, json = false;
  std::vector<std::string> inputs; ///< --input
  std::string output;              ///< A folder, or a file that ends in .npy.
  std::string io, rows, labels, tokens, nllOutput;
  int64_t context = 0, count = 0, batch = 64;
  std::optional<int64_t> givenBatch; ///< `batch`, where the user gave it.
  llvm::StringMap<int64_t> dims;
  BenchmarkOptions benchmark;
};

llvm::Expected<RunToolOptions> parseRunOptions(int argc, char **argv);

/// Prints a result: as JSON, or as lines of names and values.
llvm::Error printResult(const llvm::json::Object &result, bool asJson);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_QUANT_RUN_OPTIONS_H
