// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// com.microsoft's Attention, MultiHeadAttention and GroupQueryAttention.

#include "Attention.h"
#include "Matrices.h"
#include "OpTable.h"
#include "Rotary.h"
#include "dialects/QNN/QNNOps.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace bitwright::onnximport {

namespace {

constexpr double minusInfinity = -std::numeric_limits<double>::infinity();

bool setScale(Node &n, AttentionSpec &spec) {
  Size width = sizeOf(n, spec.query, 3);
  if (n.failed() ||
      !n.expect(width.isKnown() && width.known > 0, "the size of a head must be static"))
    return false;
  float scale = n.getFloat("scale", 0);
  spec.scale = scale != 0 ? scale : 1 / std::sqrt(double(width.known));
  return !n.failed();
}

/// A mask of 0 and 1 (int32) as what is added to the scores. By its rank: B counts of keys, B x T,
/// B x S x T, or B x 1 x S x T.
Value maskToBias(Node &n, unsigned index, const AttentionSpec &spec, double hidden) {
  RankedTensorType type = n.getInputType(index);
  Value mask = n.getInput(index), isVisible;
  if (n.failed() ||
      !n.expect(type.getRank() >= 1 && type.getRank() <= 4, "expects a mask of rank 1 to 4"))
    return {};
  if (type.getRank() == 1) {
    int64_t count = type.getShape()[0];
    Size batch = sizeOf(n, spec.query, 0);
    if (!n.expect(!batch.isKnown() || ShapedType::isDynamic(count) || count == batch.known,
                  "a mask of begins and ends of keys is not supported"))
      return {};
    Value keys = rangeTo(n, sizeOf(n, spec.key, 2));
    isVisible = n.create<qnn::LessOp>({keys, perBatch(n, mask, n.getElementType(index))});
  } else {
    Value zero = n.createScalar(n.getElementType(index), 0);
    isVisible = n.create<qnn::GreaterOp>({mask, zero});
    if (type.getRank() == 2)
      isVisible = n.unsqueeze(isVisible, {1, 2});
    if (type.getRank() == 3)
      isVisible = n.unsqueeze(isVisible, {1});
  }
  return where(n, isVisible, scalarLike(n, spec.query, 0), scalarLike(n, spec.query, hidden));
}

/// Adds to the bias what hides later keys; `past` keys stand before the first query.
void addCausality(Node &n, AttentionSpec &spec, Value past) {
  Visibility visible(n, sizeOf(n, spec.query, 2), sizeOf(n, spec.key, 2), past);
  visible.limitAhead(0);
  Value bias = visible.getBias(spec.query, minusInfinity);
  spec.bias = spec.bias ? add(n, spec.bias, bias) : bias;
}

void addToBias(Node &n, AttentionSpec &spec, Value bias) {
  spec.bias = spec.bias ? add(n, spec.bias, bias) : bias;
}

/// Part `index` of the last dimension, which holds parts of these widths.
Value takePart(Node &n, Value x, ArrayRef<int64_t> widths, unsigned index) {
  int64_t start = 0;
  for (int64_t width : widths.take_front(index))
    start += width;
  return sliceAxis(n, x, rankOf(n, x) - 1, start, start + widths[index]);
}

//===--- Attention --------------------------------------------------------===//

/// One weight gives queries, keys and values; the past is 2 x B x H x P x D.
class PackedAttention {
public:
  explicit PackedAttention(Node &n) : n(n) {}
  void build();

private:
  enum Input { X, Weight, Bias, Mask, Past, AttentionBias };

  SmallVector<int64_t> getWidths();
  bool project();
  Value appendPast(Value x, int64_t part);

