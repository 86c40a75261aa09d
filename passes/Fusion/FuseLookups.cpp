// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Any function of one quantized tensor is a table of 256 entries, computed
/// here by the reference interpreter and therefore exact.

#include "passes/Fusion/QDQ.h"

#include "bitwright/Numerics/Quantize.h"
#include "bitwright/Reference/Interpreter.h"
#include "dialects/QNN/Constants.h"
#include "passes/Common/Utils.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace bitwright;

namespace {

constexpr int64_t entries = 256;
constexpr size_t maxOps = 32;

/// The ops between one dequantized tensor (and scalar constants) and a value,
/// operands first; nothing else uses what they compute.
class ScalarFunction {
public:
  static std::optional<ScalarFunction> find(Value value) {
    ScalarFunction function;
    function.result = value;
    if (!function.collect(value, value) || function.ops.empty() || !function.source)
      return std::nullopt;
    for (Operation *op : function.ops)
      for (Operation *user : op->getUsers())
        if (op->getResult(0) != value && !function.ops.contains(user))
          return std::nullopt;
    return function;
  }

  /// f(x) for 256 values of x; nullopt where the interpreter cannot.
  std::optional<SmallVector<float>> evaluate(ArrayRef<float> inputs) const;

  QuantizedValue getSource() const { return *source; }
  ArrayRef<Operation *> getOps() const { return ops.getArrayRef(); }

private:
  bool collect(Value value, Value root);

  Value result;
  std::optional<QuantizedValue> source;
  llvm::SetVector<Operation *> ops;
};

bool ScalarFunction::collect(Value value, Value root) {
  if (isScalarConstant(value))
    return true;
  if (getTensorType(value).getShape() != getTensorType(root).getShape())
    return false; // something is broadcast
  if (auto quantized = getQuantized(value)) {
    if (source && (source->data != quantized->data || source->params != quantized->params))
      return false;
    source = quantized;
    return true;
  }
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<qnn::ElementwiseInterface>(op) || ops.size() >= maxOps)
    return false;
  for (Value operand : op->getOperands())
    if (!collect(operand, root))
      return false;
  ops.insert(op);
  return true;
}

std::optional<SmallVector<float>> ScalarFunction::evaluate(ArrayRef<float> inputs) const {
  llvm::DenseMap<Value, Tensor> values;
  OpBuilder builder(result.getContext()); // without a place: what it creates is not in the IR
  Tensor input = makeTensor<float>(builder.getF32Type(), {entries}, inputs);
  for (Operation *op : ops) {
    SmallVector<Tensor> operands;
    for (Value operand : op->getOperands()) {
      if (auto found = values.find(operand); found != values.end()) {
        operands.push_back(found->second);
      } else if (auto data = getConstant(operand)) {
        Tensor constant = makeTensor(data->type.getElementType(), {});
        constant.data.assign(data->bytes.begin(), data->bytes.end());
        operands.push_back(std::move(constant));
      } else {
        operands.push_back(input);
      }
    }
    Block block; // stands for whatever gives the operands
    for (Tensor &operand : operands)
      block.addArgument(operand.type(), op->getLoc());
    Operation *copy = cloneWith(builder, op, block.getArguments(),
                                getTensorType(op->getResult(0)).clone({entries}));
    auto results = bitwright::evaluate(copy, operands);
    copy->destroy();
    if (!results) {
      llvm::consumeError(results.takeError());
      return std::nullopt;
    }
    values[op->getResult(0)] = std::move(results->front());
  }
  const Tensor &last = values[result];
  if (!last.elementType.isF32() || last.numElements() != entries)
    return std::nullopt;
  return SmallVector<float>(last.as<float>());
}

struct FuseLookup final : OpRewritePattern<qnn::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(qnn::QuantizeOp op, PatternRewriter &rewriter) const override {
    auto output = getTensorParams(op);
    auto function = ScalarFunction::find(op.getInput());
    if (!output || !function || !op.getInput().hasOneUse())
      return rewriter.notifyMatchFailure(op, "no function of one quantized tensor");
    QuantizedValue source = function->getSource();
    SmallVector<float> inputs;
    for (int64_t i = 0; i < entries; ++i)
      inputs.push_back(dequantize(source.params.isUnsigned ? i : int64_t(int8_t(i)),
                                  source.params.scaleValue, source.params.zeroPointValue));
    auto outputs = function->evaluate(inputs);
    if (!outputs)
      return rewriter.notifyMatchFailure(op, "the function cannot be evaluated");
    SmallVector<int64_t> table;
    for (float value : *outputs)
      table.push_back(quantize(value, output->scaleValue, output->zeroPointValue, output->range()));
    Location loc = fuseLocations(function->getOps());
    Value tableValue = createIntegers(rewriter, loc, rewriter.getI8Type(), {entries}, table);
    auto fused = qnn::LookupOp::create(rewriter, loc, op.getType(), source.data, tableValue);
    recordFused(fused, "table of " + describe(*function));
    rewriter.replaceOp(op, fused);
    return success();
  }

  static std::string describe(const ScalarFunction &function) {
    std::string text;
    for (Operation *op : function.getOps())
      text += (text.empty() ? "" : ", ") + op->getName().stripDialect().str();
    return text;
  }
};

} // namespace

void bitwright::populateLookupPatterns(RewritePatternSet &patterns) {
  patterns.add<FuseLookup>(patterns.getContext(), /*benefit=*/2);
}
