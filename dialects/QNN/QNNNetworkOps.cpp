// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Type inference and rules of constants, control, contractions,
/// normalizations, reductions and pools.

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "dialects/QNN/ShapeInference.h"
#include "dialects/QNN/WeightRules.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace bitwright;
using namespace bitwright::qnn;

#define QNN_INFER(OP)                                                                              \
  LogicalResult OP::inferReturnTypes(MLIRContext *context, std::optional<Location> location,       \
                                     Adaptor adaptor, SmallVectorImpl<Type> &types)

//===--- constants and control --------------------------------------------===//

LogicalResult bitwright::qnn::checkWeight(Operation *op, WeightAttr weight) {
  std::optional<uint64_t> bytes = getWeightStore(op->getContext()).getSize(weight.getHash());
  if (!bytes)
    return op->emitOpError("names weight ") << weight.getHash() << ", which is missing"; // N2
  auto type = cast<RankedTensorType>(weight.getType());
  if (int64_t(*bytes) != getByteSize(type))
    return op->emitOpError("expects ")
           << getByteSize(type) << " bytes for " << type << ", but weight " << weight.getHash()
           << " has " << *bytes; // N3
  return success();
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult ConstantOp::verify() {
  auto type = dyn_cast<RankedTensorType>(getValue().getType());
  if (!type || !isa<DenseElementsAttr, WeightAttr>(getValue()))
    return emitOpError("expects a dense or #qnn.weight value");
  auto weight = dyn_cast<WeightAttr>(getValue());
  return weight ? checkWeight(*this, weight) : success();
}

LogicalResult IfOp::verify() {
  if (getCondition().getType().hasStaticShape() && getCondition().getType().getNumElements() != 1)
    return emitOpError("expects a condition of one element, but got ") << getCondition().getType();
  for (Region *region : getRegions()) {
    if (region->getNumArguments() != 0)
      return emitOpError("expects regions without arguments");
    auto yield = cast<YieldOp>(region->front().getTerminator());
    if (!areCompatibleTypes(yield.getOperandTypes(), getResultTypes())) {
      InFlightDiagnostic diag = emitOpError("expects both regions to yield its results");
      diag.attachNote(yield.getLoc()) << "this yields " << yield.getOperandTypes();
      return diag;
    }
  }
  return success();
}

//===--- contractions -----------------------------------------------------===//

int64_t Conv2dOp::getMacsPerElement() { return contractedSize(getWeight()); }
bool Conv2dOp::isDepthwise() { return getGroups() > 1 && dimsOf(getWeight())[3] == 1; }
int64_t LinearOp::getMacsPerElement() { return contractedSize(getWeight()); }
int64_t ConvTranspose2dOp::getMacsPerElement() {
  int64_t stride = getStrides()[0] * getStrides()[1];
  return std::max<int64_t>(1, contractedSize(getWeight()) / getGroups() / stride);
}

QNN_INFER(Conv2dOp) {
  Site site{location, getOperationName()};
  Window window{{}, adaptor.getStrides(), adaptor.getPads(), adaptor.getDilations()};
  FailureOr<Dims> dims = inferConv(site, adaptor.getInput(), adaptor.getWeight(), adaptor.getBias(),
                                   window, adaptor.getGroups());
  if (failed(dims) ||
      failed(checkSameElement(site, "a weight", adaptor.getWeight(), adaptor.getInput())) ||
      (adaptor.getBias() &&
       failed(checkSameElement(site, "a bias", adaptor.getBias(), adaptor.getInput()))))
    return failure();
  types.push_back(RankedTensorType::get(*dims, elementOf(adaptor.getInput())));
  return success();
}

QNN_INFER(ConvTranspose2dOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput()), w = dimsOf(adaptor.getWeight());
  if (failed(checkRank(site, "an input", in, 4)) || failed(checkRank(site, "a weight", w, 4)) ||
      failed(checkSameElement(site, "a weight", adaptor.getWeight(), adaptor.getInput())))
    return failure();
  Window window{w.slice(1, 2), adaptor.getStrides(), adaptor.getPads(), adaptor.getDilations()};
  if (failed(checkWindow(site, window)))
    return failure();
  int64_t groups = adaptor.getGroups();
  if (groups <= 0)
    return site.fail("expects groups of at least 1, but got ", groups);
  if (!isDynamic(in[3]) && in[3] % groups != 0)
    return site.fail("expects groups to divide ", in[3], " input channels, but got ", groups);
  if (!dimsAgree(in[3], w[3]))
    return site.fail("expects a weight of ", in[3], " input channels, but got ", w[3]);
  ArrayRef<int64_t> extra = adaptor.getOutputPads();
  if (extra.size() != 2 || extra[0] < 0 || extra[1] < 0 || extra[0] > INT32_MAX ||
      extra[1] > INT32_MAX)
    return site.fail("expects two output pads of at least 0");
  int64_t channels = isDynamic(w[0]) ? w[0] : w[0] * groups;
  if (adaptor.getBias() && failed(checkVector(site, "a bias", adaptor.getBias(), channels)))
    return failure();
  Dims dims{in[0], ShapedType::kDynamic, ShapedType::kDynamic, channels};
  for (int i = 0; i < 2; ++i) {
    if (isDynamic(in[1 + i]) || isDynamic(w[1 + i]))
      continue;
    int64_t size, reach, rest = 1 + extra[i] - window.pads[i] - window.pads[i + 2];
    if (llvm::MulOverflow(in[1 + i] - 1, window.strides[i], size) ||
        llvm::MulOverflow(window.dilations[i], w[1 + i] - 1, reach) ||
        llvm::AddOverflow(size, reach, size) || llvm::AddOverflow(size, rest, size))
      return site.fail("has a result that is too large");
    if (size < 0)
      return site.fail("expects pads smaller than the result");
    dims[1 + i] = size;
  }
  types.push_back(RankedTensorType::get(dims, elementOf(adaptor.getInput())));
  return success();
}

