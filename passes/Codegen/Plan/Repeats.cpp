// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Attention with fewer key-value heads than query heads repeats each of them:
/// unsqueeze, expand, reshape. A product whose right operand is such a tensor,
/// or its transpose, reads the heads that there are; nothing is repeated in
/// memory.

#include "passes/Codegen/Plan/Plan.h"

#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;

/// Which dimension `merge` repeats, where it joins the dimension that `expand`
/// repeats with the one before it.
static std::optional<Repeat> getRepeat(Tensors &p, qnn::ExpandOp expand, qnn::ReshapeOp merge) {
  const Dims source = p.info(expand.getInput()).dims, wide = p.info(expand.getResult()).dims,
             merged = p.info(merge.getResult()).dims;
  if (source.size() != wide.size() || merged.size() + 1 != wide.size())
    return std::nullopt;
  std::optional<size_t> repeated;
  for (size_t d = 0; d < wide.size(); ++d) {
    if (source[d] == wide[d])
      continue;
    if (repeated || d == 0 || !source[d].is(1) || !wide[d].isStatic())
      return std::nullopt;
    repeated = d;
  }
  if (!repeated)
    return std::nullopt;
  size_t at = *repeated - 1;
  for (size_t d = 0; d < merged.size(); ++d) {
    Dim expected = d < at ? wide[d] : d > at ? wide[d + 1] : p.sizes.mul(wide[at], wide[at + 1]);
    if (merged[d] != expected)
      return std::nullopt;
  }
  return Repeat{at, wide[at + 1].size, wide[at]};
}

/// Whether `use` is the right operand of a matmul that repeats a batch
/// dimension.
static bool isRightOperand(Tensors &p, OpOperand &use, size_t dimension) {
  return isa<qnn::MatmulOp>(use.getOwner()) && use.getOperandNumber() == 1 &&
         dimension + 2 < p.info(use.get()).dims.size();
}

static bool swapsLastTwo(qnn::TransposeOp op) {
  ArrayRef<int64_t> perm = op.getPerm();
  int64_t rank = perm.size();
  for (int64_t d = 0; d < rank; ++d)
    if (perm[d] != (d < rank - 2 ? d : 2 * rank - 3 - d))
      return false;
  return true;
}

bool bitwright::codegen::bindRepeat(Tensors &p, Operation *op) {
  auto expand = dyn_cast<qnn::ExpandOp>(op);
  auto merge = expand && expand->hasOneUse() ? dyn_cast<qnn::ReshapeOp>(*expand->user_begin())
                                             : qnn::ReshapeOp();
  if (!merge || merge.getInput() != expand.getResult())
    return false;
  std::optional<Repeat> repeat = getRepeat(p, expand, merge);
  if (!repeat)
    return false;
  SmallVector<Value> repeated = {merge.getResult()};
  for (size_t i = 0; i < repeated.size(); ++i)
    for (OpOperand &use : repeated[i].getUses()) {
      if (isRightOperand(p, use, repeat->dimension))
        continue;
      auto transpose = dyn_cast<qnn::TransposeOp>(use.getOwner());
      if (i > 0 || !transpose || !swapsLastTwo(transpose))
        return false;
      repeated.push_back(transpose.getResult());
    }
  for (Value tensor : repeated)
    p.info(tensor).repeat = repeat;
  return true;
}
