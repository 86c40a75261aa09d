// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Groups of elementwise ops and strided copies as loops: see Elementwise.h.

#include "passes/Codegen/Kernels/Elementwise.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/ADT/Hashing.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;

static constexpr int64_t elementwiseLanes = 16;

//===--- registers --------------------------------------------------------===//

Value bitwright::codegen::loadElement(KernelBuilder &k, Type elementType, Value base, Value index,
                                      int64_t lanes) {
  Type memory = elementType.isInteger(1) ? k.i8() : elementType;
  Type type = lanes == 1 ? memory : Type(k.vec(memory, lanes));
  Value value = k.load(type, base, index);
  if (elementType.isInteger(1))
    return k.compare(arith::CmpIPredicate::ne, value, k.zero(type));
  return value;
}

void bitwright::codegen::storeElement(KernelBuilder &k, Value value, Type elementType, Value base,
                                      Value index) {
  if (elementType.isInteger(1))
    value = k.extend(value, k.i8(), /*isUnsigned=*/true);
  k.store(value, base, index);
}

Value bitwright::codegen::emitGroup(KernelBuilder &k, const Group &group,
                                    function_ref<Value(unsigned)> leaf) {
  llvm::DenseMap<Value, Value> registers;
  for (auto [i, value] : llvm::enumerate(group.leaves))
    registers[value] = leaf(i);
  Value result;
  for (Operation *op : group.members) {
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(registers.lookup(operand));
    // Scalars mixed with vectors are repeated.
    Type widest = operands.front().getType();
    for (Value operand : operands)
      if (isa<VectorType>(operand.getType()))
        widest = operand.getType();
    for (Value &operand : operands)
      operand = k.splat(operand, k.like(operand.getType(), widest));
    result = emitElementwise(k, op, operands);
    assert(result && "checkElementwise accepts what emitElementwise emits");
    registers[op->getResult(0)] = result;
  }
  return result;
}

std::string bitwright::codegen::groupKey(const Group &group) {
  std::string key;
  llvm::raw_string_ostream os(key);
  llvm::DenseMap<Value, int> numbers;
  for (Value leaf : group.leaves) {
    numbers[leaf] = numbers.size();
    os << cast<RankedTensorType>(leaf.getType()).getElementType() << ',';
  }
  for (Operation *op : group.members) {
    os << op->getName() << '(';
    for (Value operand : op->getOperands())
      os << numbers.lookup(operand) << ' ';
    os << ')' << op->getPropertiesAsAttribute() << "->"
       << cast<RankedTensorType>(op->getResult(0).getType()).getElementType() << ';';
    numbers[op->getResult(0)] = numbers.size();
  }
  return key;
}

/// For a per-axis scale or zero point of quantize / dequantize: its axis.
static std::optional<int64_t> perChannelAxis(const Group &group, Value leaf) {
  for (Operation *op : group.members) {
    if (auto quantize = dyn_cast<qnn::QuantizeOp>(op);
        quantize && leaf != quantize.getInput() &&
        (leaf == quantize.getScale() || leaf == quantize.getZeroPoint()))
      return quantize.getAxis();
    if (auto dequantize = dyn_cast<qnn::DequantizeOp>(op);
        dequantize && leaf != dequantize.getInput() &&
        (leaf == dequantize.getScale() || leaf == dequantize.getZeroPoint()))
      return dequantize.getAxis();
  }
  return std::nullopt;
}

Dims bitwright::codegen::alignedDims(Program &program, const Group &group, Value leaf) {
  size_t rank = program.info(group.root()->getResult(0)).dims.size();
  Dims dims = program.info(leaf).dims;
  if (auto axis = perChannelAxis(group, leaf); axis && dims.size() == 1) {
    Dims aligned(rank, Dim(1));
    aligned[*axis < 0 ? *axis + rank : *axis] = dims[0];
    return aligned;
  }
  dims.insert(dims.begin(), rank - dims.size(), Dim(1));
  return dims;
}

//===--- loops ------------------------------------------------------------===//