QNN_INFER(LinearOp) {
  Site site{location, getOperationName()};
  FailureOr<Dims> dims =
      inferLinear(site, adaptor.getInput(), adaptor.getWeight(), adaptor.getBias());
  if (failed(dims) ||
      failed(checkSameElement(site, "a weight", adaptor.getWeight(), adaptor.getInput())) ||
      (adaptor.getBias() &&
       failed(checkSameElement(site, "a bias", adaptor.getBias(), adaptor.getInput()))))
    return failure();
  types.push_back(RankedTensorType::get(*dims, elementOf(adaptor.getInput())));
  return success();
}

QNN_INFER(MatmulOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> lhs = dimsOf(adaptor.getLhs()), rhs = dimsOf(adaptor.getRhs());
  if (failed(checkSameElement(site, "a right operand", adaptor.getRhs(), adaptor.getLhs())))
    return failure();
  if (lhs.empty() || rhs.empty())
    return site.fail("expects operands of rank 1 or more");
  int64_t inner = rhs.size() == 1 ? rhs[0] : rhs[rhs.size() - 2];
  if (!dimsAgree(lhs.back(), inner))
    return site.fail("expects equal contracted dimensions, but got ", toString(lhs), " and ",
                     toString(rhs));
  FailureOr<Dims> dims = broadcast(site, lhs.size() > 1 ? lhs.drop_back(2) : ArrayRef<int64_t>(),
                                   rhs.size() > 1 ? rhs.drop_back(2) : ArrayRef<int64_t>());
  if (failed(dims))
    return failure();
  if (lhs.size() > 1)
    dims->push_back(lhs[lhs.size() - 2]);
  if (rhs.size() > 1)
    dims->push_back(rhs.back());
  types.push_back(RankedTensorType::get(*dims, elementOf(adaptor.getLhs())));
  return success();
}

//===--- normalizations ---------------------------------------------------===//

namespace {

/// Epsilon keeps a division finite.
LogicalResult checkEpsilon(const Site &site, const APFloat &epsilon) {
  double value = epsilon.convertToDouble();
  if (!(value >= 0) || !std::isfinite(value))
    return site.fail("expects an epsilon of at least 0, but got ", value);
  return success();
}

} // namespace

QNN_INFER(BatchNormOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput());
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxis(site, axis, in.size())) || failed(checkEpsilon(site, adaptor.getEpsilon())))
    return failure();
  std::pair<StringRef, Value> parameters[] = {{"a scale", adaptor.getScale()},
                                              {"a bias", adaptor.getBias()},
                                              {"a mean", adaptor.getMean()},
                                              {"a variance", adaptor.getVariance()}};
  for (auto [what, value] : parameters)
    if (failed(checkVector(site, what, value, in[axis])) ||
        failed(checkSameElement(site, what, value, adaptor.getInput())))
      return failure();
  types.push_back(adaptor.getInput().getType());
  return success();
}

