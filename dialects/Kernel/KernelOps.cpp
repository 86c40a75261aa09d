// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The ops of the kernel dialect: syntax, and the rules of single ops. Rules of whole plans are in
/// PlanRules.cpp.

#include "dialects/Kernel/KernelOps.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace bitwright;
using namespace bitwright::kernel;

//===--- syntax -----------------------------------------------------------===//

static ParseResult parseSize(OpAsmParser &parser,
                             std::optional<OpAsmParser::UnresolvedOperand> &value,
                             IntegerAttr &constant) {
  OpAsmParser::UnresolvedOperand operand;
  OptionalParseResult given = parser.parseOptionalOperand(operand);
  int64_t size = ShapedType::kDynamic;
  if (given.has_value()) {
    if (failed(*given))
      return failure();
    value = operand;
  } else if (parser.parseInteger(size)) {
    return failure();
  }
  constant = parser.getBuilder().getI64IntegerAttr(size);
  return success();
}

static void printSize(OpAsmPrinter &printer, Operation *, Value value, IntegerAttr constant) {
  if (value)
    printer << value;
  else
    printer << constant.getInt();
}

static ParseResult parseLeaves(OpAsmParser &parser,
                               SmallVectorImpl<OpAsmParser::UnresolvedOperand> &leaves,
                               SmallVectorImpl<Type> &types, DenseI32ArrayAttr &accesses) {
  SmallVector<int32_t> read;
  auto parseLeaf = [&]() -> ParseResult {
    StringRef keyword;
    if (parser.parseOperand(leaves.emplace_back()) || parser.parseKeyword(&keyword))
      return failure();
    std::optional<LeafAccess> access = symbolizeLeafAccess(keyword);
    if (!access)
      return parser.emitError(parser.getCurrentLocation(), "expects full, column, scalar or ")
             << "broadcast, but got '" << keyword << "'";
    read.push_back(int32_t(*access));
    return parser.parseColonType(types.emplace_back());
  };
  if (parser.parseCommaSeparatedList(parseLeaf))
    return failure();
  accesses = parser.getBuilder().getDenseI32ArrayAttr(read);
  return success();
}

static void printLeaves(OpAsmPrinter &printer, Operation *, OperandRange leaves, TypeRange types,
                        DenseI32ArrayAttr accesses) {
  llvm::interleaveComma(llvm::zip(leaves, types, accesses.asArrayRef()), printer, [&](auto leaf) {
    auto [value, type, access] = leaf;
    printer << value << " " << stringifyLeafAccess(LeafAccess(access)) << " : " << type;
  });
}

#define GET_OP_CLASSES
#include "dialects/Kernel/KernelOps.cpp.inc"

//===--- what qnn ops are here --------------------------------------------===//

bool bitwright::kernel::isElementwise(Operation *op) {
  if (auto quantize = dyn_cast<qnn::QuantizeOp>(op))
    return quantize.getBlockSize() == 0;
  if (auto dequantize = dyn_cast<qnn::DequantizeOp>(op))
    return dequantize.getBlockSize() == 0;
  return isa<qnn::ElementwiseInterface, qnn::RequantizeOp, qnn::QAddOp, qnn::QMulOp>(op);
}

bool bitwright::kernel::takesEpilogue(Operation *op) {
  return isa<qnn::ContractionInterface, qnn::MatmulOp>(op);
}

bool bitwright::kernel::isSizeOperand(OpOperand &operand) {
  Operation *op = operand.getOwner();
  unsigned index = operand.getOperandNumber();
  if (isa<qnn::ReshapeOp, qnn::ExpandOp, qnn::TileOp, qnn::ResizeOp, qnn::PadOp>(op))
    return index == 1;
  if (isa<qnn::SliceOp>(op))
    return index > 0;
  return isa<qnn::ShapeOp, qnn::RangeOp>(op);
}

std::optional<int64_t> bitwright::kernel::getChannelAxis(ArrayRef<Operation *> members,
                                                         Value leaf) {
  auto isParameter = [&](auto op) {
    return leaf != op.getInput() && (leaf == op.getScale() || leaf == op.getZeroPoint());
  };
  for (Operation *op : members) {
    if (auto quantize = dyn_cast<qnn::QuantizeOp>(op); quantize && isParameter(quantize))
      return quantize.getAxis();
    if (auto dequantize = dyn_cast<qnn::DequantizeOp>(op); dequantize && isParameter(dequantize))
      return dequantize.getAxis();
  }
  return std::nullopt;
}

//===--- sizes ------------------------------------------------------------===//