  Node &n;
  AttentionSpec spec;
  int64_t heads = 0;
};

SmallVector<int64_t> PackedAttention::getWidths() {
  int64_t width = n.getInputType(Weight).getShape().back();
  SmallVector<int64_t> thirds(3, width / 3);
  SmallVector<int64_t> widths = n.getInts("qkv_hidden_sizes", thirds);
  int64_t sum = 0;
  for (int64_t part : widths)
    sum += n.expect(part > 0 && part <= maxElements && part % heads == 0,
                    "attribute 'num_heads' must divide the hidden sizes")
               ? part
               : 0;
  n.expect(widths.size() == 3 && sum == width, "the hidden sizes do not fit the weight");
  return widths;
}

bool PackedAttention::project() {
  heads = n.requireInt("num_heads");
  if (n.failed() || !n.expect(heads > 0, "attribute 'num_heads' must be positive") ||
      !n.expect(n.getRank(X) == 3 && n.getRank(Weight) == 2 &&
                    !ShapedType::isDynamic(n.getInputType(Weight).getShape().back()),
                "expects an input of rank 3 and a weight of rank 2 and static width"))
    return false;
  SmallVector<int64_t> widths = getWidths();
  Value projected, weight = getLinearWeight(n, n.getImported(Weight), /*isTransposed=*/false);
  Value bias = n.hasInput(Bias) ? n.getInput(Bias) : Value();
  if (weight)
    projected = n.create<qnn::LinearOp>({n.getInput(X), weight, bias});
  else
    projected = addIfAny(n, createMatmul(n, n.getInput(X), n.getInput(Weight)), bias);
  if (n.failed())
    return false;
  spec.query = splitHeads(n, takePart(n, projected, widths, 0), heads);
  spec.key = appendPast(splitHeads(n, takePart(n, projected, widths, 1), heads), 0);
  spec.value = appendPast(splitHeads(n, takePart(n, projected, widths, 2), heads), 1);
  return !n.failed();
}

Value PackedAttention::appendPast(Value x, int64_t part) {
  if (!n.hasInput(Past))
    return x;
  return concat(n, {gather(n, n.getInput(Past), n.createInteger(part), 0), x}, 2);
}

void PackedAttention::build() {
  n.expect(!n.getBool("do_rotary", false), "attribute 'do_rotary' is not supported");
  n.expect(!n.getBool("past_present_share_buffer", false),
           "attribute 'past_present_share_buffer' is not supported");
  bool isCausal = n.getBool("unidirectional", false);
  float hidden = n.getFloat("mask_filter_value", -10000);
  if (!project() || !setScale(n, spec))
    return;
  spec.elementType = spec.softmaxType = n.getElementType(X);
  if (n.hasInput(Mask))
    spec.bias = maskToBias(n, Mask, spec, hidden);
  if (isCausal)
    addCausality(n, spec, n.hasInput(Past) ? toScalar(n, sizeOf(n, n.getInput(Past), 3)) : Value());
  if (n.hasInput(AttentionBias))
    addToBias(n, spec, n.getInput(AttentionBias));
  n.setResult(joinHeads(n, attend(n, spec).output));
  if (n.hasOutput(1))
    n.setResult(1, concat(n, {n.unsqueeze(spec.key, {0}), n.unsqueeze(spec.value, {0})}, 0),
                spec.elementType);
}

void buildPackedAttention(Node &n) { PackedAttention(n).build(); }

//===--- MultiHeadAttention -----------------------------------------------===//

/// Queries, keys and values come projected: each B x S x (H * D), or packed with heads before what
/// they hold (B x S x H x 3 x D, and keys B x T x H x 2 x D), or keys and values B x H x T x D.
class MultiHeadAttention {
public:
  explicit MultiHeadAttention(Node &n) : n(n) {}
  void build();

private:
  enum Input { Query, Key, ValueInput, Bias, PaddingMask, AttentionBias, PastKey, PastValue };

  bool readInputs();
  Value withBias(Value x, unsigned part, ArrayRef<int64_t> widths);
  Value unpack(Value packed, int64_t part);

