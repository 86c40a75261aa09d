// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Register tiles on bytes with exact int32 sums.

#ifndef BITWRIGHT_PASSES_CODEGEN_TARGET_X86_INTEGERTILE_H
#define BITWRIGHT_PASSES_CODEGEN_TARGET_X86_INTEGERTILE_H

#include "passes/Codegen/Target/RegisterTile.h"
#include "passes/Codegen/Target/X86/ByteDot.h"

namespace bitwright::codegen::x86 {

class IntegerTile final : public RegisterTile {
public:
  IntegerTile(std::string name, llvm::SmallVector<int64_t> rows, Isa isa)
      : RegisterTile(std::move(name), ByteDot(isa).lanes(), std::move(rows), ByteDot(isa).group()),
        dot(isa) {}

  bool supports(const ContractionSpec &spec) const override;
  LhsForm lhsForm() const override {
    return dot.activationBytes() == 1 ? LhsForm::InPlace : LhsForm::Widened;
  }
  int64_t lhsOffset(const ContractionSpec &spec) const override {
    return dot.readsUnsigned() && spec.lhs == ElementKind::S8 ? 128 : 0;
  }

private:
  int64_t rhsBytes() const override { return 1; }
  Type accumulatorType(KernelBuilder &k) const override { return k.vec(k.i32(), lanes); }
  Value loadRhs(KernelBuilder &k, Value address, Value left) const override;
  Value loadLhs(KernelBuilder &k, const ContractionSpec &spec, Value row,
                Value step) const override;
  Value multiply(KernelBuilder &k, Value acc, Value lhs, Value rhs) const override;

  ByteDot dot;
};

} // namespace bitwright::codegen::x86

#endif // BITWRIGHT_PASSES_CODEGEN_TARGET_X86_INTEGERTILE_H
