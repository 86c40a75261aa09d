// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The entry points of a compiled model, the arena plan and the descriptor
/// attributes.

#include "passes/Codegen/Plan/Program.h"

#include "bitwright_rt/abi.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;

//===--- begin ------------------------------------------------------------===//

LogicalResult Program::begin() {
  Location loc = main.getLoc();
  KernelBuilder types(frameBuilder, loc);
  Type pointer = types.ptr(), word = types.i64(), status = types.i32();
  frameFunction = declare("bw_frame", status, {pointer, pointer, pointer}, false);
  Block *entry = frameFunction.addEntryBlock(frameBuilder);
  frameBuilder.setInsertionPointToStart(entry);
  frameSlots = entry->getArgument(1);
  frameStatus = types.integer(status, 0);
  frameFailed = types.idx(-1);

  invokeFunction = declare("bw_" + modelName + "_invoke", status,
                           {pointer, pointer, pointer, pointer, pointer, pointer}, true);
  Block *block = invokeFunction.addEntryBlock(invokeBuilder);
  invokeBuilder.setInsertionPointToStart(block);
  execArgument = block->getArgument(0);
  inputsArgument = block->getArgument(2);
  outputsArgument = block->getArgument(3);
  arenaArgument = block->getArgument(4);
  weightsArgument = block->getArgument(5);
  KernelBuilder k(invokeBuilder, loc);
  Value bytes = k.idx(8);
  frameSizeConstant = bytes.getDefiningOp();
  framePointer = LLVM::AllocaOp::create(invokeBuilder, loc, pointer, k.i8(), bytes, 16);
  Value failed = k.gepBytes(execArgument, k.idx(offsetof(bw_exec, failed_node)));
  Value planned = LLVM::CallOp::create(invokeBuilder, loc, frameFunction,
                                       ValueRange{block->getArgument(1), framePointer, failed})
                      .getResult();
  Value ok = k.compare(arith::CmpIPredicate::eq, planned, k.integer(status, 0));
  Block *body = invokeFunction.addBlock(), *fail = invokeFunction.addBlock();
  LLVM::CondBrOp::create(invokeBuilder, loc, ok, body, fail);
  invokeBuilder.setInsertionPointToStart(fail);
  LLVM::ReturnOp::create(invokeBuilder, loc, planned);
  invokeBuilder.setInsertionPointToStart(body);
  k.storeAt(k.idx(0), arenaArgument);

  // Input dimensions: the constants of the types, or symbols with checks.
  llvm::StringMap<Dim> named;
  for (auto [i, argument] : llvm::enumerate(main.getArguments())) {
    auto type = cast<RankedTensorType>(argument.getType());
    TensorInfo &tensor = info(argument);
    tensor.elementType = type.getElementType();
    auto names = main.getArgAttrOfType<ArrayAttr>(i, "qnn.dim_names");
    for (int64_t axis = 0; axis < type.getRank(); ++axis) {
      if (!type.isDynamicDim(axis)) {
        tensor.dims.push_back(type.getDimSize(axis));
        continue;
      }
      StringRef name = names ? cast<StringAttr>(names[axis]).getValue() : "";
      if (auto known = named.find(name); !name.empty() && known != named.end()) {
        tensor.dims.push_back(known->second);
        continue;
      }
      Dim dim(types.load(word, entry->getArgument(0), types.idx(i * BW_MAX_RANK + axis)));
      if (!name.empty())
        named[name] = dim;
      tensor.dims.push_back(dim);
      if (mlir::failed(require(logicalAnd(less(-1, dim), less(dim, int64_t(1) << 31)), main,
                               "a dimension is out of range")))
        return failure();
    }
    Buffer buffer;
    buffer.kind = Buffer::Kind::Input;
    buffer.index = i;
    buffers.push_back(buffer);
    tensor.buffer = buffers.size() - 1;
  }
  return success();
}

//===--- arena ------------------------------------------------------------===//

