// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Einsum: operands are contracted from left to right, each pair as a matrix
/// product over the labels that nothing later reads.

#include "Compose.h"
#include "Matrices.h"
#include "OpTable.h"
#include "Text.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace bitwright::onnximport {

namespace {

/// A letter, or one of the dimensions of an ellipsis, which count from the last.
using Label = int;
using Labels = SmallVector<Label>;
constexpr Label lastOfEllipsis = 1000;

struct Term {
  Labels labels;
  ImportedValue value;
};

bool contains(ArrayRef<Label> labels, Label label) { return llvm::is_contained(labels, label); }

Labels select(ArrayRef<Label> labels, llvm::function_ref<bool(Label)> keep) {
  Labels result;
  llvm::copy_if(labels, std::back_inserter(result), keep);
  return result;
}

class Einsum {
public:
  explicit Einsum(Node &n) : n(n) {}
  void build();

private:
  bool parse();
  bool parseTerm(StringRef text, int64_t ellipsisRank, Labels &labels);
  bool parseOperand(StringRef text, unsigned index);
  Labels getImplicitOutput();
  bool isReadLater(Label label, size_t next) const;

  void takeDiagonals(Term &term);
  Term sumOut(Term term, llvm::function_ref<bool(Label)> isKept);
  Term contract(Term lhs, Term rhs, size_t next);
  Value arrange(const Term &term, ArrayRef<Labels> groups);
  ConstantPtr arrangeWeight(const Term &term, ArrayRef<Labels> groups);
  Value multiply(const Term &lhs, const Term &rhs, ArrayRef<Label> all);
  Value align(const Term &term, ArrayRef<Label> all);