QNN_INFER(LayerNormOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput());
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxis(site, axis, in.size())) || failed(checkEpsilon(site, adaptor.getEpsilon())))
    return failure();
  std::pair<StringRef, Value> parameters[] = {{"a scale", adaptor.getScale()},
                                              {"a bias", adaptor.getBias()}};
  for (auto [what, value] : parameters) {
    if (!value)
      continue;
    ArrayRef<int64_t> dims = dimsOf(value), tail = in.drop_front(axis);
    bool fits = dims.size() == tail.size() && llvm::all_of(llvm::zip(dims, tail), [](auto pair) {
                  return dimsAgree(std::get<0>(pair), std::get<1>(pair));
                });
    if (!fits)
      return site.fail("expects ", what, " of shape ", toString(tail), ", but got ",
                       toString(dims));
    if (failed(checkSameElement(site, what, value, adaptor.getInput())))
      return failure();
  }
  types.push_back(adaptor.getInput().getType());
  return success();
}

QNN_INFER(RmsNormOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput());
  if (in.empty())
    return site.fail("expects an input of rank 1 or more, but got a scalar");
  if (failed(checkVector(site, "a scale", adaptor.getScale(), in.back())) ||
      failed(checkSameElement(site, "a scale", adaptor.getScale(), adaptor.getInput())) ||
      failed(checkEpsilon(site, adaptor.getEpsilon())))
    return failure();
  types.push_back(adaptor.getInput().getType());
  return success();
}

QNN_INFER(SoftmaxOp) {
  Site site{location, getOperationName()};
  if (failed(checkAxis(site, adaptor.getAxis(), dimsOf(adaptor.getInput()).size())))
    return failure();
  types.push_back(adaptor.getInput().getType());
  return success();
}

//===--- reductions and pooling -------------------------------------------===//

#define QNN_INFER_REDUCE(OP)                                                                       \
  QNN_INFER(OP) {                                                                                  \
    Site site{location, getOperationName()};                                                       \
    FailureOr<Dims> dims =                                                                         \
        inferReduce(site, dimsOf(adaptor.getInput()), adaptor.getAxes(), adaptor.getKeepDims());   \
    if (failed(dims))                                                                              \
      return failure();                                                                            \
    types.push_back(RankedTensorType::get(*dims, elementOf(adaptor.getInput())));                  \
    return success();                                                                              \
  }

QNN_INFER_REDUCE(ReduceMaxOp)
QNN_INFER_REDUCE(ReduceMeanOp)
QNN_INFER_REDUCE(ReduceMinOp)
QNN_INFER_REDUCE(ReduceProdOp)
QNN_INFER_REDUCE(ReduceSumOp)

QNN_INFER(ArgMaxOp) {
  Site site{location, getOperationName()};
  int64_t axis = adaptor.getAxis();
  FailureOr<Dims> dims =
      inferReduce(site, dimsOf(adaptor.getInput()), {axis}, adaptor.getKeepDims());
  if (failed(dims))
    return failure();
  if (dimsOf(adaptor.getInput())[axis] == 0)
    return site.fail("expects at least one element along axis ", axis);
  types.push_back(RankedTensorType::get(*dims, IntegerType::get(context, 64)));
  return success();
}

QNN_INFER(CumSumOp) {
  Site site{location, getOperationName()};
  Type element = elementOf(adaptor.getInput());
  if (failed(checkAxis(site, adaptor.getAxis(), dimsOf(adaptor.getInput()).size())))
    return failure();
  if (element.isInteger(1) || element.isInteger(4))
    return site.fail("expects numbers of at least 8 bits, but got ", element);
  types.push_back(adaptor.getInput().getType());
  return success();
}

#define QNN_INFER_POOL(OP)                                                                         \
  QNN_INFER(OP) {                                                                                  \
    Site site{location, getOperationName()};                                                       \
    ArrayRef<int64_t> in = dimsOf(adaptor.getInput());                                             \
    Window window{adaptor.getKernel(), adaptor.getStrides(), adaptor.getPads(),                    \
                  adaptor.getDilations()};                                                         \
    FailureOr<Dims> spatial = slideWindow(site, window, in);                                       \
    if (failed(spatial))                                                                           \
      return failure();                                                                            \
    types.push_back(RankedTensorType::get({in[0], (*spatial)[0], (*spatial)[1], in[3]},            \
                                          elementOf(adaptor.getInput())));                         \
    return success();                                                                              \
  }

QNN_INFER_POOL(MaxPool2dOp)
QNN_INFER_POOL(AvgPool2dOp)