void Program::planStatically(ArrayRef<int> arena) {
  // Largest first, each at the lowest offset that no buffer alive at the same
  // time covers.
  SmallVector<int> order(arena);
  llvm::stable_sort(order,
                    [&](int x, int y) { return buffers[x].bytes.size > buffers[y].bytes.size; });
  SmallVector<int> placed;
  int64_t top = 64;
  for (int id : order) {
    Buffer &buffer = buffers[id];
    SmallVector<std::pair<int64_t, int64_t>> taken;
    for (int other : placed) {
      const Buffer &o = buffers[other];
      if (o.firstUse <= buffer.lastUse && buffer.firstUse <= o.lastUse)
        taken.push_back({o.offset.size, o.offset.size + o.bytes.size});
    }
    llvm::sort(taken);
    int64_t offset = 64;
    for (auto [low, high] : taken) {
      if (offset + buffer.bytes.size <= low)
        break;
      offset = std::max(offset, high);
    }
    buffer.offset = Dim(offset);
    placed.push_back(id);
    top = std::max(top, offset + buffer.bytes.size);
  }
  arenaBytes = Dim(top);
}

void Program::planDynamically(ArrayRef<int> arena) {
  // Sizes are symbols: buffers whose lifetimes do not meet share a slot as
  // large as its largest; slots follow one another.
  struct Slot {
    Dim bytes;
    SmallVector<int> users;
    int freeFrom;
  };
  SmallVector<Slot> places;
  SmallVector<int> order(arena);
  llvm::stable_sort(order, [&](int x, int y) { return buffers[x].firstUse < buffers[y].firstUse; });
  for (int id : order) {
    Buffer &buffer = buffers[id];
    Slot *best = nullptr;
    for (Slot &slot : places) {
      if (slot.freeFrom >= buffer.firstUse)
        continue;
      if (slot.bytes == buffer.bytes) {
        best = &slot;
        break;
      }
      bool bothStatic = slot.bytes.isStatic() && buffer.bytes.isStatic();
      bool bothDynamic = !slot.bytes.isStatic() && !buffer.bytes.isStatic();
      if (!best && (bothStatic || bothDynamic))
        best = &slot;
    }
    if (!best)
      best = &places.emplace_back(Slot{buffer.bytes, {}, 0});
    best->bytes = max(best->bytes, buffer.bytes);
    best->users.push_back(id);
    best->freeFrom = buffer.lastUse;
  }
  Dim offset(64);
  for (Slot &slot : places) {
    for (int id : slot.users)
      buffers[id].offset = offset;
    offset = add(offset, slot.bytes);
  }
  arenaBytes = offset;
}

LogicalResult Program::planArena() {
  SmallVector<int> arena;
  bool allStatic = true;
  for (auto [i, buffer] : llvm::enumerate(buffers)) {
    if (buffer.kind != Buffer::Kind::Arena)
      continue;
    arena.push_back(i);
    allStatic &= buffer.bytes.isStatic();
  }
  if (allStatic)
    planStatically(arena);
  else
    planDynamically(arena);
  return require(logicalAnd(less(-1, arenaBytes), less(arenaBytes, int64_t(1) << 46)), main,
                 "the arena would be larger than 64 TiB");
}

//===--- finish -----------------------------------------------------------===//

LogicalResult Program::finish() {
  Location loc = main.getLoc();
  KernelBuilder k(invokeBuilder, loc);
  Value error = k.load(k.i64(), arenaArgument);
  Value isError = k.compare(arith::CmpIPredicate::ne, error, k.idx(0));
  Value failedNode = k.sub(k.bitAnd(error, k.idx((int64_t(1) << 48) - 1)), k.idx(1));
  Value address = k.gepBytes(execArgument, k.idx(offsetof(bw_exec, failed_node)));
  k.storeAt(k.select(isError, failedNode, k.idx(-1)), address);
  LLVM::ReturnOp::create(invokeBuilder, loc, k.truncate(k.shrLogical(error, 48), k.i32()));

  buildPlanFunction();

  KernelBuilder f(frameBuilder, loc);
  for (auto [i, dim] : llvm::enumerate(slotDims))
    f.storeAt(dim.symbol, f.gep(frameSlots, f.i64(), f.idx(i)));
  f.storeAt(frameFailed, frameFunction.getArgument(2));
  LLVM::ReturnOp::create(frameBuilder, loc, frameStatus);
  frameSizeConstant->setAttr(
      "value", invokeBuilder.getI64IntegerAttr(8 * std::max<size_t>(1, slotDims.size())));
  buildDescriptorAttributes();
  main.erase();
  return success();
}

