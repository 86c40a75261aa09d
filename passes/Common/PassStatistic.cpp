// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The sums of all passes: see PassStatistic.h.

#include "passes/Common/PassStatistic.h"

#include "llvm/Support/FormatVariadic.h"
#include <map>
#include <mutex>

using namespace bitwright;

namespace {
struct Sum {
  int64_t number = 0;
  std::string description;
};

/// By pass, by name.
struct Sums {
  std::mutex mutex;
  std::map<std::string, std::map<std::string, Sum>> passes;
};
} // namespace

static Sums &getSums() {
  static Sums sums;
  return sums;
}

PassStatistic &PassStatistic::operator+=(int64_t number) {
  Sums &sums = getSums();
  std::lock_guard<std::mutex> lock(sums.mutex);
  Sum &sum = sums.passes[owner->getArgument().str()][name];
  sum.number += number;
  sum.description = description;
  return *this;
}

void bitwright::printPassStatistics(llvm::raw_ostream &os) {
  Sums &sums = getSums();
  std::lock_guard<std::mutex> lock(sums.mutex);
  for (const auto &[pass, entries] : sums.passes) {
    os << pass << "\n";
    for (const auto &[name, sum] : entries)
      os << llvm::formatv("  (S) {0,4} {1} - {2}\n", sum.number, name, sum.description);
  }
  sums.passes.clear();
}
