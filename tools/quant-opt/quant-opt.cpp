// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// quant-opt: runs passes and pipelines on modules.

#include "bitwright/Driver/OptMain.h"

int main(int argc, char **argv) { return bitwright::optMain(argc, argv); }
