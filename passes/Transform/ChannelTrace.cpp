// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Channels are followed as labels: a table, over those dimensions that are
/// known to matter, of the source channel at each place.

#include "passes/Transform/ChannelTrace.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "passes/Common/Observers.h"

using namespace bitwright;
using namespace mlir;

namespace {

/// The labels of a tensor. A dimension that is not `labelled` does not matter;
/// `table` is row-major over those that are.
struct Labels {
  SmallVector<int64_t> dims;
  SmallVector<bool> labelled;
  SmallVector<int64_t> table;

  size_t rank() const { return dims.size(); }

  /// Makes dimension `d`, whose size must be known, one that matters.
  bool expandDimension(size_t d) {
    if (labelled[d])
      return true;
    if (ShapedType::isDynamic(dims[d]))
      return false;
    int64_t inner = 1;
    for (size_t i = d + 1; i < rank(); ++i)
      inner *= labelled[i] ? dims[i] : 1;
    SmallVector<int64_t> result;
    for (int64_t outer = 0; outer < int64_t(table.size()) / inner; ++outer)
      for (int64_t repeat = 0; repeat < dims[d]; ++repeat)
        result.append(table.begin() + outer * inner, table.begin() + (outer + 1) * inner);
    table = std::move(result);
    labelled[d] = true;
    return true;
  }
};

} // namespace

static bool isStatic(int64_t size) { return !ShapedType::isDynamic(size); }

/// Row-major regrouping: matches groups of dimensions from the right; in a group that holds a
/// label all sizes are known and all of its dimensions become labelled.
static bool reshapeLabels(Labels &labels, ArrayRef<int64_t> out) {
  SmallVector<bool> outLabelled(out.size(), false);
  int64_t i = int64_t(labels.rank()) - 1, o = int64_t(out.size()) - 1;
  auto anyLeft = [&] {
    return llvm::any_of(ArrayRef<bool>(labels.labelled).take_front(i + 1),
                        [](bool b) { return b; });
  };
  while (i >= 0 && o >= 0 && anyLeft()) {
    if (!isStatic(labels.dims[i]) || !isStatic(out[o])) {
      if (isStatic(labels.dims[i]) != isStatic(out[o]))
        return false;
      --i, --o;
      continue;
    }
    int64_t lastIn = i, lastOut = o;
    int64_t in = labels.dims[i--], sum = out[o--];
    while (in != sum) {
      int64_t &place = in < sum ? i : o;
      ArrayRef<int64_t> sizes = in < sum ? ArrayRef<int64_t>(labels.dims) : out;
      if (place < 0 || !isStatic(sizes[place]) || in == 0 || sum == 0)
        return false;
      (in < sum ? in : sum) *= sizes[place--];
    }
    bool any = false;
    for (int64_t d = i + 1; d <= lastIn; ++d)
      any |= labels.labelled[d];
    if (!any)
      continue;
    for (int64_t d = i + 1; d <= lastIn; ++d)
      if (!labels.expandDimension(d))
        return false;
    for (int64_t d = o + 1; d <= lastOut; ++d)
      outLabelled[d] = true;
  }
  if (i >= 0 && anyLeft())
    return false;
  labels.dims.assign(out.begin(), out.end());
  labels.labelled = std::move(outLabelled);
  return true;
}

static bool transposeLabels(Labels &labels, ArrayRef<int64_t> perm) {
  SmallVector<int64_t> strides(labels.rank(), 0);
  int64_t stride = 1;
  for (size_t d = labels.rank(); d-- > 0;)
    if (labels.labelled[d]) {
      strides[d] = stride;
      stride *= labels.dims[d];
    }
  Labels result;
  SmallVector<int64_t> sizes, steps;
  for (int64_t d : perm) {
    result.dims.push_back(labels.dims[d]);
    result.labelled.push_back(labels.labelled[d]);
    if (labels.labelled[d]) {
      sizes.push_back(labels.dims[d]);
      steps.push_back(strides[d]);
    }
  }
  for (int64_t linear = 0; linear < int64_t(labels.table.size()); ++linear) {
    int64_t rest = linear, from = 0;
    for (size_t d = sizes.size(); d-- > 0; rest /= sizes[d])
      from += rest % sizes[d] * steps[d];
    result.table.push_back(labels.table[from]);
  }
  labels = std::move(result);
  return true;
}

/// Aligns to a result of another shape by broadcasting: new and grown dimensions do
/// not matter, labelled ones keep their size.
static bool broadcastLabels(Labels &labels, ArrayRef<int64_t> out) {
  if (out.size() < labels.rank())
    return false;
  size_t added = out.size() - labels.rank();
  Labels result;
  result.dims.assign(out.begin(), out.end());
  result.labelled.assign(out.size(), false);
  result.table = labels.table;
  for (size_t d = 0; d < labels.rank(); ++d) {
    if (!labels.labelled[d] || (labels.dims[d] == 1 && out[d + added] != 1))
      continue;
    if (labels.dims[d] != out[d + added])
      return false;
    result.labelled[d + added] = true;
  }
  labels = std::move(result);
  return true;
}

