// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Constant folding, folding of shape arithmetic and shape inference in one
/// walk from top to bottom: each needs what the others found out above.

#include "FoldBudget.h"
#include "passes/Common/Utils.h"
#include "passes/Simplify/DequantizedConstants.h"
#include "passes/Simplify/Passes.h"
#include "passes/Simplify/ShapeValues.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNDialect.h"

#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace bitwright {
#define GEN_PASS_DEF_FOLDCONSTANTSPASS
#include "passes/Simplify/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

namespace {

/// The walk over one function.
class ConstantFolder {
public:
  ConstantFolder(func::FuncOp func, int64_t maxBytes)
      : func(func), budget(func, maxBytes), builder(func.getContext()) {}

  LogicalResult run();
  int64_t countFolded() const { return int64_t(dead.size()); }

private:
  LogicalResult visitBlock(Block &block);
  LogicalResult visit(Operation *op);
  LogicalResult visitIf(qnn::IfOp op);
  LogicalResult refineTypes(Operation *op);
  bool foldShapeArithmetic(Operation *op);
  bool foldDequantized(Operation *op);
  bool foldByEvaluation(Operation *op);
  bool replaceByUnitDims(Operation *op);
  void makeShapeOperandConstant(Operation *op);
  void replace(Operation *op, ValueRange values);
  void updateSignature();

  func::FuncOp func;
  FoldBudget budget;
  OpBuilder builder;
  ShapeValues shapes;
  SmallVector<Operation *> dead; // erased at the end: `shapes` remembers values
};

LogicalResult ConstantFolder::run() {
  if (func.isExternal())
    return success();
  for (Block &block : func.getBody())
    if (failed(visitBlock(block)))
      return failure();
  updateSignature();
  for (Operation *op : llvm::reverse(dead))
    op->erase();
  eraseUnused(func);
  return success();
}

LogicalResult ConstantFolder::visitBlock(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(block))
    if (failed(visit(&op)))
      return failure();
  return success();
}

void ConstantFolder::replace(Operation *op, ValueRange values) {
  for (auto [from, to] : llvm::zip_equal(op->getResults(), values))
    from.replaceAllUsesWith(to);
  dead.push_back(op);
}

LogicalResult ConstantFolder::visit(Operation *op) {
  if (auto ifOp = dyn_cast<qnn::IfOp>(op))
    return visitIf(ifOp);
  if (op->getNumRegions() > 0 || isa<qnn::ConstantOp>(op) ||
      op->hasTrait<OpTrait::IsTerminator>() || !isa_and_present<qnn::QNNDialect>(op->getDialect()))
    return success();
  if (failed(refineTypes(op)))
    return failure();
  if (foldShapeArithmetic(op) || foldDequantized(op) || foldByEvaluation(op))
    return success();
  if (!replaceByUnitDims(op))
    makeShapeOperandConstant(op);
  return success();
}

/// Takes the region of a constant condition in place of the op; else visits both.
LogicalResult ConstantFolder::visitIf(qnn::IfOp op) {
  if (auto condition = getSplatInteger(op.getCondition())) {
    Block &block = *condition != 0 ? op.getThenRegion().front() : op.getElseRegion().front();
    if (failed(visitBlock(block)))
      return failure();
    Operation *yield = block.getTerminator();
    SmallVector<Value> values(yield->getOperands());
    yield->erase();
    op->getBlock()->getOperations().splice(op->getIterator(), block.getOperations());
    for (auto [from, to] : llvm::zip_equal(op.getResults(), values))
      from.replaceAllUsesWith(to);
    dead.push_back(op);
    return success();
  }
  for (Region *region : {&op.getThenRegion(), &op.getElseRegion()})
    if (failed(visitBlock(region->front())))
      return failure();
  for (auto [result, a, b] :
       llvm::zip_equal(op.getResults(), op.getThenRegion().front().getTerminator()->getOperands(),
                       op.getElseRegion().front().getTerminator()->getOperands())) {
    RankedTensorType then = getTensorType(a), otherwise = getTensorType(b);
    if (then == otherwise)
      result.setType(then);
  }
  return success();
}

