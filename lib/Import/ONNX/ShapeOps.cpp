// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Ops that give the same elements another shape or order.

#include "Compose.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace bitwright::onnximport {

namespace {

/// Sets result 0 to a constant where input 0 is one (its bytes are shared), else to `value`.
void setReshaped(Node &n, llvm::function_ref<Value()> create,
                 std::optional<SmallVector<int64_t>> shape) {
  ImportedValue source = n.getImported(0);
  if (n.failed())
    return;
  if (source.constant && shape) {
    if (ConstantPtr constant = reshaped(*source.constant, *shape)) {
      source.constant = constant;
      source.value = {};
      source.dequantized = nullptr;
      return n.setResult(0, std::move(source));
    }
  }
  n.setResult(create());
}

/// The sizes that a constant `shape` gives a constant of type `type`; nullopt where it does not
/// fit.
std::optional<SmallVector<int64_t>> resolveShape(RankedTensorType type, ArrayRef<int64_t> shape,
                                                 bool allowZero) {
  SmallVector<int64_t> result(shape);
  int64_t known = 1, inferred = -1;
  for (auto [index, size] : llvm::enumerate(result)) {
    if (size == 0 && !allowZero) {
      if (static_cast<int64_t>(index) >= type.getRank())
        return std::nullopt;
      size = type.getShape()[index];
    }
    if (size == -1 && inferred < 0)
      inferred = index;
    else if (size < 0 || llvm::MulOverflow(known, size, known))
      return std::nullopt;
  }
  if (inferred >= 0) {
    if (known == 0)
      return std::nullopt;
    result[inferred] = type.getNumElements() / known;
    known *= result[inferred];
  }
  return known == type.getNumElements() ? std::optional(result) : std::nullopt;
}

void buildReshape(Node &n) {
  bool allowZero = n.getOpset() >= 14 && n.getBool("allowzero", false);
  std::optional<SmallVector<int64_t>> shape = n.getConstantIntegers(1);
  ImportedValue source = n.getImported(0);
  if (shape && source.constant)
    shape = resolveShape(source.constant->type, *shape, allowZero);
  auto create = [&] {
    if (std::optional<SmallVector<int64_t>> declared = n.getShapeInsteadOf(1))
      return reshapeTo(n, n.getInput(0), SmallVector<Size>(declared->begin(), declared->end()));
    return n.create<qnn::ReshapeOp>({n.getInput(0), n.getIndexInput(1)},
                                    {{"allow_zero", n.unit(allowZero)}});
  };
  setReshaped(n, create, source.constant ? shape : std::nullopt);
}

void buildFlatten(Node &n) {
  int64_t rank = n.getRank(0), axis = n.getInt("axis", 1);
  n.expect(axis >= -rank && axis <= rank, "axis " + Twine(axis) + " is out of range");
  axis = axis < 0 ? axis + rank : axis;
  n.setResult(n.create<qnn::FlattenOp>({n.getInput(0)}, {{"axis", n.integer(axis)}}));
}

/// Axes are an attribute, and an input since opset 13.
std::optional<SmallVector<int64_t>> getAxes(Node &n) {
  if (n.getOpset() < 13) {
    n.expect(n.getNumInputs() == 1, "expects 1 input");
    return n.getOptionalInts("axes");
  }
  if (!n.hasInput(1))
    return std::nullopt;
  return n.requireIntegers(1, "axes");
}

/// Axes that are data: the elements stay in their order, whatever the axes.
bool buildByDeclaredShape(Node &n) {
  if (n.getOpset() < 13 || !n.hasInput(1))
    return false;
  std::optional<SmallVector<int64_t>> declared = n.getShapeInsteadOf(1);
  if (declared)
    n.setResult(reshapeTo(n, n.getInput(0), SmallVector<Size>(declared->begin(), declared->end())));
  return declared.has_value();
}

void buildSqueeze(Node &n) {
  if (buildByDeclaredShape(n))
    return;
  std::optional<SmallVector<int64_t>> given = getAxes(n);
  RankedTensorType type = n.getInputType(0);
  if (n.failed())
    return;
  SmallVector<int64_t> axes;
  if (given) {
    axes = n.normalizeAxes(*given, type.getRank());
  } else {
    if (!n.expect(type.hasStaticShape(), "a Squeeze without axes needs a static shape"))
      return;
    for (auto [axis, size] : llvm::enumerate(type.getShape()))
      if (size == 1)
        axes.push_back(axis);
  }
  SmallVector<int64_t> shape;
  bool isExact = type.hasStaticShape();
  for (auto [axis, size] : llvm::enumerate(type.getShape())) {
    if (!llvm::is_contained(axes, static_cast<int64_t>(axis)))
      shape.push_back(size);
    else if (size != 1)
      isExact = false;
  }
  setReshaped(
      n, [&] { return n.squeeze(n.getInput(0), axes); },
      isExact ? std::optional(shape) : std::nullopt);
}

void buildUnsqueeze(Node &n) {
  if (buildByDeclaredShape(n))
    return;
  std::optional<SmallVector<int64_t>> given = getAxes(n);
  if (!n.expect(given.has_value(), "axes are missing"))
    return;
  RankedTensorType type = n.getInputType(0);
  if (n.failed())
    return;
  int64_t rank = type.getRank() + given->size();
  SmallVector<int64_t> axes = n.normalizeAxes(*given, rank);
  if (n.failed())
    return;
  SmallVector<int64_t> shape;
  for (int64_t i = 0, next = 0; i < rank; ++i)
    shape.push_back(llvm::is_contained(axes, i) ? 1 : type.getShape()[next++]);
  setReshaped(n, [&] { return n.unsqueeze(n.getInput(0), axes); }, shape);
}

void buildTranspose(Node &n) {
  int64_t rank = n.getRank(0);
  SmallVector<int64_t> reversed = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  SmallVector<int64_t> perm = n.getInts("perm", reversed);
  n.expect(static_cast<int64_t>(perm.size()) == rank,
           "attribute 'perm' must hold " + Twine(rank) + " axes");
  perm = n.normalizeAxes(perm, rank);
  ImportedValue source = n.getImported(0);
  if (n.failed())
    return;
  if (!source.constant)
    return n.setResult(n.transpose(n.getInput(0), perm));
  source.constant = transposed(*source.constant, perm);
  source.value = {};
  n.setResult(0, std::move(source));
}

/// N x C x H x W with C = b * b * c, to N x c x Hb x Wb.
void buildDepthToSpace(Node &n) {
  int64_t block = n.requireInt("blocksize");
  std::string mode = n.getString("mode", "DCR");
  n.expect(mode == "DCR" || mode == "CRD", "attribute 'mode' must be 'DCR' or 'CRD'");
  if (!n.expect(n.getRank(0) == 4, "expects an input of rank 4"))
    return;
  ArrayRef<int64_t> in = n.getInputType(0).getShape();
  if (!n.expect(block > 0 && block <= (1 << 20) && !ShapedType::isDynamic(in[1]) &&
                    in[1] % (block * block) == 0,
                "the square of attribute 'blocksize' must divide a static number of channels"))
    return;
  int64_t channels = in[1] / (block * block);
  if (!n.expect(!ShapedType::isDynamic(in[2]) && !ShapedType::isDynamic(in[3]),
                "expects static spatial sizes; pin them with --dim"))
    return;
  bool isDepthFirst = mode == "DCR";
  SmallVector<int64_t> split = {0, block, block, channels, in[2], in[3]};
  if (!isDepthFirst)
    split = {0, channels, block, block, in[2], in[3]};
  Value x = n.reshape(n.getInput(0), split);
  if (isDepthFirst)
    x = n.transpose(x, {0, 3, 4, 1, 5, 2});
  else
    x = n.transpose(x, {0, 1, 4, 2, 5, 3});
  n.setResult(n.reshape(x, {0, channels, in[2] * block, in[3] * block}));
}

void buildSpaceToDepth(Node &n) {
  int64_t block = n.requireInt("blocksize");
  std::string mode = n.getString("mode", "DCR");
  n.expect(mode == "DCR" || mode == "CRD", "attribute 'mode' must be 'DCR' or 'CRD'");
  if (!n.expect(n.getRank(0) == 4, "expects an input of rank 4"))
    return;
  ArrayRef<int64_t> in = n.getInputType(0).getShape().drop_front(1);
  if (!n.expect(!llvm::any_of(in, ShapedType::isDynamic),
                "expects static channels and spatial sizes; pin them with --dim"))
    return;
  if (!n.expect(block > 0 && block <= 1 << 20 && in[1] % block == 0 && in[2] % block == 0,
                "attribute 'blocksize' must divide the spatial sizes"))
    return;
  int64_t height = in[1] / block, width = in[2] / block;
  Value x = n.reshape(n.getInput(0), {0, in[0], height, block, width, block});
  if (mode == "DCR")
    x = n.transpose(x, {0, 3, 5, 1, 2, 4});
  else
    x = n.transpose(x, {0, 1, 3, 5, 2, 4});
  n.setResult(n.reshape(x, {0, in[0] * block * block, height, width}));
}

//===--- shapes as values -------------------------------------------------===//

void buildShape(Node &n) {
  int64_t rank = n.getRank(0);
  int64_t start = n.getOpset() >= 15 ? n.getInt("start", 0) : 0;
  int64_t end = n.getOpset() >= 15 ? n.getInt("end", rank) : rank;
  auto clamp = [&](int64_t v) { return std::clamp<int64_t>(v < 0 ? v + rank : v, 0, rank); };
  start = clamp(start);
  end = std::max(start, clamp(end));
  if (n.failed())
    return;
  ArrayRef<int64_t> sizes = n.getInputType(0).getShape().slice(start, end - start);
  if (llvm::any_of(sizes, ShapedType::isDynamic))
    return n.setResult(0,
                       n.create<qnn::ShapeOp>(
                           {n.getInput(0)}, {{"start", n.integer(start)}, {"end", n.integer(end)}}),
                       Int64);
  ImportedValue result;
  result.elementType = Int64;
  result.constant = makeIntegers(n.getContext(), {static_cast<int64_t>(sizes.size())}, sizes);
  n.setResult(0, std::move(result));
}

void buildSize(Node &n) {
  RankedTensorType type = n.getInputType(0);
  if (n.failed())
    return;
  ImportedValue result;
  result.elementType = Int64;
  if (type.hasStaticShape())
    result.constant = makeIntegers(n.getContext(), {}, {type.getNumElements()});
  else
    result.value = n.create<qnn::ReduceProdOp>({n.shapeOf(n.getInput(0))}, {{"axes", n.ints({0})}});
  n.setResult(0, std::move(result));
}

} // namespace

ArrayRef<OpEntry> getShapeOps() {
  static const OpEntry entries[] = {
      {"DepthToSpace", 1, 1, buildDepthToSpace},
      {"Flatten", 1, 1, buildFlatten},
      {"Reshape", 2, 2, buildReshape},
      {"Shape", 1, 1, buildShape},
      {"Size", 1, 1, buildSize},
      {"SpaceToDepth", 1, 1, buildSpaceToDepth},
      {"Squeeze", 1, 2, buildSqueeze},
      {"Transpose", 1, 1, buildTranspose},
      {"Unsqueeze", 1, 2, buildUnsqueeze},
  };
  return entries;
}

} // namespace bitwright::onnximport