/// labels (... x K x N) on the right of a matmul: the sum over K must not mix labels.
static bool multiplyLabels(Labels &labels, ArrayRef<int64_t> out) {
  size_t rank = labels.rank();
  if (rank < 2 || out.size() < rank || (labels.labelled[rank - 2] && labels.dims[rank - 2] != 1))
    return false;
  SmallVector<int64_t> target(out.end() - rank, out.end());
  labels.labelled[rank - 2] = false;
  labels.dims[rank - 2] = target[rank - 2];
  return broadcastLabels(labels, out);
}

static bool propagate(Labels &labels, OpOperand &operand) {
  Operation *op = operand.getOwner();
  ArrayRef<int64_t> out = cast<RankedTensorType>(op->getResult(0).getType()).getShape();
  auto layout = dyn_cast<qnn::LayoutInterface>(op);
  qnn::AxisFlow flow = layout ? layout.getAxisFlow(operand) : qnn::AxisFlow();
  switch (flow.kind) {
  case qnn::AxisFlow::Kind::Permute:
    return transposeLabels(labels, flow.perm);
  case qnn::AxisFlow::Kind::Regroup:
    return reshapeLabels(labels, out);
  case qnn::AxisFlow::Kind::Contract:
    return multiplyLabels(labels, out);
  case qnn::AxisFlow::Kind::Broadcast:
    return broadcastLabels(labels, out);
  case qnn::AxisFlow::Kind::Opaque:
    break;
  }
  return false;
}

std::optional<SmallVector<int64_t>>
bitwright::traceChannels(Value source, ArrayRef<TraceStep> steps, std::string &reason) {
  Labels labels;
  labels.dims.assign(cast<RankedTensorType>(source.getType()).getShape());
  if (labels.dims.empty() || !isStatic(labels.dims.back())) {
    reason = "the number of channels is not known";
    return std::nullopt;
  }
  labels.labelled.assign(labels.rank(), false);
  labels.labelled.back() = true;
  for (int64_t i = 0; i < labels.dims.back(); ++i)
    labels.table.push_back(i);
  for (TraceStep step : steps)
    if (!propagate(labels, *step)) {
      reason = "channels cannot be followed through '" + getNodeName(step->getOwner()->getLoc()) +
               "' (" + step->getOwner()->getName().getStringRef().str() + ")";
      return std::nullopt;
    }
  for (size_t d = 0; d + 1 < labels.rank(); ++d)
    if (labels.labelled[d] && labels.dims[d] != 1) {
      reason = "a channel is fed by several channels of the producer";
      return std::nullopt;
    }
  if (labels.dims.empty() || !labels.expandDimension(labels.rank() - 1)) {
    reason = "the number of channels is not known";
    return std::nullopt;
  }
  return labels.table;
}

/// The operand through which a factor on a channel passes to the result, or null.
static OpOperand *getLinearOperand(Operation *op) {
  auto layout = dyn_cast<qnn::LayoutInterface>(op);
  OpOperand *found = nullptr;
  for (OpOperand &operand : op->getOpOperands()) {
    if (!layout || layout.getAxisFlow(operand).kind == qnn::AxisFlow::Kind::Opaque ||
        !layout.isHomogeneous(operand))
      continue;
    // Either factor of a product would do; the one that a linear op makes can be divided.
    if (skipObservers(operand.get()).getDefiningOp<qnn::LinearOp>())
      return &operand;
    found = found ? nullptr : &operand;
  }
  return found;
}

std::optional<SmallVector<TraceStep>> bitwright::traceBack(Value tensor, Value &source,
                                                           std::string &reason) {
  SmallVector<TraceStep> steps;
  Value value = skipObservers(tensor);
  while (true) {
    Operation *op = value.getDefiningOp();
    if (!op) {
      reason = "it comes from an input of the model";
      return std::nullopt;
    }
    if (isa<qnn::LinearOp>(op))
      break;
    OpOperand *operand = getLinearOperand(op);
    if (!operand) {
      reason = "'" + getNodeName(op->getLoc()) + "' (" + op->getName().getStringRef().str() +
               "), which makes it, cannot be rescaled by channel";
      return std::nullopt;
    }
    steps.push_back(operand);
    value = skipObservers(operand->get());
    if (getUsesBehindObservers(value).size() != 1) {
      reason =
          "'" + getNodeName(value.getLoc()) + "', on the way to the op before it, has other users";
      return std::nullopt;
    }
  }
  source = value;
  std::reverse(steps.begin(), steps.end());
  return steps;
}
