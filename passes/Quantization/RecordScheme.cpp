// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What a module was quantized by, so that its library can say so.

#include "passes/Quantization/Passes.h"

#include "dialects/QNN/QNNDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace bitwright {
#define GEN_PASS_DEF_RECORDSCHEMEPASS
#include "passes/Quantization/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

namespace {

struct RecordSchemePass final : bitwright::impl::RecordSchemePassBase<RecordSchemePass> {
  using Base::Base;

  void runOnOperation() override {
    markAllAnalysesPreserved();
    if (scheme.empty())
      return;
    std::string text = scheme;
    if (auto before = getOperation()->getAttrOfType<StringAttr>(qnn::kScheme))
      text = (before.getValue() + " + " + text).str();
    getOperation()->setAttr(qnn::kScheme, StringAttr::get(&getContext(), text));
  }
};

} // namespace
