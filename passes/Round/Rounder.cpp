// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The list of rounders.

#include "passes/Round/Rounder.h"

using namespace bitwright;

RounderRegistry::RounderRegistry() {
  add(makeNearestRounder());
  add(makeClipRounder());
  add(makeGptqRounder());
  add(makeGptqRounder(/*refines=*/true));
}
