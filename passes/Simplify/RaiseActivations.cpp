// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Activations that exporters write as sums and products become one op again.

#include "passes/Common/Utils.h"
#include "passes/Simplify/Passes.h"
#include "passes/Simplify/Product.h"

#include "dialects/QNN/QNNOps.h"

#include <cmath>

namespace bitwright {
#define GEN_PASS_DEF_RAISEACTIVATIONSPASS
#include "passes/Simplify/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

namespace {

/// value = x + c: x and c.
struct Shifted {
  Value input;
  double constant;
};
std::optional<Shifted> matchShifted(Value value) {
  auto add = value.getDefiningOp<qnn::AddOp>();
  if (!add)
    return std::nullopt;
  if (auto constant = getSplatFloat(add.getRhs()))
    return Shifted{add.getLhs(), *constant};
  if (auto constant = getSplatFloat(add.getLhs()))
    return Shifted{add.getRhs(), *constant};
  return std::nullopt;
}

/// clip(x + 3, 0, 6): x.
Value matchClipOfShift(Value value) {
  auto clip = value.getDefiningOp<qnn::ClipOp>();
  if (!clip || clip.getMin().convertToDouble() != 0.0 || clip.getMax().convertToDouble() != 6.0)
    return nullptr;
  auto shifted = matchShifted(clip.getInput());
  return shifted && shifted->constant == 3.0 ? shifted->input : nullptr;
}

/// hard_sigmoid with the slope that hard_swish has: x.
Value matchSixthSigmoid(Value value) {
  auto sigmoid = value.getDefiningOp<qnn::HardSigmoidOp>();
  if (!sigmoid || !isNear(sigmoid.getAlpha().convertToDouble(), 1.0 / 6) ||
      sigmoid.getBeta().convertToDouble() != 0.5)
    return nullptr;
  return sigmoid.getInput();
}

/// 1 + f(...) where f is OpTy: the operand of f.
template <typename OpTy> Value matchOnePlus(Value value) {
  auto shifted = matchShifted(value);
  if (!shifted || shifted->constant != 1.0)
    return nullptr;
  auto inner = shifted->input.getDefiningOp<OpTy>();
  return inner ? inner.getInput() : nullptr;
}

/// x * x * x in whatever way it is written.
bool isCube(ArrayRef<Value> factors, Value x) {
  if (factors.size() == 1)
    if (auto pow = factors[0].getDefiningOp<qnn::PowOp>())
      return pow.getLhs() == x && isSplatNear(pow.getRhs(), 3.0);
  return factors.size() == 3 && llvm::all_of(factors, [&](Value v) { return v == x; });
}

/// sqrt(2 / pi) * (x + 0.044715 x^3).
bool isTanhArgument(Value value, Value x) {
  constexpr double sqrtTwoOverPi = 0.7978845608028654, cubeFactor = 0.044715;
  Product product = flattenProduct(value);
  if (!isNear(product.constant, sqrtTwoOverPi) || product.factors.size() != 1)
    return false;
  auto add = product.factors[0].getDefiningOp<qnn::AddOp>();
  return add && matchEither(add.getLhs(), add.getRhs(), [&](Value a, Value b) {
           Product cube = flattenProduct(b);
           return a == x && isNear(cube.constant, cubeFactor) && isCube(cube.factors, x);
         });
}

/// x / sqrt(2).
bool isErfArgument(Value value, Value x) {
  Product product = flattenProduct(value);
  return isNear(product.constant, std::sqrt(0.5)) && product.factors.size() == 1 &&
         product.factors[0] == x;
}

/// The ops that root's tree is made of, for the location of what replaces it.
Location getTreeLocation(Operation *root, Value input) {
  llvm::SmallSetVector<Operation *, 8> ops;
  ops.insert(root);
  for (size_t i = 0; i < ops.size() && ops.size() < 16; ++i)
    for (Value operand : ops[i]->getOperands())
      if (operand != input && operand.getDefiningOp() && !isConstantValue(operand))
        ops.insert(operand.getDefiningOp());
  return fuseLocations(SmallVector<Operation *>(llvm::reverse(ops)));
}

/// A product of two factors and a constant.
template <typename OpTy> struct RaiseProduct final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    Product product = flattenProduct(op.getResult());
    if (product.factors.size() == 1 && raiseHardSigmoid(op, product, rewriter))
      return success();
    if (product.factors.size() != 2)
      return rewriter.notifyMatchFailure(op, "not a product of two");
    for (int i : {0, 1})
      if (raise(op, product.constant, product.factors[i], product.factors[1 - i], rewriter))
        return success();
    return rewriter.notifyMatchFailure(op, "no known activation");
  }

  /// x * gate * constant.
  static bool raise(OpTy op, double constant, Value x, Value gate, PatternRewriter &rewriter) {
    Type type = op.getType();
    if (x.getType() != type)
      return false;
    auto sigmoid = gate.getDefiningOp<qnn::SigmoidOp>();
    Location loc = getTreeLocation(op, x);
    Value result;
    if (sigmoid && sigmoid.getInput() == x && constant == 1.0) {
      result = qnn::SiluOp::create(rewriter, loc, type, x);
    } else if ((matchClipOfShift(gate) == x && isNear(constant, 1.0 / 6)) ||
               (matchSixthSigmoid(gate) == x && constant == 1.0)) {
      result = qnn::HardSwishOp::create(rewriter, loc, type, x);
    } else if (isNear(constant, 0.5)) {
      Value erf = matchOnePlus<qnn::ErfOp>(gate), tanh = matchOnePlus<qnn::TanhOp>(gate);
      if (erf && isErfArgument(erf, x))
        result = qnn::GeluOp::create(rewriter, loc, type, x, UnitAttr());
      else if (tanh && isTanhArgument(tanh, x))
        result = qnn::GeluOp::create(rewriter, loc, type, x, rewriter.getUnitAttr());
    }
    if (!result)
      return false;
    rewriter.replaceOp(op, result);
    return true;
  }

  /// clip(x + 3, 0, 6) / 6, unless it is the gate of a hard_swish.
  static bool raiseHardSigmoid(OpTy op, const Product &product, PatternRewriter &rewriter) {
    Value x = matchClipOfShift(product.factors[0]);
    if (!x || !isNear(product.constant, 1.0 / 6) || x.getType() != op.getType())
      return false;
    rewriter.replaceOp(op, qnn::HardSigmoidOp::create(
                               rewriter, getTreeLocation(op, x), op.getType(), x,
                               rewriter.getF64FloatAttr(1.0 / 6), rewriter.getF64FloatAttr(0.5)));
    return true;
  }
};

struct RaiseActivationsPass final
    : bitwright::impl::RaiseActivationsPassBase<RaiseActivationsPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RaiseProduct<qnn::MulOp>, RaiseProduct<qnn::DivOp>>(&getContext());
    FailureOr<int64_t> replaced = applyPatterns(getOperation(), std::move(patterns));
    if (failed(replaced))
      return signalPassFailure();
    numRaised += *replaced;
  }
};

} // namespace
