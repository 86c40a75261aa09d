// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// How the dimensions of a result follow from the dimensions of the operands,
/// symbols included. An op that is not known here gets fresh symbols.

#include "passes/Common/Utils.h"
#include "passes/Simplify/ShapeValues.h"

#include "dialects/QNN/Constants.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace bitwright;

ShapeVector ShapeValues::getDims(Value tensor) {
  auto found = dims.find(tensor);
  if (found != dims.end())
    return found->second;
  ShapeVector result = computeDims(tensor);
  fillSymbols(tensor, result);
  dims[tensor] = result;
  return result;
}

/// What the type says wins; what nothing says becomes a symbol of its own.
void ShapeValues::fillSymbols(Value tensor, ShapeVector &dims) {
  RankedTensorType type = getTensorType(tensor);
  dims.resize(type.getRank());
  for (auto [dim, size] : llvm::zip_equal(dims, type.getShape())) {
    if (!ShapedType::isDynamic(size))
      dim = ShapeValue::constant(size);
    else if (dim.kind == ShapeValue::Unknown)
      dim = newSymbol();
  }
}

/// Dimensions of function arguments with the same name are the same.
ShapeVector ShapeValues::computeArgumentDims(BlockArgument argument) {
  ShapeVector result(getTensorType(argument).getRank());
  auto func = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  if (!func)
    return result;
  auto names = func.getArgAttrOfType<ArrayAttr>(argument.getArgNumber(), "qnn.dim_names");
  if (!names || names.size() != result.size())
    return result;
  for (auto [dim, name] : llvm::zip_equal(result, names)) {
    auto string = dyn_cast<StringAttr>(name);
    if (!string || string.empty())
      continue;
    auto [entry, isNew] = namedSymbols.try_emplace(string.getValue(), nextSymbol);
    if (isNew)
      ++nextSymbol;
    dim = {ShapeValue::Symbol, entry->second};
  }
  return result;
}

/// Two sizes that broadcast to one.
static ShapeValue broadcast(const ShapeValue &a, const ShapeValue &b) {
  if (a.isConstant(1))
    return b;
  if (b.isConstant(1) || a.equals(b))
    return a;
  if (a.isConstant())
    return a;
  return b.isConstant() ? b : ShapeValue();
}

static ShapeVector broadcast(const ShapeVector &a, const ShapeVector &b) {
  ShapeVector result(std::max(a.size(), b.size()));
  for (size_t i = 0; i < result.size(); ++i) { // from the last dimension
    size_t place = result.size() - 1 - i;
    if (i >= a.size())
      result[place] = b[b.size() - 1 - i];
    else if (i >= b.size())
      result[place] = a[a.size() - 1 - i];
    else
      result[place] = broadcast(a[a.size() - 1 - i], b[b.size() - 1 - i]);
  }
  return result;
}

ShapeVector ShapeValues::broadcastDims(ValueRange operands, int64_t rank) {
  ShapeVector result;
  for (Value operand : operands)
    result = broadcast(result, getDims(operand));
  result.resize(rank);
  return result;
}

/// The size that -1 stands for: what is left of the input's dimensions when
/// those of the result are cancelled.
static ShapeValue getRest(ShapeVector input, const ShapeVector &result, size_t skip) {
  int64_t inputProduct = 1, resultProduct = 1;
  for (size_t i = 0; i < result.size(); ++i) {
    if (i == skip)
      continue;
    if (result[i].isConstant()) {
      if (llvm::MulOverflow(resultProduct, result[i].value, resultProduct))
        return {};
      continue;
    }
    auto *same = llvm::find_if(input, [&](ShapeValue &v) { return v.equals(result[i]); });
    if (same == input.end())
      return {};
    input.erase(same);
  }
  ShapeValue symbol;
  for (ShapeValue &dim : input) {
    if (!dim.isConstant()) {
      if (symbol.kind != ShapeValue::Unknown)
        return {};
      symbol = dim;
    } else if (llvm::MulOverflow(inputProduct, dim.value, inputProduct)) {
      return {};
    }
  }
  if (symbol.isSymbol())
    return inputProduct == resultProduct ? symbol : ShapeValue();
  if (resultProduct <= 0 || inputProduct % resultProduct != 0)
    return {};
  return ShapeValue::constant(inputProduct / resultProduct);
}

ShapeVector ShapeValues::reshapeDims(Value input, Value shape, bool allowZero, int64_t rank) {
  auto sizes = getElements(shape);
  if (!sizes || int64_t(sizes->size()) != rank)
    return ShapeVector(rank);
  ShapeVector inputDims = getDims(input), result = *sizes;
  std::optional<size_t> rest;
  for (size_t i = 0; i < result.size(); ++i) {
    if (result[i].isConstant(0) && !allowZero)
      result[i] = i < inputDims.size() ? inputDims[i] : ShapeValue();
    else if (result[i].isConstant(-1))
      rest = i;
  }
  if (rest)
    result[*rest] = getRest(inputDims, result, *rest);
  return result;
}

static int64_t normalizeAxis(int64_t axis, int64_t rank) { return axis < 0 ? axis + rank : axis; }

static ShapeVector reduceDims(ShapeVector dims, ArrayRef<int64_t> axes, bool keep) {
  llvm::SmallDenseSet<int64_t> reduced;
  for (int64_t axis : axes)
    reduced.insert(normalizeAxis(axis, dims.size()));
  ShapeVector result;
  for (auto [i, dim] : llvm::enumerate(dims)) {
    if (!reduced.contains(i))
      result.push_back(dim);
    else if (keep)
      result.push_back(ShapeValue::constant(1));
  }
  return result;
}