Dims bitwright::codegen::contiguousStrides(Program &program, const Dims &dims) {
  Dims strides(dims.size());
  Dim stride(1);
  for (int64_t i = dims.size() - 1; i >= 0; --i) {
    strides[i] = stride;
    stride = program.mul(stride, dims[i]);
  }
  return strides;
}

namespace {
/// A nest of loops over a result and how each operand strides through it.
struct Nest {
  Dims dims;                 // outer to inner
  SmallVector<Dims> strides; // for each operand, for each dim
};
} // namespace

/// Drops dimensions of size 1 and merges neighbours that every operand walks
/// as one.
static Nest simplify(Program &p, const Nest &nest) {
  Nest result;
  result.strides.resize(nest.strides.size());
  for (size_t d = 0; d < nest.dims.size(); ++d) {
    if (nest.dims[d].is(1))
      continue;
    bool merges = !result.dims.empty();
    for (size_t i = 0; merges && i < nest.strides.size(); ++i)
      merges = result.strides[i].back() == p.mul(nest.strides[i][d], nest.dims[d]);
    if (!merges) {
      result.dims.push_back(nest.dims[d]);
      for (size_t i = 0; i < nest.strides.size(); ++i)
        result.strides[i].push_back(nest.strides[i][d]);
      continue;
    }
    result.dims.back() = p.mul(result.dims.back(), nest.dims[d]);
    for (size_t i = 0; i < nest.strides.size(); ++i)
      result.strides[i].back() = nest.strides[i][d];
  }
  if (result.dims.empty()) {
    result.dims.push_back(1);
    for (Dims &strides : result.strides)
      strides.push_back(0);
  }
  return result;
}

namespace {
/// Sizes that a kernel receives: constants are built in, others are arguments.
class SizeArguments {
public:
  explicit SizeArguments(Program &program) : program(program) {}

  int add(Dim dim) {
    entries.push_back({dim, -1});
    if (!dim.isStatic()) {
      entries.back().second = dynamic.size();
      dynamic.push_back(dim);
    }
    return entries.size() - 1;
  }
  std::string key() const {
    std::string text;
    for (auto &[dim, argument] : entries)
      text += (dim.isStatic() ? std::to_string(dim.size) : "?" + std::to_string(argument)) + ",";
    return text;
  }
  Value get(KernelBuilder &k, int entry, ValueRange sizeArgs) const {
    auto &[dim, argument] = entries[entry];
    return dim.isStatic() ? k.idx(dim.size) : sizeArgs[argument];
  }
  ArrayRef<Dim> getDynamic() const { return dynamic; }

private:
  [[maybe_unused]] Program &program;
  SmallVector<std::pair<Dim, int>> entries;
  SmallVector<Dim> dynamic;
};
} // namespace

/// Offset of operand `strides` at the outer index `iv` (all dims but the last).
static SmallVector<Value> outerCoordinates(KernelBuilder &k, Value iv, ArrayRef<Value> dims) {
  SmallVector<Value> coordinates(dims.size() - 1);
  for (int64_t d = dims.size() - 2; d >= 0; --d) {
    if (d == 0) {
      coordinates[d] = iv;
      break;
    }
    coordinates[d] = k.remS(iv, dims[d]);
    iv = k.divS(iv, dims[d]);
  }
  return coordinates;
}

static int64_t estimateCost(const Group &group) {
  int64_t cost = 0;
  for (Operation *op : group.members)
    cost += isa<qnn::ExpOp, qnn::SigmoidOp, qnn::TanhOp, qnn::SiluOp, qnn::ErfOp, qnn::GeluOp,
                qnn::PowOp, qnn::LogOp, qnn::SinOp, qnn::CosOp, qnn::SoftplusOp>(op)
                ? 8
                : 1;
  return cost;
}

/// True where an operand's innermost stride is known to be 0 or 1.
static bool isVectorizable(const Nest &nest) {
  return llvm::all_of(nest.strides, [](const Dims &s) { return s.back().is(0) || s.back().is(1); });
}