  Node &n;
  AttentionSpec spec;
  int64_t heads = 0;
};

/// Part `part` of dimension 3, with the heads in front.
Value MultiHeadAttention::unpack(Value packed, int64_t part) {
  return n.transpose(gather(n, packed, n.createInteger(part), 3), {0, 2, 1, 3});
}

Value MultiHeadAttention::withBias(Value x, unsigned part, ArrayRef<int64_t> widths) {
  return n.hasInput(Bias) ? add(n, x, takePart(n, n.getInput(Bias), widths, part)) : x;
}

bool MultiHeadAttention::readInputs() {
  heads = n.requireInt("num_heads");
  int64_t rank = n.getRank(Query);
  if (n.failed())
    return false;
  if (rank == 5) {
    n.expect(!n.hasInput(Key) && !n.hasInput(ValueInput) && !n.hasInput(Bias),
             "a packed query needs no key, value and bias");
    spec.query = unpack(n.getInput(Query), 0);
    spec.key = unpack(n.getInput(Query), 1);
    spec.value = unpack(n.getInput(Query), 2);
    return !n.failed();
  }
  if (!n.expect(rank == 3 && n.hasInput(Key), "expects a query of rank 3 and a key"))
    return false;
  SmallVector<int64_t> widths(3, n.getInputType(Query).getShape().back());
  if (n.hasInput(ValueInput) && n.getRank(ValueInput) == 3)
    widths[2] = n.getInputType(ValueInput).getShape().back();
  if (!n.expect(!llvm::any_of(widths, ShapedType::isDynamic), "the hidden sizes must be static"))
    return false;
  spec.query = splitHeads(n, withBias(n.getInput(Query), 0, widths), heads);
  if (n.getRank(Key) == 5) {
    n.expect(!n.hasInput(Bias), "a packed key with a bias is not supported");
    spec.key = unpack(n.getInput(Key), 0);
    spec.value = unpack(n.getInput(Key), 1);
    return !n.failed();
  }
  if (!n.expect(n.hasInput(ValueInput), "input 2 (value) is missing"))
    return false;
  if (n.getRank(Key) == 4) { // of the encoder, with heads in front
    spec.key = n.getInput(Key);
    spec.value = n.getInput(ValueInput);
    return !n.failed();
  }
  spec.key = splitHeads(n, withBias(n.getInput(Key), 1, widths), heads);
  spec.value = splitHeads(n, withBias(n.getInput(ValueInput), 2, widths), heads);
  return !n.failed();
}

void MultiHeadAttention::build() {
  n.expect(!n.hasInput(8) && !n.hasInput(9),
           "past_sequence_length and cache_indirection are not supported");
  bool isCausal = n.getBool("unidirectional", false);
  float hidden = n.getFloat("mask_filter_value", -10000);
  if (!readInputs() || !setScale(n, spec))
    return;
  spec.elementType = spec.softmaxType = n.getElementType(Query);
  Value past;
  if (n.hasInput(PastKey) && n.hasInput(PastValue)) {
    past = toScalar(n, sizeOf(n, n.getInput(PastKey), 2));
    spec.key = concat(n, {n.getInput(PastKey), spec.key}, 2);
    spec.value = concat(n, {n.getInput(PastValue), spec.value}, 2);
  }
  if (n.hasInput(PaddingMask))
    spec.bias = maskToBias(n, PaddingMask, spec, hidden);
  if (isCausal)
    addCausality(n, spec, past);
  if (n.hasInput(AttentionBias))
    addToBias(n, spec, n.getInput(AttentionBias));
  AttentionResult result = attend(n, spec);
  n.setResult(joinHeads(n, result.output));
  n.setResult(1, spec.key, spec.elementType);
  n.setResult(2, spec.value, spec.elementType);
  n.setResult(3, result.scores, spec.elementType);
}

void buildMultiHeadAttention(Node &n) { MultiHeadAttention(n).build(); }

//===--- GroupQueryAttention ----------------------------------------------===//

/// Causal, with a past of each sequence's own length: seqlens_k counts the keys of each, less one.
/// New keys follow the valid ones of the past, as ONNX Runtime writes them.
class GroupQueryAttention {
public:
  explicit GroupQueryAttention(Node &n) : n(n) {}
  void build();

private:
  enum Input {
    Query,
    Key,
    ValueInput,
    PastKey,
    PastValue,
    Lengths,
    Total,
    Cosine,
    Sine,
    Positions,
    AttentionBias
  };

  void checkAttributes();
  bool readInputs();
  void setPastLengths();
  void applyRotary();
  Value appendPast(Value past, Value x);
  Value getBias(int64_t window);

