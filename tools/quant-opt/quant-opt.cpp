// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// quant-opt: runs passes and pipelines on modules.

#include "bitwright/Driver/RegisterAll.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  bitwright::registerAllDialects(registry);
  bitwright::registerAllPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Bitwright's optimizer driver\n", registry));
}
