// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Attention of the default domain.

#include "Attention.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace bitwright::onnximport {

namespace {

constexpr double minusInfinity = -std::numeric_limits<double>::infinity();

class Attention {
public:
  explicit Attention(Node &n) : n(n) {}
  void build();

private:
  enum Input { Query, Key, ValueInput, Mask, PastKey, PastValue, ValidKeys };

  bool readInputs();
  void appendPast();
  Value getOffset();
  Value padMask(Value mask, bool isBool);
  void setBias();
  void setScores(const AttentionResult &result);

  Node &n;
  AttentionSpec spec;
  int64_t rank = 0;
};

bool Attention::readInputs() {
  rank = n.getRank(Query);
  spec.elementType = n.getElementType(Query);
  n.expect(isFloat(spec.elementType), "expects a float query");
  for (unsigned i : {Key, ValueInput}) {
    n.expect(n.getRank(i) == rank, "expects query, key and value of one rank");
    n.expect(n.getElementType(i) == spec.elementType, "expects query, key and value of one type");
  }
  n.expect(n.hasInput(PastKey) == n.hasInput(PastValue), "expects both past_key and past_value");
  n.expect(!n.hasInput(PastKey) || !n.hasInput(ValidKeys),
           "expects nonpad_kv_seqlen or a past, not both");
  if (!n.expect(rank == 3 || rank == 4, "expects query, key and value of rank 3 or 4"))
    return false;
  spec.query = n.getInput(Query);
  spec.key = n.getInput(Key);
  spec.value = n.getInput(ValueInput);
  if (rank == 4) { // some exporters give the numbers of heads here, too
    n.ignoreAttribute("q_num_heads");
    n.ignoreAttribute("kv_num_heads");
    return !n.failed();
  }
  int64_t heads = n.requireInt("q_num_heads"), shared = n.requireInt("kv_num_heads");
  spec.query = splitHeads(n, spec.query, heads);
  spec.key = splitHeads(n, spec.key, shared);
  spec.value = splitHeads(n, spec.value, shared);
  return !n.failed();
}

void Attention::appendPast() {
  if (n.hasInput(PastKey)) {
    spec.key = concat(n, {n.getInput(PastKey), spec.key}, 2);
    spec.value = concat(n, {n.getInput(PastValue), spec.value}, 2);
  }
  n.setResult(1, spec.key, spec.elementType);
  n.setResult(2, spec.value, spec.elementType);
}

/// How many keys there are before the first query; null for none.
Value Attention::getOffset() {
  if (n.hasInput(PastKey))
    return toScalar(n, sizeOf(n, n.getInput(PastKey), 2));
  if (!n.hasInput(ValidKeys))
    return {};
  Value count = perBatch(n, n.getInput(ValidKeys), n.getElementType(ValidKeys));
  return sub(n, count, toScalar(n, sizeOf(n, spec.query, 2)));
}

/// A mask may have fewer keys than there are; it hides the rest.
Value Attention::padMask(Value mask, bool isBool) {
  Size have = sizeOf(n, mask, -1), need = sizeOf(n, spec.key, 2);
  if (n.failed() || (have.isKnown() && need.isKnown() && have.known == need.known))
    return mask;
  int64_t rank = rankOf(n, mask);
  SmallVector<Size> pads(2 * rank, Size(0));
  if (have.isKnown() && need.isKnown())
    pads.back() = need.known - have.known;
  else
    pads.back() = Size(sub(n, toVector(n, {need}), toVector(n, {have})));
  Attribute mode = qnn::PadModeAttr::get(n.getContext(), qnn::PadMode::Constant);
  return n.create<qnn::PadOp>(
      {mask, toVector(n, pads), scalarLike(n, mask, isBool ? 0 : minusInfinity)}, {{"mode", mode}});
}

void Attention::setBias() {
  bool isCausal = n.getBool("is_causal", false);
  int64_t left = -1, right = -1;
  if (n.getOpset() >= 25) {
    left = n.getInt("left_window_size", -1);
    right = n.getInt("right_window_size", -1);
    n.expect(left >= -1 && right >= -1, "a window size must be at least -1");
  }
  if (n.failed())
    return;
  bool hasPlaces = isCausal || left >= 0 || right >= 0;
  Visibility visible(n, sizeOf(n, spec.query, 2), sizeOf(n, spec.key, 2),
                     hasPlaces ? getOffset() : Value());
  if (isCausal)
    visible.limitAhead(0);
  if (right >= 0)
    visible.limitAhead(right);
  if (left >= 0)
    visible.limitBehind(left);
  if (n.hasInput(ValidKeys))
    visible.limitCount(perBatch(n, n.getInput(ValidKeys), n.getElementType(ValidKeys)));
  Value added;
  if (n.hasInput(Mask)) {
    bool isBool = n.getElementType(Mask) == Bool;
    n.expect(isBool || n.getElementType(Mask) == spec.elementType,
             "expects a mask of bool or of the query's type");
    Value mask = padMask(n.getInput(Mask), isBool);
    if (isBool)
      visible.limit(mask);
    else
      added = mask;
  }
  if (n.failed())
    return;
  spec.mayHideAll = n.hasInput(Mask) || n.hasInput(ValidKeys) || left >= 0;
  Value bias = visible.getBias(spec.query, minusInfinity);
  spec.bias = bias ? addIfAny(n, bias, added) : added;
}

void Attention::setScores(const AttentionResult &result) {
  int64_t mode = n.getInt("qk_matmul_output_mode", 0);
  if (!n.expect(mode >= 0 && mode <= 3, "attribute 'qk_matmul_output_mode' must be 0 to 3"))
    return;
  Value values[] = {result.scores, result.capped, result.biased, result.probabilities};
  n.setResult(3, values[mode], spec.elementType);
}

void Attention::build() {
  if (!readInputs())
    return;
  appendPast();
  setBias();
  Size width = sizeOf(n, spec.query, 3);
  if (!n.expect(width.isKnown() && width.known > 0, "the size of a head must be static"))
    return;
  spec.scale = n.getFloat("scale", static_cast<float>(1 / std::sqrt(double(width.known))));
  spec.softcap = n.getFloat("softcap", 0);
  spec.softmaxType = static_cast<int32_t>(n.getInt("softmax_precision", spec.elementType));
  if (!n.expect(isFloat(spec.softmaxType), "attribute 'softmax_precision' is no float type"))
    return;
  AttentionResult result = attend(n, spec);
  n.setResult(rank == 3 ? joinHeads(n, result.output) : result.output);
  setScores(result);
}

void buildAttention(Node &n) { Attention(n).build(); }

} // namespace

ArrayRef<OpEntry> getAttentionOps() {
  static const OpEntry entries[] = {
      {"Attention", 3, 6, buildAttention, 23, 23},
      {"Attention", 3, 7, buildAttention, 24},
  };
  return entries;
}

} // namespace bitwright::onnximport