  Node &n;
  SmallVector<Term> terms;
  Labels output;
  int64_t ellipsisRank = 0; // the largest
};

//===--- the equation -----------------------------------------------------===//

bool Einsum::parseTerm(StringRef text, int64_t rank, Labels &labels) {
  bool hasEllipsis = false;
  while (!text.empty()) {
    if (text.consume_front("...")) {
      if (!n.expect(!hasEllipsis, "attribute 'equation' has a term with two ellipses"))
        return false;
      hasEllipsis = true;
      for (int64_t i = rank; i > 0; --i)
        labels.push_back(static_cast<Label>(lastOfEllipsis - (i - 1)));
      continue;
    }
    char c = text.front();
    if (!n.expect(llvm::isAlpha(c), "attribute 'equation' has the unknown character '" +
                                        printable(text.take_front()) + "'"))
      return false;
    labels.push_back(c);
    text = text.drop_front();
  }
  return true;
}

bool Einsum::parseOperand(StringRef text, unsigned index) {
  Term term;
  term.value = n.getImported(index);
  if (n.failed())
    return false;
  int64_t rank = term.value.getType().getRank(), letters = llvm::count_if(text, llvm::isAlpha);
  bool hasEllipsis = text.contains("...");
  int64_t rest = hasEllipsis ? rank - letters : 0;
  if (!n.expect(rest >= 0 && letters + rest == rank,
                "attribute 'equation' gives input " + Twine(index) + " the term '" +
                    printable(text) + "', but its rank is " + Twine(rank)))
    return false;
  ellipsisRank = std::max(ellipsisRank, rest);
  if (!parseTerm(text, rest, term.labels))
    return false;
  terms.push_back(std::move(term));
  return true;
}

/// The dimensions of ellipses, then the letters that appear once, in their alphabet.
Labels Einsum::getImplicitOutput() {
  llvm::MapVector<Label, int> counts;
  for (const Term &term : terms)
    for (Label label : term.labels)
      ++counts[label];
  Labels result, letters;
  for (int64_t i = ellipsisRank; i > 0; --i)
    result.push_back(static_cast<Label>(lastOfEllipsis - (i - 1)));
  for (auto [label, count] : counts)
    if (label <= CHAR_MAX && count == 1)
      letters.push_back(label);
  llvm::sort(letters);
  result.append(letters);
  return result;
}

bool Einsum::parse() {
  std::string equation = n.getString("equation", "");
  llvm::erase_if(equation, [](char c) { return c == ' '; });
  auto [inputs, result] = StringRef(equation).split("->");
  SmallVector<StringRef> texts;
  inputs.split(texts, ',');
  if (!n.expect(texts.size() == n.getNumInputs(), "attribute 'equation' has " +
                                                      Twine(texts.size()) + " terms for " +
                                                      Twine(n.getNumInputs()) + " inputs"))
    return false;
  for (auto [index, text] : llvm::enumerate(texts))
    if (!parseOperand(text, index))
      return false;
  if (!StringRef(equation).contains("->")) {
    output = getImplicitOutput();
    return true;
  }
  if (!parseTerm(result, ellipsisRank, output))
    return false;
  for (Label label : output) {
    bool isKnown = llvm::any_of(terms, [&](const Term &t) { return contains(t.labels, label); });
    n.expect(isKnown && llvm::count(output, label) == 1,
             "attribute 'equation' has a label in the output that no input has, or has it twice");
  }
  n.expect(!ellipsisRank || result.contains("..."),
           "attribute 'equation' has an ellipsis in an input, but none in the output");
  return !n.failed();
}

bool Einsum::isReadLater(Label label, size_t next) const {
  return contains(output, label) || llvm::any_of(ArrayRef(terms).drop_front(next), [&](auto &term) {
           return contains(term.labels, label);
         });
}

//===--- one operand ------------------------------------------------------===//

/// Puts the two dimensions of a repeated label last, and of their N * N elements takes every
/// (N + 1)th.
void Einsum::takeDiagonals(Term &term) {
  for (size_t first = 0; first < term.labels.size() && !n.failed(); ++first) {
    auto rest = ArrayRef(term.labels).drop_front(first + 1);
    auto found = llvm::find(rest, term.labels[first]);
    if (found == rest.end())
      continue;
    size_t second = first + 1 + (found - rest.begin());
    ArrayRef<int64_t> shape = term.value.getType().getShape();
    int64_t size = shape[first];
    if (!n.expect(
            !ShapedType::isDynamic(size) && size == shape[second],
            "attribute 'equation' takes a diagonal, whose dimensions must be static and equal"))
      return;
    SmallVector<int64_t> perm;
    SmallVector<Size> sizes;
    Labels labels;
    Value x = n.materialize(term.value);
    for (size_t i = 0; i < term.labels.size(); ++i) {
      if (i == first || i == second)
        continue;
      perm.push_back(i);
      labels.push_back(term.labels[i]);
      sizes.push_back(sizeOf(n, x, static_cast<int64_t>(i)));
    }
    labels.push_back(term.labels[first]);
    perm.append({static_cast<int64_t>(first), static_cast<int64_t>(second)});
    sizes.push_back(size * size);
    Value flat = reshapeTo(n, n.transpose(x, perm), sizes);
    ImportedValue value;
    value.elementType = term.value.elementType;
    value.value =
        sliceAxis(n, flat, static_cast<int64_t>(labels.size()) - 1, 0, size * size, size + 1);
    if (n.failed())
      return;
    term = {labels, value};
    first = -1;
  }
}

Term Einsum::sumOut(Term term, llvm::function_ref<bool(Label)> isKept) {
  SmallVector<int64_t> axes;
  for (auto [axis, label] : llvm::enumerate(term.labels))
    if (!isKept(label))
      axes.push_back(static_cast<int64_t>(axis));
  if (axes.empty() || n.failed())
    return term;
  ImportedValue value;
  value.elementType = term.value.elementType;
  value.value = reduce<qnn::ReduceSumOp>(n, n.materialize(term.value), axes, /*keepDims=*/false);
  return {select(term.labels, isKept), value};
}

//===--- two operands -----------------------------------------------------===//

SmallVector<int64_t> getPermutation(ArrayRef<Label> from, ArrayRef<Labels> groups) {
  SmallVector<int64_t> perm;
  for (const Labels &group : groups)
    for (Label label : group)
      perm.push_back(llvm::find(from, label) - from.begin());
  return perm;
}

/// The dimensions in the order of `groups`, those of all groups but the first as one each.
Value Einsum::arrange(const Term &term, ArrayRef<Labels> groups) {
  Value x = n.materialize(term.value);
  SmallVector<int64_t> perm = getPermutation(term.labels, groups);
  if (!llvm::is_sorted(perm))
    x = n.transpose(x, perm);
  SmallVector<Size> sizes;
  int64_t axis = 0;
  for (auto [index, group] : llvm::enumerate(groups)) {
    SmallVector<Size> ofGroup;
    for (size_t i = 0; i < group.size(); ++i)
      ofGroup.push_back(sizeOf(n, x, axis++));
    if (index == 0)
      sizes.append(ofGroup);
    else
      sizes.push_back(product(n, ofGroup));
  }
  bool isArranged =
      llvm::all_of(groups.drop_front(), [](auto &group) { return group.size() == 1; });
  return isArranged ? x : reshapeTo(n, x, sizes);
}

/// The same of a constant that no batch dimension keeps from being a weight; null where it is none.
ConstantPtr Einsum::arrangeWeight(const Term &term, ArrayRef<Labels> groups) {
  const ConstantPtr &constant = term.value.constant;
  if (!constant || !groups.front().empty() || !isFloat(term.value.elementType))
    return nullptr;
  ConstantPtr turned = transposed(*constant, getPermutation(term.labels, groups));
  SmallVector<int64_t> shape;
  ArrayRef<int64_t> sizes = turned->type.getShape();
  for (const Labels &group : groups.drop_front()) {
    shape.push_back(1);
    for (int64_t size : sizes.take_front(group.size()))
      shape.back() *= size;
    sizes = sizes.drop_front(group.size());
  }
  return reshaped(*turned, shape);
}

/// The dimensions in the order of `all`, of size one where the term has none.
Value Einsum::align(const Term &term, ArrayRef<Label> all) {
  Value x = n.materialize(term.value);
  Labels present = select(all, [&](Label label) { return contains(term.labels, label); });
  SmallVector<int64_t> perm = getPermutation(term.labels, present), axes;
  if (!llvm::is_sorted(perm))
    x = n.transpose(x, perm);
  for (auto [axis, label] : llvm::enumerate(all))
    if (!contains(present, label))
      axes.push_back(static_cast<int64_t>(axis));
  return axes.empty() ? x : n.unsqueeze(x, axes);
}

Value Einsum::multiply(const Term &lhs, const Term &rhs, ArrayRef<Label> all) {
  return mul(n, align(lhs, all), align(rhs, all));
}

Term Einsum::contract(Term lhs, Term rhs, size_t next) {
  // What one operand alone has, and nothing reads later, is summed first.
  lhs = sumOut(std::move(lhs), [&](Label label) {
    return contains(rhs.labels, label) || isReadLater(label, next);
  });
  rhs = sumOut(std::move(rhs), [&](Label label) {
    return contains(lhs.labels, label) || isReadLater(label, next);
  });
  if (n.failed())
    return lhs;
  auto isShared = [&](Label label) {
    return contains(lhs.labels, label) && contains(rhs.labels, label);
  };
  Labels batch = select(lhs.labels, [&](Label l) { return isShared(l) && isReadLater(l, next); });
  Labels inner = select(lhs.labels, [&](Label l) { return isShared(l) && !isReadLater(l, next); });
  Labels rows = select(lhs.labels, [&](Label l) { return !isShared(l); });
  Labels columns = select(rhs.labels, [&](Label l) { return !isShared(l); });
  Term result;
  result.labels = batch;
  result.labels.append(rows);
  result.labels.append(columns);
  result.value.elementType = lhs.value.elementType;
  if (inner.empty()) {
    result.value.value = multiply(lhs, rhs, result.labels);
    return result;
  }
  Value left = arrange(lhs, {batch, rows, inner}), matrices;
  ImportedValue weight;
  weight.elementType = rhs.value.elementType;
  weight.constant = arrangeWeight(rhs, {batch, inner, columns});
  if (weight.constant) {
    ImportedValue data;
    data.elementType = lhs.value.elementType;
    data.value = left;
    matrices = createMatmul(n, data, weight);
  } else {
    matrices = createMatmul(n, left, arrange(rhs, {batch, inner, columns}));
  }
  SmallVector<Size> sizes;
  for (size_t i = 0; i < batch.size(); ++i)
    sizes.push_back(sizeOf(n, matrices, static_cast<int64_t>(i)));
  auto appendSizes = [&](const Term &term, ArrayRef<Label> labels) {
    for (Label label : labels)
      sizes.push_back(sizeOf(n, n.materialize(term.value),
                             llvm::find(term.labels, label) - term.labels.begin()));
  };
  appendSizes(lhs, rows);
  appendSizes(rhs, columns);
  bool isShaped = rows.size() == 1 && columns.size() == 1;
  result.value.value = isShaped ? matrices : reshapeTo(n, matrices, sizes);
  return result;
}

//===--- all operands -----------------------------------------------------===//

void Einsum::build() {
  for (unsigned i = 1; i < n.getNumInputs(); ++i)
    n.expect(n.getElementType(i) == n.getElementType(0), "expects inputs of one type");
  if (n.failed() || !parse())
    return;
  for (Term &term : terms)
    takeDiagonals(term);
  Term result = terms.front();
  for (size_t i = 1; i < terms.size() && !n.failed(); ++i)
    result = contract(std::move(result), terms[i], i + 1);
  result = sumOut(std::move(result), [&](Label label) { return contains(output, label); });
  n.setResult(n.failed() ? Value() : align(result, output));
}

void buildEinsum(Node &n) { Einsum(n).build(); }

} // namespace

ArrayRef<OpEntry> getEinsumOps() {
  static const OpEntry entries[] = {{"Einsum", 1, anyNumber, buildEinsum, 12}};
  return entries;
}

} // namespace bitwright::onnximport
