// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What a model says about itself.

#include "tools/Driver/Measure.h"

using namespace bitwright;

static llvm::json::Array describeValues(llvm::ArrayRef<ValueSpec> values) {
  llvm::json::Array result;
  for (const ValueSpec &value : values) {
    llvm::json::Array shape;
    for (auto [size, name] : llvm::zip(value.dims, value.dimNames)) {
      if (size >= 0)
        shape.push_back(size);
      else
        shape.push_back(name.empty() ? "?" : llvm::json::fixUTF8(name));
    }
    result.push_back(llvm::json::Object{{"name", llvm::json::fixUTF8(value.name)},
                                        {"dtype", getDTypeName(value.dtype)},
                                        {"shape", std::move(shape)}});
  }
  return result;
}

llvm::json::Object bitwright::describeModel(const ModelRunner &runner) {
  llvm::json::Object result = runner.getFacts();
  result["inputs"] = describeValues(runner.getInputs());
  result["outputs"] = describeValues(runner.getOutputs());
  return result;
}
