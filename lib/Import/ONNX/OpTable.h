// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// From (domain, op, opset) to the function that builds it. Each op group has
/// its own file and lists its entries there.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_OPTABLE_H
#define BITWRIGHT_LIB_IMPORT_ONNX_OPTABLE_H

#include "ModelReader.h"
#include "Node.h"

namespace bitwright::onnximport {

using BuildFunction = void (*)(Node &);
constexpr unsigned anyNumber = ~0u;

struct OpEntry {
  llvm::StringRef name;
  unsigned minInputs, maxInputs;
  BuildFunction build;
  int64_t since = minOpset, until = maxOpset;
  llvm::StringRef domain = "";
};

llvm::ArrayRef<OpEntry> getUnaryOps();
llvm::ArrayRef<OpEntry> getBinaryOps();
llvm::ArrayRef<OpEntry> getConvolutionOps();
llvm::ArrayRef<OpEntry> getPoolingOps();
llvm::ArrayRef<OpEntry> getMatrixOps();
llvm::ArrayRef<OpEntry> getNormalizationOps();
llvm::ArrayRef<OpEntry> getReductionOps();
llvm::ArrayRef<OpEntry> getShapeOps();
llvm::ArrayRef<OpEntry> getIndexingOps();
llvm::ArrayRef<OpEntry> getGenerationOps();
llvm::ArrayRef<OpEntry> getResizeOps();
llvm::ArrayRef<OpEntry> getAttentionOps();
llvm::ArrayRef<OpEntry> getEinsumOps();
llvm::ArrayRef<OpEntry> getFusedOps();
llvm::ArrayRef<OpEntry> getLossOps();
llvm::ArrayRef<OpEntry> getMatMulNBitsOps();
llvm::ArrayRef<OpEntry> getMicrosoftAttentionOps();
llvm::ArrayRef<OpEntry> getQLinearOps();
llvm::ArrayRef<OpEntry> getRotaryOps();
llvm::ArrayRef<OpEntry> getSignalOps();
llvm::ArrayRef<OpEntry> getTrigonometryOps();
llvm::ArrayRef<OpEntry> getQuantizationOps();
llvm::ArrayRef<OpEntry> getControlOps();

/// The entry for an op, or null. `known` tells what to say instead: the versions that are
/// supported, or why the op is not.
const OpEntry *findOp(llvm::StringRef domain, llvm::StringRef name, int64_t opset,
                      std::string &known);

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_OPTABLE_H
