// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// If: a branch taken at import where the condition is constant, else qnn.if.

#include "GraphImporter.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;

namespace bitwright::onnximport {

namespace {

void setResults(Node &n, ArrayRef<ImportedValue> outputs) {
  if (!n.expect(outputs.size() == n.getNumOutputs(), "a branch gives " + Twine(outputs.size()) +
                                                         " values, but the node has " +
                                                         Twine(n.getNumOutputs()) + " outputs"))
    return;
  for (auto [index, output] : llvm::enumerate(outputs))
    n.setResult(index, output);
}

/// The most static type that both branches give.
RankedTensorType join(RankedTensorType lhs, RankedTensorType rhs) {
  SmallVector<int64_t> shape;
  for (auto [left, right] : llvm::zip(lhs.getShape(), rhs.getShape()))
    shape.push_back(left == right ? left : ShapedType::kDynamic);
  return RankedTensorType::get(shape, lhs.getElementType());
}

class Branches {
public:
  explicit Branches(Node &n) : n(n) {}
  void build(Value condition);

private:
  bool importBranch(StringRef name, Region &region, SmallVectorImpl<ImportedValue> &outputs);
  SmallVector<Type> joinTypes();
  void yield(Region &region, ArrayRef<ImportedValue> outputs);

  Node &n;
  SmallVector<ImportedValue> thenOutputs, elseOutputs;
};

bool Branches::importBranch(StringRef name, Region &region,
                            SmallVectorImpl<ImportedValue> &outputs) {
  const onnx::GraphProto *graph = n.getSubgraph(name);
  if (!graph)
    return false;
  OpBuilder &builder = n.getBuilder();
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&region);
  if (failed(n.getGraph().importBody(*graph, outputs))) {
    n.markFailed();
    return false;
  }
  return n.expect(outputs.size() == n.getNumOutputs(),
                  "attribute '" + name + "' gives " + Twine(outputs.size()) +
                      " values, but the node has " + Twine(n.getNumOutputs()) + " outputs");
}

SmallVector<Type> Branches::joinTypes() {
  SmallVector<Type> types;
  for (auto [index, pair] : llvm::enumerate(llvm::zip(thenOutputs, elseOutputs))) {
    auto &[left, right] = pair;
    if (!n.expect(left.elementType == right.elementType,
                  "the branches give output " + Twine(index) + " different element types") ||
        !n.expect(left.getType().getRank() == right.getType().getRank(),
                  "an If whose condition is not constant is supported where both branches give "
                  "each output one rank, but output " +
                      Twine(index) + " has rank " + Twine(left.getType().getRank()) +
                      " in then_branch and " + Twine(right.getType().getRank()) +
                      " in else_branch"))
      return {};
    types.push_back(join(left.getType(), right.getType()));
  }
  return types;
}

void Branches::yield(Region &region, ArrayRef<ImportedValue> outputs) {
  OpBuilder &builder = n.getBuilder();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&region.front());
  SmallVector<Value> values;
  for (const ImportedValue &output : outputs)
    values.push_back(n.materialize(output));
  if (!n.failed())
    qnn::YieldOp::create(builder, n.getLoc(), values);
}

void Branches::build(Value condition) {
  if (n.failed())
    return;
  OperationState state(n.getLoc(), qnn::IfOp::getOperationName());
  state.addOperands(condition);
  Region *thenRegion = state.addRegion(), *elseRegion = state.addRegion();
  if (!importBranch("then_branch", *thenRegion, thenOutputs) ||
      !importBranch("else_branch", *elseRegion, elseOutputs))
    return;
  state.addTypes(joinTypes());
  yield(*thenRegion, thenOutputs);
  yield(*elseRegion, elseOutputs);
  if (n.failed())
    return;
  Operation *op = n.getBuilder().create(state);
  for (auto [index, output] : llvm::enumerate(thenOutputs))
    n.setResult(index, op->getResult(index), output.elementType);
}

void buildIf(Node &n) {
  ConstantPtr condition = n.getConstant(0);
  n.expect(n.getElementType(0) == Bool, "expects a condition of bool");
  if (n.failed())
    return;
  if (!condition) {
    Value value = n.getInput(0);
    return Branches(n).build(value);
  }
  auto values = readIntegers(*condition);
  if (!n.expect(values && values->size() == 1, "expects a condition of one element"))
    return;
  const onnx::GraphProto *thenGraph = n.getSubgraph("then_branch");
  const onnx::GraphProto *elseGraph = n.getSubgraph("else_branch");
  if (n.failed())
    return;
  SmallVector<ImportedValue> outputs;
  if (failed(n.getGraph().importBody(values->front() ? *thenGraph : *elseGraph, outputs)))
    return n.markFailed();
  setResults(n, outputs);
}

} // namespace

ArrayRef<OpEntry> getControlOps() {
  static const OpEntry entries[] = {
      {"If", 1, 1, buildIf},
  };
  return entries;
}

} // namespace bitwright::onnximport
