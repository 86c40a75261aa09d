// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The functions that a model defines for itself, and their bodies for a call.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_FUNCTIONS_H
#define BITWRIGHT_LIB_IMPORT_ONNX_FUNCTIONS_H

#include "NodeOrder.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Error.h"
#include <deque>

namespace bitwright::onnximport {

struct ModelFunction {
  const onnx::FunctionProto *proto = nullptr;
  NodeList nodes;
  llvm::StringMap<int64_t> opsets;
  llvm::StringSet<> attributes;                   // all that a call may set
  llvm::StringMap<onnx::AttributeProto> defaults; // of those that have one
};

class ModelFunctions {
public:
  /// Reads the functions of `model`, which must outlive this.
  llvm::Error read(const onnx::ModelProto &model);

  /// The function that `node` calls; null where it is an op.
  const ModelFunction *find(const onnx::NodeProto &node) const;

  /// `node` of the body of `function`, with the values that `call` gives to the attributes it
  /// refers to, and without the inputs that `call` leaves out. Lives as long as this.
  const onnx::NodeProto *bind(const onnx::NodeProto *node, const ModelFunction &function,
                              const onnx::NodeProto &call);

private:
  llvm::StringMap<ModelFunction> functions;
  std::deque<onnx::NodeProto> bound;
};

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_FUNCTIONS_H