  Node &n;
  AttentionSpec spec;
  int64_t heads = 0, groups = 0;
  Value pastLengths; // B x 1, i64
};

void GroupQueryAttention::checkAttributes() {
  heads = n.requireInt("num_heads");
  groups = n.requireInt("kv_num_heads");
  n.expect(heads > 0 && groups > 0, "the numbers of heads must be positive");
  int64_t smooth = n.getInt("smooth_softmax", 0);
  n.expect(smooth == 0 || smooth == -1, "attribute 'smooth_softmax' is not supported");
  n.expect(n.getInt("qk_output", 0) == 0, "attribute 'qk_output' is not supported");
  for (StringRef name : {"k_quant_type", "v_quant_type"})
    n.expect(n.getString(name, "NONE") == "NONE", "attribute '" + name + "' is not supported");
  n.ignoreAttribute("kv_cache_bit_width"); // of the quantized caches
  for (unsigned i = AttentionBias + 1; i < n.getNumInputs(); ++i)
    n.expect(!n.hasInput(i), "input " + Twine(i) + " is not supported");
}

bool GroupQueryAttention::readInputs() {
  if (n.failed() || !n.expect(n.getRank(Query) == 3, "expects a query of rank 3"))
    return false;
  Value query = n.getInput(Query), key, value;
  if (n.hasInput(Key) && n.hasInput(ValueInput)) {
    key = n.getInput(Key);
    value = n.getInput(ValueInput);
  } else {
    int64_t width = n.getInputType(Query).getShape().back(), all = heads + 2 * groups;
    if (!n.expect(!ShapedType::isDynamic(width) && width % all == 0,
                  "the numbers of heads must divide the static width of the packed query"))
      return false;
    int64_t size = width / all;
    SmallVector<int64_t> widths = {heads * size, groups * size, groups * size};
    key = takePart(n, query, widths, 1);
    value = takePart(n, query, widths, 2);
    query = takePart(n, query, widths, 0);
  }
  spec.query = splitHeads(n, query, heads);
  spec.key = splitHeads(n, key, groups);
  spec.value = splitHeads(n, value, groups);
  return !n.failed();
}

/// min(max(seqlens_k + 1 - S, 0), P)
void GroupQueryAttention::setPastLengths() {
  Value lengths = n.reshape(n.cast(n.getInput(Lengths), n.getElementType(Lengths), Int64), {-1, 1});
  Value steps = toScalar(n, sizeOf(n, spec.query, 2));
  Value past = add(n, sub(n, lengths, steps), n.createInteger(1));
  past = n.create<qnn::MaxOp>({past, n.createInteger(0)});
  if (n.hasInput(PastKey))
    past = n.create<qnn::MinOp>({past, toScalar(n, sizeOf(n, n.getInput(PastKey), 2))});
  else
    past = mul(n, past, n.createInteger(0));
  pastLengths = past;
}

void GroupQueryAttention::applyRotary() {
  Value positions;
  if (n.hasInput(Positions))
    positions = n.getIndexInput(Positions);
  else
    positions = add(n, pastLengths, n.unsqueeze(rangeTo(n, sizeOf(n, spec.query, 2)), {0}));
  bool isInterleaved = n.getBool("rotary_interleaved", false);
  RotaryTables tables = lookUpRotary(n, n.getInput(Cosine), n.getInput(Sine), positions, 1);
  spec.query = rotate(n, spec.query, tables, isInterleaved);
  spec.key = rotate(n, spec.key, tables, isInterleaved);
}

/// Of the P old and S new places of each sequence: first its valid old ones, then the new ones.
Value GroupQueryAttention::appendPast(Value past, Value x) {
  Value all = concat(n, {past, x}, 2);
  Size old = sizeOf(n, past, 2);
  if (n.failed() || (old.isKnown() && old.known == 0))
    return all;
  Value place = n.unsqueeze(rangeTo(n, sizeOf(n, all, 2)), {0});
  Value isOld = n.create<qnn::LessOp>({place, pastLengths});
  Value gap = sub(n, toScalar(n, old), pastLengths);
  Value last = sub(n, toScalar(n, sizeOf(n, all, 2)), n.createInteger(1));
  Value moved = n.create<qnn::MinOp>({add(n, place, gap), last});
  Value index = n.unsqueeze(where(n, isOld, place, moved), {2});
  Value rows = n.transpose(all, {0, 2, 1, 3});
  rows = n.create<qnn::GatherNDOp>({rows, index}, {{"batch_dims", n.integer(1)}});
  return n.transpose(rows, {0, 2, 1, 3});
}

Value GroupQueryAttention::getBias(int64_t window) {
  Value offset = n.unsqueeze(pastLengths, {1, 2});
  Visibility visible(n, sizeOf(n, spec.query, 2), sizeOf(n, spec.key, 2), offset);
  visible.limitAhead(0);
  if (window > 0)
    visible.limitBehind(window - 1);
  return visible.getBias(spec.query, minusInfinity);
}

void GroupQueryAttention::build() {
  checkAttributes();
  bool isRotary = n.getBool("do_rotary", false);
  int64_t window = n.getInt("local_window_size", -1);
  spec.softcap = n.getFloat("softcap", 0);
  n.expect(window == -1 || window > 0, "attribute 'local_window_size' must be -1 or positive");
  if (!readInputs() || !setScale(n, spec))
    return;
  setPastLengths();
  if (isRotary)
    applyRotary();
  else
    n.ignoreAttribute("rotary_interleaved");
  if (n.hasInput(PastKey) && n.hasInput(PastValue)) {
    spec.key = appendPast(n.getInput(PastKey), spec.key);
    spec.value = appendPast(n.getInput(PastValue), spec.value);
  }
  if (n.failed())
    return;
  spec.elementType = spec.softmaxType = n.getElementType(Query);
  spec.bias = getBias(window);
  if (n.hasInput(AttentionBias))
    addToBias(n, spec, n.getInput(AttentionBias));
  n.setResult(joinHeads(n, attend(n, spec).output));
  n.setResult(1, spec.key, spec.elementType);
  n.setResult(2, spec.value, spec.elementType);
}

void buildGroupQueryAttention(Node &n) { GroupQueryAttention(n).build(); }

} // namespace

ArrayRef<OpEntry> getMicrosoftAttentionOps() {
  static const OpEntry entries[] = {
      {"Attention", 2, 7, buildPackedAttention, 1, 1, "com.microsoft"},
      {"GroupQueryAttention", 7, 14, buildGroupQueryAttention, 1, 1, "com.microsoft"},
      {"MultiHeadAttention", 1, 10, buildMultiHeadAttention, 1, 1, "com.microsoft"},
  };
  return entries;
}

} // namespace bitwright::onnximport