void Program::buildPlanFunction() {
  Location loc = main.getLoc();
  OpBuilder builder(getContext());
  KernelBuilder k(builder, loc);
  auto plan =
      declare("bw_" + modelName + "_plan", k.i32(), {k.ptr(), k.ptr(), k.ptr(), k.ptr()}, true);
  Block *block = plan.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  // The frame's slots for the results must exist before its size is fixed.
  auto results = cast<func::ReturnOp>(main.getBody().back().getTerminator()).getOperands();
  SmallVector<std::pair<int64_t, Dim>> wanted;
  for (auto [i, result] : llvm::enumerate(results))
    for (auto [axis, dim] : llvm::enumerate(info(result).dims))
      wanted.push_back({i * BW_MAX_RANK + axis, dim});
  for (auto &[place, dim] : wanted)
    if (!dim.isStatic())
      slotFor(dim);
  if (!arenaBytes.isStatic())
    slotFor(arenaBytes);
  Value frame = LLVM::AllocaOp::create(builder, loc, k.ptr(), k.i8(),
                                       k.idx(8 * std::max<size_t>(1, slotDims.size())), 16);
  Value status =
      LLVM::CallOp::create(builder, loc, frameFunction,
                           ValueRange{block->getArgument(0), frame, block->getArgument(3)})
          .getResult();
  auto read = [&](Dim dim) {
    return dim.isStatic() ? k.idx(dim.size) : k.load(k.i64(), frame, k.idx(slotFor(dim)));
  };
  for (auto &[place, dim] : wanted)
    k.storeAt(read(dim), k.gep(block->getArgument(1), k.i64(), k.idx(place)));
  k.storeAt(read(arenaBytes), block->getArgument(2));
  LLVM::ReturnOp::create(builder, loc, status);
}

static Attribute describe(Builder &b, RankedTensorType type, DictionaryAttr attrs, int64_t index,
                          StringRef kind) {
  auto name = attrs ? attrs.getAs<StringAttr>("qnn.name") : StringAttr();
  auto dimNames = attrs ? attrs.getAs<ArrayAttr>("qnn.dim_names") : ArrayAttr();
  SmallVector<int64_t> dims;
  SmallVector<Attribute> names;
  for (int64_t axis = 0; axis < type.getRank(); ++axis) {
    dims.push_back(type.isDynamicDim(axis) ? -1 : type.getDimSize(axis));
    names.push_back(dimNames ? dimNames[axis] : b.getStringAttr(""));
  }
  bool isUnsigned = attrs && attrs.contains("qnn.unsigned");
  return b.getDictionaryAttr(
      {b.getNamedAttr("name", name ? name : b.getStringAttr(kind + Twine(index))),
       b.getNamedAttr("dtype",
                      b.getI32IntegerAttr(*bitwright::getDType(type.getElementType(), isUnsigned))),
       b.getNamedAttr("dims", b.getDenseI64ArrayAttr(dims)),
       b.getNamedAttr("dim_names", b.getArrayAttr(names))});
}

void Program::buildDescriptorAttributes() {
  Builder b(getContext());
  SmallVector<Attribute> inputs, outputs;
  for (auto [i, type] : llvm::enumerate(main.getArgumentTypes()))
    inputs.push_back(
        describe(b, cast<RankedTensorType>(type), main.getArgAttrDict(i), i, "input_"));
  for (auto [i, type] : llvm::enumerate(main.getResultTypes()))
    outputs.push_back(
        describe(b, cast<RankedTensorType>(type), main.getResultAttrDict(i), i, "output_"));
  SmallVector<StringRef> nodeRefs(nodeNames.begin(), nodeNames.end());
  SmallVector<StringRef> observerRefs(observerNames.begin(), observerNames.end());
  module->setAttr("qnn.inputs", b.getArrayAttr(inputs));
  module->setAttr("qnn.outputs", b.getArrayAttr(outputs));
  module->setAttr("qnn.node_names", b.getStrArrayAttr(nodeRefs));
  module->setAttr("qnn.observer_names", b.getStrArrayAttr(observerRefs));
  module->setAttr("qnn.features", b.getI64IntegerAttr(target.getFeatures()));
  module->setAttr("qnn.model_name", b.getStringAttr(modelName));
  if (weights.empty())
    weights.resize(64);
  auto type = RankedTensorType::get({int64_t(weights.size())}, b.getI8Type());
  StringRef hash = qnn::getWeightStore(getContext()).add(std::move(weights));
  module->setAttr("qnn.packed_weights", qnn::WeightAttr::get(getContext(), hash, type));
}