LogicalResult DimOp::verify() {
  if (!isa<BlockArgument>(getInput()))
    return emitOpError("expects an argument of the function");
  if (int64_t(getAxis()) >= getInput().getType().getRank())
    return emitOpError("expects an axis of ") << getInput().getType() << ", but got " << getAxis();
  return success();
}

LogicalResult SizeOp::verify() {
  if (bool(getLhs()) != ShapedType::isDynamic(getStaticLhs()) ||
      bool(getRhs()) != ShapedType::isDynamic(getStaticRhs()))
    return emitOpError("expects each operand to be a value or a constant");
  return success();
}

LogicalResult RequireOp::verify() {
  if (isa<func::FuncOp>((*this)->getParentOp()))
    return success();
  for (Operation *op = (*this)->getPrevNode(); op; op = op->getPrevNode())
    if (!isa<RequireOp>(op))
      return emitOpError("expects to stand at the start of the region");
  return success();
}

/// Whether `statics` are sizes of `type`, with `dynamic` values where they are not constant.
/// `repeat`: null, or [dimension, times].
static LogicalResult verifySizes(Operation *op, Type type, ArrayRef<int64_t> statics,
                                 size_t dynamic, DenseI64ArrayAttr repeat = {}) {
  auto tensor = cast<RankedTensorType>(type);
  if (int64_t(statics.size()) != tensor.getRank())
    return op->emitOpError("expects a size for each dimension of ")
           << type << ", but got " << statics.size();
  if (llvm::count(statics, ShapedType::kDynamic) != int64_t(dynamic))
    return op->emitOpError("expects a value for each size that is not constant");
  if (repeat &&
      (repeat.size() != 2 || repeat[0] < 0 || repeat[0] >= tensor.getRank() || repeat[1] < 1))
    return op->emitOpError("expects 'repeat' to be a dimension of ")
           << type << " and how often its entries are repeated";
  for (auto [d, size] : llvm::enumerate(statics)) {
    if (size == ShapedType::kDynamic)
      continue;
    int64_t times = repeat && repeat[0] == int64_t(d) ? repeat[1] : 1, whole = 0;
    if (size < 0 || llvm::MulOverflow(size, times, whole) ||
        (!tensor.isDynamicDim(d) && whole != tensor.getDimSize(d)))
      return op->emitOpError("expects dimension ")
             << d << " to be that of " << type << ", but got " << whole;
  }
  return success();
}

/// The bytes that sizes need, or nullopt where they are not constant.
static std::optional<int64_t> countBytes(Type type, ArrayRef<int64_t> sizes) {
  int64_t bytes = getElementBytes(getElementTypeOrSelf(type));
  for (int64_t size : sizes)
    if (ShapedType::isDynamic(size) || llvm::MulOverflow(bytes, size, bytes))
      return std::nullopt;
  return bytes;
}

LogicalResult InputOp::verify() {
  if (!isa<BlockArgument>(getArgument()))
    return emitOpError("expects an argument of the function");
  return verifySizes(*this, getType(), getStaticSizes(), getSizes().size());
}

LogicalResult OutputOp::verify() {
  auto results = cast<func::FuncOp>((*this)->getParentOp()).getResultTypes();
  if (getNumber() >= results.size())
    return emitOpError("expects the number of a result, of which there are ") << results.size();
  auto result = dyn_cast<RankedTensorType>(results[getNumber()]);
  bool fits = result && result.getElementType() == getType().getElementType() &&
              (!result.hasStaticShape() || !getType().hasStaticShape() ||
               result.getNumElements() == getType().getNumElements());
  if (!fits)
    return emitOpError("expects as many elements of the type as result ")
           << getNumber() << " has, " << results[getNumber()] << ", but got " << getType();
  return verifySizes(*this, getType(), getStaticSizes(), getSizes().size());
}

LogicalResult ViewOp::verify() {
  if (getType().getElementType() != getSource().getType().getElementType())
    return emitOpError("expects elements of one type");
  std::optional<int64_t> held = countBytes(getType(), getStaticSizes()),
                         source = countBytes(getType(), getSource().getType().getShape());
  if (held && source && *held > *source)
    return emitOpError("expects at most the ")
           << *source << " bytes of " << getSource().getType() << ", but got " << *held;
  return verifySizes(*this, getType(), getStaticSizes(), getSizes().size(), getRepeatAttr());
}

/// Whether exactly one of a value and a constant is there.
static LogicalResult verifySize(Operation *op, StringRef name, Value value, int64_t constant) {
  if (bool(value) == ShapedType::isDynamic(constant) &&
      (value || (constant >= 0 && constant <= kMostBytes)))
    return success();
  return op->emitOpError("expects '") << name << "' to be a size of at most 64 TiB";
}