/// The most static of two shapes; nullopt where they contradict.
std::optional<SmallVector<int64_t>> mergeShapes(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  if (a.size() != b.size())
    return std::nullopt;
  SmallVector<int64_t> merged(a);
  for (auto [size, other] : llvm::zip_equal(merged, b)) {
    if (ShapedType::isDynamic(size))
      size = other;
    else if (!ShapedType::isDynamic(other) && size != other)
      return std::nullopt;
  }
  return merged;
}

LogicalResult ConstantFolder::refineTypes(Operation *op) {
  SmallVector<Type> inferred(op->getResultTypes());
  if (auto interface = dyn_cast<InferTypeOpInterface>(op)) {
    inferred.clear();
    if (failed(interface.inferReturnTypes(op->getContext(), op->getLoc(), op->getOperands(),
                                          op->getRawDictionaryAttrs(), op->getPropertiesStorage(),
                                          op->getRegions(), inferred)))
      return op->emitOpError("has operands whose shapes do not fit");
  }
  for (auto [result, type] : llvm::zip_equal(op->getResults(), inferred)) {
    RankedTensorType declared = getTensorType(result);
    auto known = dyn_cast<RankedTensorType>(type);
    if (!known)
      continue;
    auto shape = mergeShapes(declared.getShape(), known.getShape());
    if (shape) { // symbols see through more than the types of the operands do
      result.setType(declared.clone(*shape));
      SmallVector<int64_t> bySymbols;
      for (const ShapeValue &dim : shapes.getDims(result))
        bySymbols.push_back(dim.isConstant() && dim.value >= 0 ? dim.value : ShapedType::kDynamic);
      shape = mergeShapes(*shape, bySymbols);
    }
    if (!shape)
      return op->emitOpError() << "declares the result " << declared << ", but its operands give "
                               << known;
    result.setType(declared.clone(*shape));
  }
  return success();
}

/// Replaces an integer vector all of whose elements are known.
bool ConstantFolder::foldShapeArithmetic(Operation *op) {
  if (op->getNumResults() != 1 || !isMemoryEffectFree(op))
    return false;
  auto elements = shapes.getElements(op->getResult(0));
  if (!elements || elements->empty() ||
      !llvm::all_of(*elements, [](const ShapeValue &v) { return v.isConstant(); }))
    return false;
  SmallVector<int64_t> values;
  for (const ShapeValue &element : *elements)
    values.push_back(element.value);
  RankedTensorType type = getTensorType(op->getResult(0));
  builder.setInsertionPoint(op);
  replace(op,
          createIntegers(builder, op->getLoc(), type.getElementType(), type.getShape(), values));
  return true;
}

/// Weights that are computed from dequantized ones: moves keep them stored, what else there is
/// reads float constants from here on.
bool ConstantFolder::foldDequantized(Operation *op) {
  if (!isMemoryEffectFree(op) || isa<qnn::ContractionInterface>(op) ||
      !readsDequantizedConstants(op) || !budget.affordsOnStored(op))
    return false;
  if (Value moved = moveStoredConstant(op, builder)) {
    replace(op, moved);
    return true;
  }
  dequantizeOperands(op, builder);
  return false;
}

/// A dequantize in front of anything else is what fusion looks for.
bool ConstantFolder::foldByEvaluation(Operation *op) {
  auto dequantize = dyn_cast<qnn::DequantizeOp>(op);
  if (op->getNumOperands() == 0 || op->getNumResults() == 0 || !isMemoryEffectFree(op) ||
      (dequantize && !foldsExactly(dequantize)))
    return false;
  if (!llvm::all_of(op->getOperands(), isConstantValue))
    return false;
  if (!budget.affords(op))
    return false;
  budget.pay(op);
  auto attributes = evaluateOnConstants(op);
  if (!attributes) { // a run-time error stays one: the op is left where it is
    llvm::consumeError(attributes.takeError());
    return false;
  }
  budget.record(op, *attributes);
  builder.setInsertionPoint(op);
  SmallVector<Value> values;
  for (TypedAttr attribute : *attributes)
    values.push_back(qnn::ConstantOp::create(builder, op->getLoc(), attribute));
  replace(op, values);
  return true;
}