LogicalResult bitwright::codegen::emitElementwiseKernel(Program &p, const Group &group) {
  Operation *root = group.root();
  Location loc = root->getLoc();
  Value result = root->getResult(0);
  const Dims dims = p.info(result).dims;
  Type resultType = p.info(result).elementType;

  Nest nest;
  nest.dims = dims;
  for (Value leaf : group.leaves) {
    Dims leafDims = alignedDims(p, group, leaf), strides = contiguousStrides(p, leafDims);
    for (size_t d = 0; d < dims.size(); ++d)
      if (leafDims[d] != dims[d] || dims[d].is(1))
        strides[d] = leafDims[d].is(1) ? Dim(0) : p.select(p.equal(leafDims[d], 1), 0, strides[d]);
    nest.strides.push_back(strides);
  }
  nest.strides.push_back(contiguousStrides(p, dims));
  for (size_t d = 0; d < dims.size(); ++d)
    if (dims[d].is(1))
      nest.strides.back()[d] = Dim(0);
  nest = simplify(p, nest);
  size_t rank = nest.dims.size();
  // A single element strides by 0 in every operand; the result is stored once.
  bool vectorizes = isVectorizable(nest);

  SizeArguments sizes(p);
  for (Dim dim : nest.dims)
    sizes.add(dim);
  for (const Dims &strides : nest.strides)
    for (Dim stride : strides)
      sizes.add(stride);
  SmallVector<Program::Arg> args(group.leaves.size() + 1, Program::Arg::Pointer);
  args.append(sizes.getDynamic().size(), Program::Arg::Size);

  bool emitted = true;
  auto body = [&](KernelBuilder &k, ValueRange values, Value begin, Value end) {
    ValueRange pointers = values.take_front(group.leaves.size() + 1);
    ValueRange sizeArgs = values.drop_front(group.leaves.size() + 1);
    SmallVector<Value> extents;
    for (size_t d = 0; d < rank; ++d)
      extents.push_back(sizes.get(k, d, sizeArgs));
    auto strideOf = [&](size_t operand, size_t d) {
      return sizes.get(k, rank + operand * rank + d, sizeArgs);
    };
    auto inner = [&](ArrayRef<Value> offsets, Value low, Value high) {
      k.vectorLoop(low, high, vectorizes ? elementwiseLanes : 1, [&](Value at, int64_t lanes) {
        Value value = emitGroup(k, group, [&](unsigned i) {
          Type type = p.info(group.leaves[i]).elementType;
          Dim stride = nest.strides[i].back();
          if (stride.is(0))
            return loadElement(k, type, pointers[i], offsets[i], 1);
          Value index = k.add(offsets[i], stride.is(1) ? at : k.mul(at, strideOf(i, rank - 1)));
          return loadElement(k, type, pointers[i], index, lanes);
        });
        if (!value) {
          emitted = false;
          return;
        }
        if (lanes > 1)
          value = k.splat(
              value,
              k.vec(value.getType().isInteger(1) ? k.i1() : getElementTypeOrSelf(value.getType()),
                    lanes));
        storeElement(k, value, resultType, pointers.back(), k.add(offsets.back(), at));
      });
    };
    SmallVector<Value> noOffsets(nest.strides.size(), k.idx(0));
    if (rank == 1)
      return inner(noOffsets, begin, end);
    k.loop(begin, end, k.idx(1), [&](Value iv) {
      SmallVector<Value> coordinates = outerCoordinates(k, iv, extents);
      SmallVector<Value> offsets;
      for (size_t i = 0; i < nest.strides.size(); ++i) {
        Value offset = k.idx(0);
        for (size_t d = 0; d + 1 < rank; ++d)
          offset = k.add(offset, k.mul(coordinates[d], strideOf(i, d)));
        offsets.push_back(offset);
      }
      inner(offsets, k.idx(0), extents.back());
    });
  };
  std::string key = groupKey(group) + sizes.key();
  Kernel kernel = p.getKernel("elementwise", key, args, loc, body);
  if (!emitted)
    return root->emitError() << "node '" << bitwright::getNodeName(loc) << "': '" << root->getName()
                             << "' cannot be compiled for this element type";

  SmallVector<Value> values;
  for (Value leaf : group.leaves)
    values.push_back(p.pointer(leaf, loc));
  values.push_back(p.pointer(result, loc));
  for (Dim dim : sizes.getDynamic())
    values.push_back(p.hostValue(dim, loc));
  Dim n = rank == 1 ? nest.dims[0] : p.product(ArrayRef(nest.dims).drop_back());
  int64_t cost = estimateCost(group);
  if (rank > 1)
    cost *= nest.dims.back().isStatic() ? nest.dims.back().size : 64;
  p.launch(kernel, values, n, cost, loc);
  return success();
}

