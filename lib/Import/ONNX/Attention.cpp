// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Attention as products, a bias and a softmax.

#include "Attention.h"
#include "Matrices.h"
#include "dialects/QNN/QNNOps.h"
#include <limits>

using namespace mlir;

namespace bitwright::onnximport {

Value splitHeads(Node &n, Value x, int64_t heads) {
  if (n.failed())
    return {};
  int64_t width = cast<RankedTensorType>(x.getType()).getShape().back();
  if (!n.expect(!ShapedType::isDynamic(width) && heads > 0 && width % heads == 0,
                "the number of heads must divide a static hidden size"))
    return {};
  x = reshapeTo(n, x, {sizeOf(n, x, 0), sizeOf(n, x, 1), heads, width / heads});
  return n.transpose(x, {0, 2, 1, 3});
}

Value joinHeads(Node &n, Value x) {
  x = n.transpose(x, {0, 2, 1, 3});
  return reshapeTo(
      n, x, {sizeOf(n, x, 0), sizeOf(n, x, 1), product(n, {sizeOf(n, x, 2), sizeOf(n, x, 3)})});
}

Value perBatch(Node &n, Value vector, int32_t elementType) {
  return n.reshape(n.cast(vector, elementType, Int64), {-1, 1, 1, 1});
}

//===--- visibility -------------------------------------------------------===//

Visibility::Visibility(Node &n, Size queries, Size keys, Value offset)
    : n(n), place(n.unsqueeze(rangeTo(n, queries), {1})), key(rangeTo(n, keys)) {
  place = addIfAny(n, place, offset);
}

void Visibility::limit(Value other) {
  allowed = allowed ? n.create<qnn::AndOp>({allowed, other}) : other;
}

void Visibility::limitAhead(int64_t ahead) {
  Value last = ahead ? add(n, place, n.createInteger(ahead)) : place;
  limit(n.create<qnn::LessEqualOp>({key, last}));
}

void Visibility::limitBehind(int64_t behind) {
  limit(n.create<qnn::GreaterEqualOp>({key, sub(n, place, n.createInteger(behind))}));
}

void Visibility::limitCount(Value count) { limit(n.create<qnn::LessOp>({key, count})); }

Value Visibility::getBias(Value like, double hidden) const {
  if (!allowed)
    return {};
  return where(n, allowed, scalarLike(n, like, 0), scalarLike(n, like, hidden));
}

//===--- the products -----------------------------------------------------===//

namespace {

/// The queries that share a head of keys as rows of one matrix: B x G x (H / G * S) x D.
class HeadGroups {
public:
  HeadGroups(Node &n, const AttentionSpec &spec)
      : n(n), batch(sizeOf(n, spec.query, 0)), heads(sizeOf(n, spec.query, 1)),
        groups(sizeOf(n, spec.key, 1)), queries(sizeOf(n, spec.query, 2)) {
    if (!n.expect(heads.isKnown() && groups.isKnown() && groups.known > 0,
                  "the numbers of heads must be static"))
      return;
    n.expect(heads.known % groups.known == 0, "expects " + Twine(groups.known) +
                                                  " heads of keys to divide " + Twine(heads.known) +
                                                  " of queries");
  }

  Value toGroups(Value x) const {
    if (n.failed() || heads.known == groups.known)
      return x;
    Size rows = product(n, {heads.known / groups.known, queries});
    return reshapeTo(n, x, {batch, groups, rows, sizeOf(n, x, 3)});
  }
  Value fromGroups(Value x) const {
    if (n.failed() || heads.known == groups.known)
      return x;
    return reshapeTo(n, x, {batch, heads, queries, sizeOf(n, x, 3)});
  }

private:
  Node &n;
  Size batch, heads, groups, queries;
};

Value softcap(Node &n, Value scores, double cap) {
  if (cap == 0)
    return scores;
  Value limited = n.create<qnn::TanhOp>({div(n, scores, scalarLike(n, scores, cap))});
  return mul(n, limited, scalarLike(n, scores, cap));
}

/// Zero where the whole row of the bias is minus infinity: there softmax has nothing to divide by.
Value clearHidden(Node &n, Value probabilities, Value bias) {
  int64_t last = rankOf(n, bias) - 1;
  Value most = reduce<qnn::ReduceMaxOp>(n, bias, last);
  Value isHidden =
      n.create<qnn::EqualOp>({most, scalarLike(n, bias, -std::numeric_limits<double>::infinity())});
  return where(n, isHidden, scalarLike(n, probabilities, 0), probabilities);
}

} // namespace

AttentionResult attend(Node &n, const AttentionSpec &spec) {
  if (n.failed())
    return {};
  HeadGroups groups(n, spec);
  AttentionResult result;
  Value query = mul(n, spec.query, scalarLike(n, spec.query, spec.scale));
  Value products = createMatmul(n, groups.toGroups(query), n.transpose(spec.key, {0, 1, 3, 2}));
  result.scores = groups.fromGroups(products);
  result.capped = softcap(n, result.scores, spec.softcap);
  result.biased = addIfAny(n, result.capped, spec.bias);
  Value wide = n.cast(result.biased, spec.elementType, spec.softmaxType);
  Value probabilities = n.cast(softmaxOver(n, wide, 3), spec.softmaxType, spec.elementType);
  if (spec.bias && spec.mayHideAll)
    probabilities = clearHidden(n, probabilities, spec.bias);
  result.probabilities = probabilities;
  result.output = groups.fromGroups(createMatmul(n, groups.toGroups(probabilities), spec.value));
  return result;
}

} // namespace bitwright::onnximport
