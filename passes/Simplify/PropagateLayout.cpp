// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Chooses which layout-agnostic ops run on permuted tensors, by a minimum cut:
/// the source side of the graph runs permuted, the sink side as written, and an
/// edge that is cut is a transpose that remains. docs/rationale/layout.md.

#include "passes/Simplify/MinCut.h"
#include "passes/Simplify/Passes.h"
#include "passes/Simplify/Patterns.h"

#include "dialects/QNN/QNNOps.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace bitwright {
#define GEN_PASS_DEF_PROPAGATELAYOUTPASS
#include "passes/Simplify/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

using qnn::LayoutRole;

/// The constant as it must be for a permuted partner of rank perm.size().
static Value permuteConstant(OpBuilder &builder, Value constant, ArrayRef<int64_t> perm) {
  RankedTensorType type = getTensorType(constant);
  int64_t rank = perm.size();
  if (type.hasStaticShape() && type.getNumElements() == 1 && type.getRank() <= rank)
    return constant;
  if (type.getRank() < rank) {
    SmallVector<int64_t> shape(rank - type.getRank(), 1), axes;
    for (int64_t i = 0; i < rank - type.getRank(); ++i)
      axes.push_back(i);
    shape.append(type.getShape().begin(), type.getShape().end());
    type = RankedTensorType::get(shape, type.getElementType());
    constant = qnn::UnsqueezeOp::create(builder, constant.getLoc(), type, constant,
                                        builder.getDenseI64ArrayAttr(axes));
  }
  return qnn::TransposeOp::create(builder, constant.getLoc(), permuteType(type, perm), constant,
                                  builder.getDenseI64ArrayAttr(perm));
}

namespace {

using Permutation = SmallVector<int64_t>;

bool hasPerm(Operation *op, ArrayRef<int64_t> perm) {
  auto transpose = dyn_cast_or_null<qnn::TransposeOp>(op);
  return transpose && transpose.getPerm() == perm;
}

/// One try with one permutation.
class LayoutChoice {
public:
  LayoutChoice(func::FuncOp func, ArrayRef<int64_t> perm)
      : func(func), perm(perm), inverse(invertPermutation(perm)) {}

  /// Moves ops to the permuted layout where that leaves fewer or smaller
  /// transposes; true where it did.
  bool run();

private:
  void collectNodes();
  void addValue(Value value);
  int getNode(Operation *op) const;
  bool followsContraction(Value value) const;
  int64_t getWeight(Value value) const;
  void apply(const llvm::SetVector<Operation *> &permuted);
  Value getPermuted(OpBuilder &builder, Value value);

  func::FuncOp func;
  ArrayRef<int64_t> perm;
  SmallVector<int64_t> inverse;
  MinCut graph;
  llvm::MapVector<Operation *, int> nodes;
  int64_t cost = 0; // of leaving everything as it is
};

int LayoutChoice::getNode(Operation *op) const {
  auto found = nodes.find(op);
  return found == nodes.end() ? MinCut::sink : found->second;
}

/// True where the tensor, in either layout, is the result of a contraction: an
/// op between the contraction and the transpose can be its epilogue.
bool LayoutChoice::followsContraction(Value value) const {
  Operation *producer = value.getDefiningOp();
  if (hasPerm(producer, inverse))
    producer = producer->getOperand(0).getDefiningOp();
  return isa_and_nonnull<qnn::ContractionInterface>(producer);
}

/// Counts first, elements second, epilogues third; a transpose that moves no
/// elements is nearly free.
int64_t LayoutChoice::getWeight(Value value) const {
  constexpr int64_t one = int64_t(1) << 32;
  RankedTensorType type = getTensorType(value);
  int64_t last = -1;
  bool moves = false;
  for (int64_t from : perm) {
    if (type.getDimSize(from) == 1)
      continue;
    moves |= from < last;
    last = from;
  }
  int64_t elements = std::min(estimateElements(type), one / 2 - 1);
  return moves ? one + 2 * elements + followsContraction(value) : 1;
}

void LayoutChoice::collectNodes() {
  func.walk([&](Operation *op) {
    if (qnn::getLayoutRole(op, perm) == LayoutRole::Flexible)
      nodes[op] = graph.addNode();
  });
}

/// The producer of a value and its users want it as written or permuted; where
/// they differ, one transpose (whatever the number of users) remains.
void LayoutChoice::addValue(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || type.getRank() != int64_t(perm.size()) || isConstantValue(value))
    return;
  Operation *producer = value.getDefiningOp();
  int from = hasPerm(producer, inverse) ? MinCut::source : getNode(producer);
  SmallVector<int> users;
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    bool moves = llvm::is_contained(qnn::getLayoutOperands(user), &use);
    if (hasPerm(user, perm))
      users.push_back(MinCut::source);
    else if (isa<qnn::TransposeOp>(user) ||
             (moves && qnn::getLayoutRole(user, perm) == LayoutRole::Sink))
      continue; // takes either
    else
      users.push_back(moves ? getNode(user) : MinCut::sink);
  }
  int64_t weight = getWeight(value);
  graph.addNet(from, users, weight);
  bool isPermuted = from == MinCut::source;
  if (llvm::any_of(users, [&](int user) { return (user == MinCut::source) != isPermuted; }))
    cost += weight;
}

