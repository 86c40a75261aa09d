// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// quant-opt: runs passes and pipelines on modules.

#include "tools/Driver/OptMain.h"
#include "tools/Driver/ToolMain.h"
#include "llvm/Support/InitLLVM.h"

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  bitwright::startTool("quant-opt");
  return bitwright::optMain(argc, argv);
}