/// `narrow` is `wide` without some dimensions of size one: which; nullopt otherwise.
std::optional<SmallVector<int64_t>> findUnitAxes(const ShapeVector &wide,
                                                 const ShapeVector &narrow) {
  SmallVector<int64_t> axes;
  const auto *next = narrow.begin();
  for (auto [i, dim] : llvm::enumerate(wide)) {
    if (next != narrow.end() && dim.equals(*next))
      ++next;
    else if (dim.isConstant(1))
      axes.push_back(i);
    else
      return std::nullopt;
  }
  if (next != narrow.end() || axes.empty())
    return std::nullopt;
  return axes;
}

/// A reshape that only drops or inserts dimensions of size one says so.
bool ConstantFolder::replaceByUnitDims(Operation *op) {
  if (!isa<qnn::ReshapeOp, qnn::FlattenOp>(op))
    return false;
  Value input = op->getOperand(0), result = op->getResult(0), replacement;
  ShapeVector from = shapes.getDims(input), to = shapes.getDims(result);
  builder.setInsertionPoint(op);
  if (auto axes = findUnitAxes(from, to))
    replacement = qnn::SqueezeOp::create(builder, op->getLoc(), result.getType(), input,
                                         builder.getDenseI64ArrayAttr(*axes));
  else if (auto axes = findUnitAxes(to, from))
    replacement = qnn::UnsqueezeOp::create(builder, op->getLoc(), result.getType(), input,
                                           builder.getDenseI64ArrayAttr(*axes));
  else
    return false;
  replace(op, replacement);
  return true;
}

/// Gives reshape a constant shape where the input's dimensions (as 0) and one
/// -1 can say it, and expand one that says nothing new as 1.
void ConstantFolder::makeShapeOperandConstant(Operation *op) {
  if (!isa<qnn::ReshapeOp, qnn::ExpandOp>(op) || isConstantValue(op->getOperand(1)))
    return;
  auto elements = shapes.getElements(op->getOperand(1));
  if (!elements)
    return;
  ShapeVector input = shapes.getDims(op->getOperand(0));
  auto reshape = dyn_cast<qnn::ReshapeOp>(op);
  int64_t ahead = int64_t(elements->size()) - int64_t(input.size());
  SmallVector<int64_t> sizes;
  int unknown = 0;
  for (auto [i, element] : llvm::enumerate(*elements)) {
    int64_t place = reshape ? i : int64_t(i) - ahead;
    bool same = place >= 0 && place < int64_t(input.size()) && element.equals(input[place]);
    if (element.isConstant()) {
      if (reshape && (element.value == -1 || (element.value == 0 && reshape.getAllowZero())))
        return;
      sizes.push_back(element.value);
    } else if (reshape) {
      sizes.push_back(same ? 0 : -1);
      unknown += !same;
    } else if (same) {
      sizes.push_back(1);
    } else {
      return;
    }
  }
  if (unknown > 1 || (reshape && reshape.getAllowZero()))
    return;
  builder.setInsertionPoint(op);
  op->setOperand(1, createIntegers(builder, op->getLoc(), builder.getI64Type(),
                                   {int64_t(sizes.size())}, sizes));
}

/// The results of the function take the types of what it returns; a dimension
/// that became static loses its name.
void ConstantFolder::updateSignature() {
  Operation *terminator = func.getBody().back().getTerminator();
  func.setFunctionType(
      FunctionType::get(func.getContext(), func.getArgumentTypes(), terminator->getOperandTypes()));
  for (auto [i, type] : llvm::enumerate(func.getResultTypes())) {
    auto names = func.getResultAttrOfType<ArrayAttr>(i, "qnn.dim_names");
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!names || !tensor || names.size() != size_t(tensor.getRank()))
      continue;
    SmallVector<Attribute> updated(names.begin(), names.end());
    for (auto [name, size] : llvm::zip_equal(updated, tensor.getShape()))
      if (!ShapedType::isDynamic(size))
        name = builder.getStringAttr("");
    func.setResultAttr(i, "qnn.dim_names", builder.getArrayAttr(updated));
  }
}

struct FoldConstantsPass final : bitwright::impl::FoldConstantsPassBase<FoldConstantsPass> {
  using FoldConstantsPassBase::FoldConstantsPassBase;

  void runOnOperation() override {
    ConstantFolder folder(getOperation(), maxBytes);
    if (failed(folder.run()))
      return signalPassFailure();
    numFolded += folder.countFolded();
  }
};

} // namespace
