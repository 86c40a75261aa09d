// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The order in which the nodes of a graph are imported.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_NODEORDER_H
#define BITWRIGHT_LIB_IMPORT_ONNX_NODEORDER_H

#include "Schema.h"
#include "llvm/ADT/SmallVector.h"

namespace bitwright::onnximport {

using NodeList = llvm::SmallVector<const onnx::NodeProto *, 0>;

/// The nodes so that each comes after those whose results it or a subgraph of it reads, and
/// otherwise as they are given. Where some form a cycle all stay as they are.
NodeList sortNodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes);

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_NODEORDER_H