bool LayoutChoice::run() {
  collectNodes();
  if (nodes.empty())
    return false;
  for (Block &block : func.getBody())
    for (BlockArgument argument : block.getArguments())
      addValue(argument);
  func.walk([&](Operation *op) {
    for (Value result : op->getResults())
      addValue(result);
  });
  if (graph.solve() >= cost)
    return false;
  llvm::SetVector<Operation *> permuted;
  for (auto [op, node] : nodes)
    if (graph.isOnSourceSide(node))
      permuted.insert(op);
  apply(permuted);
  return true;
}

Value LayoutChoice::getPermuted(OpBuilder &builder, Value value) {
  if (hasPerm(value.getDefiningOp(), inverse))
    return value.getDefiningOp()->getOperand(0);
  RankedTensorType type = getTensorType(value);
  if (isConstantValue(value) || (type.hasStaticShape() && type.getNumElements() == 1))
    return permuteConstant(builder, value, perm);
  for (Operation *user : value.getUsers()) // one transpose serves all users
    if (hasPerm(user, perm) && user->getBlock() == builder.getInsertionBlock() &&
        user->isBeforeInBlock(&*builder.getInsertionPoint()))
      return user->getResult(0);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(value);
  return qnn::TransposeOp::create(builder, value.getLoc(), permuteType(type, perm), value,
                                  builder.getDenseI64ArrayAttr(perm));
}

/// Replaces each permuted op by one on permuted operands and a transpose back,
/// which the users that also changed look through.
void LayoutChoice::apply(const llvm::SetVector<Operation *> &permuted) {
  SmallVector<Operation *> order;
  func.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (permuted.contains(op) || qnn::getLayoutRole(op, perm) == LayoutRole::Sink)
      order.push_back(op);
  });
  for (Operation *op : order) {
    bool isSink = !permuted.contains(op);
    if (isSink && !hasPerm(op->getOperand(0).getDefiningOp(), inverse))
      continue;
    OpBuilder builder(op);
    SmallVector<Value> operands(op->getOperands());
    for (OpOperand *operand : qnn::getLayoutOperands(op))
      operands[operand->getOperandNumber()] = getPermuted(builder, operand->get());
    Value result = cast<qnn::LayoutInterface>(op).createInLayout(builder, operands, perm);
    if (!isSink)
      result = qnn::TransposeOp::create(builder, op->getLoc(), op->getResult(0).getType(), result,
                                        builder.getDenseI64ArrayAttr(inverse));
    op->getResult(0).replaceAllUsesWith(result);
    op->erase();
  }
}

struct PropagateLayoutPass final : bitwright::impl::PropagateLayoutPassBase<PropagateLayoutPass> {
  void runOnOperation() override {
    int64_t before = countTransposes();
    if (failed(cleanUp(/*final=*/false)))
      return signalPassFailure();
    // Each accepted choice lowers the cost, so this ends; the bound is for the time it takes.
    constexpr int maxRounds = 8;
    bool changed = true;
    for (int round = 0; round < maxRounds && changed; ++round) {
      changed = false;
      for (const Permutation &perm : collectPermutations()) {
        if (!LayoutChoice(getOperation(), perm).run())
          continue;
        changed = true;
        if (failed(cleanUp(/*final=*/false)))
          return signalPassFailure();
      }
    }
    if (failed(cleanUp(/*final=*/true)))
      return signalPassFailure();
    numRemoved += before - countTransposes();
  }

  int64_t countTransposes() {
    int64_t count = 0;
    getOperation().walk([&](qnn::TransposeOp) { ++count; });
    return count;
  }

  /// Those that occur and their inverses.
  llvm::SetVector<Permutation> collectPermutations() {
    llvm::SetVector<Permutation> perms;
    getOperation().walk([&](qnn::TransposeOp op) {
      perms.insert(Permutation(op.getPerm()));
      perms.insert(invertPermutation(op.getPerm()));
    });
    return perms;
  }

  LogicalResult cleanUp(bool final) {
    RewritePatternSet patterns(&getContext());
    populateTransposePatterns(patterns);
    if (final)
      populateTransposeToReshapePatterns(patterns);
    else
      populateUnitTransposePatterns(patterns);
    populateShapePatterns(patterns);
    return applyPatterns(getOperation(), std::move(patterns));
  }
};

} // namespace
