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
  planFunction =
      declare("bw_" + modelName + "_plan", status, {pointer, pointer, pointer, pointer}, true);
  Block *entry = planFunction.addEntryBlock(frameBuilder);
  frameBuilder.setInsertionPointToStart(entry);
  frameStatus = types.integer(status, 0);
  frameFailed = types.idx(-1);

  invokeFunction = declare("bw_" + modelName + "_invoke", status,
                           {pointer, pointer, pointer, pointer, pointer, pointer}, true);
  Block *block = invokeFunction.addEntryBlock(invokeBuilder);
  invokeBuilder.setInsertionPointToStart(block);
  execArgument = block->getArgument(0);
  framePointer = block->getArgument(1);
  inputsArgument = block->getArgument(2);
  outputsArgument = block->getArgument(3);
  arenaArgument = block->getArgument(4);
  weightsArgument = block->getArgument(5);
  KernelBuilder k(invokeBuilder, loc);
  callBlock = k.stack(callBytes); // its size is set in finish()
  scratchPointer =
      k.loadAt(pointer, k.gepBytes(execArgument, k.idx(abi.offsetOf(AbiLayout::Scratch))));
  k.storeAt(k.integer(status, 0), errorWord());

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
  Value error = k.loadAt(k.i32(), errorWord());
  Value isError = k.compare(arith::CmpIPredicate::ne, error, k.integer(k.i32(), 0));
  Value node = k.bitAnd(error, k.integer(k.i32(), (1 << errorNodeBits) - 1));
  Value failedNode = k.sub(k.extend(node, k.i64(), /*isUnsigned=*/true), k.idx(1));
  Value address = k.gepBytes(execArgument, k.idx(abi.offsetOf(AbiLayout::ExecFailedNode)));
  k.storeAt(k.select(isError, failedNode, k.idx(-1)), address);
  LLVM::ReturnOp::create(invokeBuilder, loc, k.shrLogical(error, errorNodeBits));
  auto callSize = cast<LLVM::AllocaOp>(callBlock.getDefiningOp()).getArraySize().getDefiningOp();
  callSize->setAttr("value", invokeBuilder.getI64IntegerAttr(callBytes));
  if (nodeNames.size() >= size_t(1) << errorNodeBits)
    return main.emitError() << "has more nodes than an error can name";

  finishPlan();
  buildDescriptorAttributes();
  main.erase();
  return success();
}

void Program::finishPlan() {
  Location loc = main.getLoc();
  KernelBuilder k(frameBuilder, loc);
  auto arguments = planFunction.getArguments();
  Value outDims = arguments[1], frame = arguments[2], planInfo = arguments[3];
  for (auto [i, dim] : llvm::enumerate(slotDims))
    k.storeAt(dim.symbol, k.gep(frame, k.i64(), k.idx(i)));
  auto results = cast<func::ReturnOp>(main.getBody().back().getTerminator()).getOperands();
  for (auto [i, result] : llvm::enumerate(results))
    for (auto [axis, dim] : llvm::enumerate(info(result).dims))
      k.storeAt(frameValue(dim), k.gep(outDims, k.i64(), k.idx(i * BW_MAX_RANK + axis)));
  auto report = [&](AbiLayout::PlanInfo field, Value value) {
    k.storeAt(value, k.gepBytes(planInfo, k.idx(abi.offsetOf(field))));
  };
  report(AbiLayout::ArenaBytes, frameValue(arenaBytes));
  report(AbiLayout::ScratchBytes, k.idx(scratchBytes));
  report(AbiLayout::PlanFailedNode, frameFailed);
  LLVM::ReturnOp::create(frameBuilder, loc, frameStatus);
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
  module->setAttr("qnn.frame_bytes", b.getI64IntegerAttr(8 * int64_t(slotDims.size())));
  module->setAttr("qnn.model_name", b.getStringAttr(modelName));
  if (weights.empty())
    weights.resize(64);
  auto type = RankedTensorType::get({int64_t(weights.size())}, b.getI8Type());
  StringRef hash = qnn::getWeightStore(getContext()).add(std::move(weights));
  module->setAttr("qnn.packed_weights", qnn::WeightAttr::get(getContext(), hash, type));
}
