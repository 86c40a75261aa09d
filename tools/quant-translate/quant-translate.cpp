// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "bitwright/Import/ONNX/Importer.h"
int main(int argc, char **argv) {
  mlir::MLIRContext c;
  auto m = bitwright::importOnnx(argv[1], {}, &c);
  if (!m)
    return 1;
  m->print(llvm::outs());
  return 0;
}
