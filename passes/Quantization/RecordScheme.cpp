// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What a module was quantized by, so that its library can say so.

#include "passes/Quantization/Passes.h"

#include "mlir/IR/BuiltinOps.h"

namespace bitwright {
#define GEN_PASS_DEF_RECORDSCHEMEPASS
#include "passes/Quantization/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

static constexpr StringLiteral schemeAttr = "qnn.scheme";

namespace {

struct RecordSchemePass final : bitwright::impl::RecordSchemePassBase<RecordSchemePass> {
  using Base::Base;

  void runOnOperation() override {
    markAllAnalysesPreserved();
    if (scheme.empty())
      return;
    std::string text = scheme;
    if (auto before = getOperation()->getAttrOfType<StringAttr>(schemeAttr))
      text = (before.getValue() + " + " + text).str();
    getOperation()->setAttr(schemeAttr, StringAttr::get(&getContext(), text));
  }
};

} // namespace
