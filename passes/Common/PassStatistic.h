// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The class behind `Statistic<>` in Passes.td. MLIR has one, but it counts nothing where LLVM was
/// built without statistics, as releases are, and has another size where our own build has
/// assertions and LLVM's had none. So add_bitwright_pass_family puts this one in its place.

#ifndef BITWRIGHT_PASSES_COMMON_PASSSTATISTIC_H
#define BITWRIGHT_PASSES_COMMON_PASSSTATISTIC_H

#include "mlir/Pass/Pass.h"

namespace bitwright {

/// A number that a pass counts, a member of it; all passes of one name add to one sum, from any
/// thread.
class PassStatistic {
public:
  PassStatistic(mlir::Pass *owner, const char *name, const char *description)
      : owner(owner), name(name), description(description) {}

  PassStatistic &operator+=(int64_t number);
  PassStatistic &operator++() { return *this += 1; }

private:
  mlir::Pass *owner;
  const char *name, *description;
};

/// Prints the sums of this process, as MLIR prints a list of statistics, and starts again. What
/// no pass has added to is left out.
void printPassStatistics(llvm::raw_ostream &os);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_COMMON_PASSSTATISTIC_H