LogicalResult BufferOp::verify() {
  if (failed(verifySize(*this, "offset", getOffset(), getStaticOffset())) ||
      failed(verifySize(*this, "bytes", getBytes(), getStaticBytes())) ||
      failed(verifySizes(*this, getType(), getStaticSizes(), getSizes().size(), getRepeatAttr())))
    return failure();
  if (!getOffset() && (getStaticOffset() < kAlignment || getStaticOffset() % kAlignment))
    return emitOpError("expects an offset behind the error word that is a multiple of ")
           << kAlignment << ", but got " << getStaticOffset();
  if (getLive().size() != 2 || getLive()[0] < 0 || getLive()[0] > getLive()[1])
    return emitOpError("expects 'live' to be the first and the last step");
  std::optional<int64_t> needed = countBytes(getType(), getStaticSizes());
  if (!getBytes() && needed && *needed > getStaticBytes())
    return emitOpError("expects ")
           << *needed << " bytes for " << getType() << ", but got " << getStaticBytes();
  return success();
}

//===--- what runs --------------------------------------------------------===//

/// Whether each of `outs` is memory that an op may write.
static LogicalResult verifyOuts(Operation *op, ValueRange outs) {
  for (Value out : outs) {
    if (!isa_and_present<BufferOp, OutputOp>(out.getDefiningOp()))
      return op->emitOpError("expects to write into a buffer or an output");
    for (Operation *user : out.getUsers())
      if (user != op)
        return op->emitOpError("expects to be all that names its buffer").attachNote(user->getLoc())
               << "see another";
  }
  return success();
}

LogicalResult SizesOp::verify() {
  auto type = cast<RankedTensorType>(getType());
  if (llvm::count(getStaticElements(), ShapedType::kDynamic) != int64_t(getElements().size()))
    return emitOpError("expects a value for each element that is not constant");
  if (!type.hasStaticShape() || type.getNumElements() != int64_t(getStaticElements().size()))
    return emitOpError("expects as many elements as ")
           << type << " has, but got " << getStaticElements().size();
  if (getOut() && getOut().getType() != type)
    return emitOpError("expects a buffer for ") << type << ", but got " << getOut().getType();
  return getOut() ? verifyOuts(*this, getOut()) : success();
}

// The results of an op that writes into buffers are what it wrote.

LogicalResult LaunchOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  llvm::append_range(types, adaptor.getOuts().getTypes());
  return success();
}

LogicalResult IfOp::inferReturnTypes(MLIRContext *, std::optional<Location>, Adaptor adaptor,
                                     SmallVectorImpl<Type> &types) {
  llvm::append_range(types, adaptor.getOuts().getTypes());
  return success();
}

Operation *LaunchOp::getAnchor() {
  Operation *first = &getBody().front().front();
  return isElementwise(first) ? nullptr : first;
}

SmallVector<Operation *> LaunchOp::getElementwise() {
  SmallVector<Operation *> members;
  for (Operation &op : getBody().front().without_terminator())
    if (&op != getAnchor())
      members.push_back(&op);
  return members;
}

Operation *LaunchOp::getRoot() { return getBody().front().getTerminator()->getPrevNode(); }

/// The ops of a launch: an anchor, then elementwise ops, each of which only later ones read.
static LogicalResult verifyMembers(LaunchOp launch) {
  Block &body = launch.getBody().front();
  if (!isa<YieldOp>(body.getTerminator()))
    return launch.emitOpError("expects to end with 'kernel.yield'");
  if (body.without_terminator().empty())
    return launch.emitOpError("expects an op");
  for (Operation &op : body.without_terminator()) {
    if (!isa_and_present<qnn::QNNDialect>(op.getDialect()) || op.getNumRegions() ||
        isa<qnn::ConstantOp, qnn::ObserveOp>(op))
      return launch.emitOpError("expects ops that a kernel computes, but got '")
             << op.getName() << "'";
    if (&op != &body.front() && !isElementwise(&op))
      return launch.emitOpError("expects elementwise ops behind the first, but got '")
             << op.getName() << "'";
  }
  for (Operation &op : body.without_terminator())
    for (OpOperand &operand : op.getOpOperands())
      if (isSizeOperand(operand) &&
          !isa_and_present<SizesOp, qnn::ConstantOp>(operand.get().getDefiningOp()))
        return launch.emitOpError("expects operand ")
               << operand.getOperandNumber() << " of '" << op.getName() << "' to be made of sizes";
  Operation *anchor = launch.getAnchor(), *root = launch.getRoot();
  if (anchor && anchor != root && !takesEpilogue(anchor))
    return launch.emitOpError("expects nothing behind '")
           << anchor->getName() << "', which takes no epilogue";
  auto yielded = body.getTerminator()->getOperands();
  if (!llvm::equal(yielded, root->getResults()))
    return launch.emitOpError("expects to yield the results of the last op");
  return success();
}