ShapeVector ShapeValues::computeDims(Value tensor) {
  int64_t rank = getTensorType(tensor).getRank();
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return computeArgumentDims(argument);
  Operation *op = tensor.getDefiningOp();
  auto keepBatch = [&](Value input) { // image ops: the batch alone is followed
    ShapeVector result(rank);
    if (rank > 0)
      result[0] = getDims(input).front();
    return result;
  };
  return llvm::TypeSwitch<Operation *, ShapeVector>(op)
      .Case<qnn::ElementwiseInterface>([&](auto) { return broadcastDims(op->getOperands(), rank); })
      .Case<qnn::QuantizeOp, qnn::DequantizeOp, qnn::ObserveOp, qnn::SoftmaxOp, qnn::CumSumOp,
            qnn::LayerNormOp, qnn::RmsNormOp, qnn::BatchNormOp>(
          [&](auto) { return getDims(op->getOperand(0)); })
      .Case<qnn::Conv2dOp, qnn::ConvTranspose2dOp, qnn::MaxPool2dOp, qnn::AvgPool2dOp,
            qnn::ResizeOp>([&](auto) { return keepBatch(op->getOperand(0)); })
      .Case<qnn::LinearOp>([&](qnn::LinearOp linear) {
        ShapeVector result = getDims(linear.getInput());
        result.back() = getDims(linear.getWeight()).front();
        return result;
      })
      .Case<qnn::MatmulOp>([&](qnn::MatmulOp matmul) {
        ShapeVector lhs = getDims(matmul.getLhs()), rhs = getDims(matmul.getRhs());
        if (lhs.size() < 2 || rhs.size() < 2)
          return ShapeVector(rank);
        ShapeValue rows = lhs[lhs.size() - 2], columns = rhs.back();
        lhs.pop_back_n(2);
        rhs.pop_back_n(2);
        ShapeVector result = broadcast(lhs, rhs);
        result.append({rows, columns});
        return result;
      })
      .Case<qnn::TransposeOp>([&](qnn::TransposeOp transpose) {
        ShapeVector input = getDims(transpose.getInput()), result;
        for (int64_t from : transpose.getPerm())
          result.push_back(input[from]);
        return result;
      })
      .Case<qnn::ReshapeOp>([&](qnn::ReshapeOp reshape) {
        return reshapeDims(reshape.getInput(), reshape.getShape(), reshape.getAllowZero(), rank);
      })
      .Case<qnn::ExpandOp>([&](qnn::ExpandOp expand) {
        auto sizes = getElements(expand.getShape());
        return sizes ? broadcast(getDims(expand.getInput()), *sizes) : ShapeVector(rank);
      })
      .Case<qnn::SqueezeOp>([&](qnn::SqueezeOp squeeze) {
        return reduceDims(getDims(squeeze.getInput()), squeeze.getAxes(), /*keep=*/false);
      })
      .Case<qnn::UnsqueezeOp>([&](qnn::UnsqueezeOp unsqueeze) {
        ShapeVector input = getDims(unsqueeze.getInput()), result(rank);
        for (int64_t axis : unsqueeze.getAxes())
          result[normalizeAxis(axis, rank)] = ShapeValue::constant(1);
        auto *next = input.begin();
        for (ShapeValue &dim : result)
          if (!dim.isConstant(1) && next != input.end())
            dim = *next++;
        return result;
      })
      .Case<qnn::ReduceMaxOp, qnn::ReduceMeanOp, qnn::ReduceMinOp, qnn::ReduceProdOp,
            qnn::ReduceSumOp>([&](auto reduce) {
        return reduceDims(getDims(reduce.getInput()), reduce.getAxes(), reduce.getKeepDims());
      })
      .Case<qnn::GatherOp>([&](qnn::GatherOp gather) {
        ShapeVector input = getDims(gather.getInput()), indices = getDims(gather.getIndices());
        int64_t axis = normalizeAxis(gather.getAxis(), input.size());
        ShapeVector result(input.begin(), input.begin() + axis);
        result.append(indices.begin(), indices.end());
        result.append(input.begin() + axis + 1, input.end());
        return result;
      })
      .Case<qnn::GatherNDOp>([&](qnn::GatherNDOp gather) {
        ShapeVector input = getDims(gather.getInput()), result = getDims(gather.getIndices());
        int64_t length = getTensorType(gather.getIndices()).getShape().back();
        result.pop_back();
        result.append(input.begin() + gather.getBatchDims() + length, input.end());
        return result;
      })
      .Case<qnn::SliceOp>([&](qnn::SliceOp slice) {
        ShapeVector result = getDims(slice.getInput());
        for (int64_t axis : slice.getAxes())
          result[normalizeAxis(axis, rank)] = ShapeValue();
        return result;
      })
      .Case<qnn::ConcatOp>([&](qnn::ConcatOp concat) {
        ShapeVector result = getDims(concat.getInputs().front());
        int64_t axis = normalizeAxis(concat.getAxis(), rank), sum = 0;
        bool known = true;
        for (Value input : concat.getInputs()) {
          ShapeVector dims = getDims(input);
          known &= dims[axis].isConstant();
          sum += dims[axis].value;
          for (int64_t i = 0; i < rank; ++i) // any operand may know a size
            if (dims[i].isConstant())
              result[i] = dims[i];
        }
        result[axis] = known ? ShapeValue::constant(sum) : ShapeValue();
        return result;
      })
      .Default([&](Operation *) { return ShapeVector(rank); });
}