void bitwright::codegen::emitStridedCopy(Program &p, int64_t elementBytes, Dims dims, Value src,
                                         Dim srcOffset, Dims srcStrides, Value dst, Dim dstOffset,
                                         Dims dstStrides, Location loc) {
  Nest nest;
  nest.dims = dims;
  for (size_t d = 0; d < dims.size(); ++d)
    if (dims[d].is(1))
      srcStrides[d] = dstStrides[d] = Dim(0);
  nest.strides = {srcStrides, dstStrides};
  nest = simplify(p, nest);
  KernelBuilder h = p.hostKernel(loc);
  Value bytes = h.idx(elementBytes);
  src = h.gepBytes(src, h.mul(p.hostValue(srcOffset, loc), bytes));
  dst = h.gepBytes(dst, h.mul(p.hostValue(dstOffset, loc), bytes));
  if (emitTransposedCopy(p, elementBytes, nest.dims, src, nest.strides[0], dst, nest.strides[1],
                         loc))
    return;
  size_t rank = nest.dims.size();
  bool vectorizes = nest.strides[0].back().is(1) && nest.strides[1].back().is(1);

  SizeArguments sizes(p);
  for (Dim dim : nest.dims)
    sizes.add(dim);
  for (const Dims &strides : nest.strides)
    for (Dim stride : strides)
      sizes.add(stride);
  SmallVector<Program::Arg> args(2, Program::Arg::Pointer);
  args.append(sizes.getDynamic().size(), Program::Arg::Size);
  auto body = [&](KernelBuilder &k, ValueRange values, Value begin, Value end) {
    Type element = IntegerType::get(p.getContext(), elementBytes * 8);
    ValueRange sizeArgs = values.drop_front(2);
    SmallVector<Value> extents;
    for (size_t d = 0; d < rank; ++d)
      extents.push_back(sizes.get(k, d, sizeArgs));
    auto strideOf = [&](size_t operand, size_t d) {
      return sizes.get(k, rank + operand * rank + d, sizeArgs);
    };
    auto inner = [&](Value from, Value to, Value low, Value high) {
      k.vectorLoop(low, high, vectorizes ? 64 / elementBytes : 1, [&](Value at, int64_t lanes) {
        Type type = lanes == 1 ? element : Type(k.vec(element, lanes));
        Value value = k.load(type, values[0], k.add(from, k.mul(at, strideOf(0, rank - 1))));
        k.store(value, values[1], k.add(to, k.mul(at, strideOf(1, rank - 1))));
      });
    };
    if (rank == 1)
      return inner(k.idx(0), k.idx(0), begin, end);
    k.loop(begin, end, k.idx(1), [&](Value iv) {
      SmallVector<Value> coordinates = outerCoordinates(k, iv, extents);
      Value from = k.idx(0), to = k.idx(0);
      for (size_t d = 0; d + 1 < rank; ++d) {
        from = k.add(from, k.mul(coordinates[d], strideOf(0, d)));
        to = k.add(to, k.mul(coordinates[d], strideOf(1, d)));
      }
      inner(from, to, k.idx(0), extents.back());
    });
  };
  Kernel kernel =
      p.getKernel("copy", std::to_string(elementBytes) + ":" + sizes.key(), args, loc, body);
  SmallVector<Value> values = {src, dst};
  for (Dim dim : sizes.getDynamic())
    values.push_back(p.hostValue(dim, loc));
  Dim n = rank == 1 ? nest.dims[0] : p.product(ArrayRef(nest.dims).drop_back());
  int64_t cost = rank > 1 ? (nest.dims.back().isStatic() ? nest.dims.back().size : 64) : 1;
  p.launch(kernel, values, n, cost, loc);
}