/// The shape of `leaf` aligned to that of the result, as far as types tell.
static SmallVector<int64_t> alignShape(LaunchOp launch, Value leaf, size_t rank) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(leaf.getType()).getShape();
  SmallVector<int64_t> aligned(rank - std::min(rank, shape.size()), 1);
  std::optional<int64_t> axis = getChannelAxis(launch.getElementwise(), leaf);
  if (!axis || shape.size() != 1 || !rank) {
    aligned.append(shape.begin(), shape.end());
    return aligned;
  }
  aligned.push_back(1);
  aligned[*axis < 0 ? *axis + rank : *axis] = shape[0];
  return aligned;
}

static bool canRead(LaunchOp launch, Value leaf, LeafAccess access) {
  ArrayRef<int64_t> result =
      cast<RankedTensorType>(launch.getRoot()->getResult(0).getType()).getShape();
  SmallVector<int64_t> shape = alignShape(launch, leaf, result.size());
  auto areOne = [](ArrayRef<int64_t> sizes) {
    return llvm::all_of(sizes, [](int64_t size) { return size == 1 || size < 0; });
  };
  switch (access) {
  case LeafAccess::Full:
    return shape.size() == result.size() && succeeded(verifyCompatibleShape(shape, result));
  case LeafAccess::Column:
    return !shape.empty() && areOne(ArrayRef(shape).drop_back()) &&
           succeeded(verifyCompatibleShape(shape.back(), result.back()));
  case LeafAccess::Scalar:
    return areOne(shape);
  case LeafAccess::Broadcast:
    return true;
  }
  llvm_unreachable("covered switch");
}

/// `reads` names what the elementwise ops read from outside, in order.
static LogicalResult verifyLeaves(LaunchOp launch) {
  SmallVector<Value> expected;
  Operation *anchor = launch.getAnchor();
  for (Operation *op : launch.getElementwise())
    for (Value operand : op->getOperands())
      if (operand.getParentRegion() != &launch.getBody() && !llvm::is_contained(expected, operand))
        expected.push_back(operand);
  if (!llvm::equal(expected, launch.getLeaves()) || launch.getAccesses().size() != expected.size())
    return launch.emitOpError("expects 'reads' to list what the elementwise ops read, in order");
  for (auto [i, leaf] : llvm::enumerate(launch.getLeaves())) {
    LeafAccess access = launch.getAccess(i);
    if (access > LeafAccess::Broadcast)
      return launch.emitOpError("expects an access for each tensor that is read");
    if (anchor && access == LeafAccess::Broadcast)
      return launch.emitOpError("expects no broadcast behind '") << anchor->getName() << "'";
    if (!canRead(launch, leaf, access))
      return launch.emitOpError("cannot read ")
             << leaf.getType() << " as '" << stringifyLeafAccess(access) << "'";
  }
  return success();
}

LogicalResult LaunchOp::verifyRegions() {
  if (failed(verifyMembers(*this)) || failed(verifyLeaves(*this)))
    return failure();
  if (!llvm::equal(getOuts().getTypes(), getRoot()->getResultTypes()))
    return emitOpError("expects a buffer for each result of the last op");
  return verifyOuts(*this, getOuts());
}

LogicalResult IfOp::verifyRegions() {
  if (getCondition().getType().hasStaticShape() && getCondition().getType().getNumElements() != 1)
    return emitOpError("expects a condition of one element, but got ") << getCondition().getType();
  for (Region *region : {&getThenRegion(), &getElseRegion()}) {
    TypeRange types = region->front().getTerminator()->getOperandTypes();
    if (types.size() != getOuts().size())
      return emitOpError("expects both regions to yield ") << getOuts().size() << " results";
    for (auto [type, out] : llvm::zip(types, getOuts().getTypes()))
      if (getElementTypeOrSelf(type) != getElementTypeOrSelf(out) ||
          failed(verifyCompatibleShape(type, out)))
        return emitOpError("yields ") << type << " into a buffer for " << out;
  }
  return verifyOuts(*this, getOuts());
}
