// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Scopes, initializers, nodes and shared constants of a model.

#include "GraphImporter.h"
#include "OpTable.h"
#include "Text.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "dialects/QNN/ShapeInference.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace bitwright::onnximport {

GraphImporter::GraphImporter(StringRef path, const OnnxImportOptions &options, MLIRContext *context)
    : path(path), options(options), context(context), builder(context),
      files(llvm::sys::path::parent_path(path).str(), /*hasFolder=*/path != "-") {
  files.onOpen = options.onExternalFile;
}

LogicalResult GraphImporter::fail(const Twine &reason) {
  return emitError(UnknownLoc::get(context)) << printable(path) << ": " << reason;
}

std::optional<int64_t> GraphImporter::getOpset(StringRef domain) const {
  auto found = opsets.find(domain == "ai.onnx" ? "" : domain);
  if (found == opsets.end())
    return std::nullopt;
  return found->second;
}

//===--- names ------------------------------------------------------------===//

const ImportedValue *GraphImporter::lookup(StringRef name) const {
  for (const Scope *at = scope; at; at = at->outer) {
    auto found = at->values.find(name);
    if (found != at->values.end())
      return &found->second;
  }
  return nullptr;
}

LogicalResult GraphImporter::define(StringRef name, ImportedValue value) {
  return success(!scope->refused.contains(name) &&
                 scope->values.try_emplace(name, std::move(value)).second);
}

LogicalResult GraphImporter::refuse(StringRef name, std::string reason) {
  return success(!scope->values.contains(name) &&
                 scope->refused.try_emplace(name, std::move(reason)).second);
}

std::string GraphImporter::explainMissing(StringRef name) const {
  for (const Scope *at = scope; at; at = at->outer)
    if (auto found = at->refused.find(name); found != at->refused.end())
      return "'" + printable(name) + "' is " + found->second;
  if (isDefinedLater(name))
    return "'" + printable(name) + "' is used before it is defined, or is part of a cycle";
  return "'" + printable(name) + "' is not defined";
}

bool GraphImporter::isDefinedLater(StringRef name) const {
  return llvm::any_of(*current, [&](const onnx::NodeProto *node) {
    return llvm::is_contained(node->output(), name);
  });
}

static std::optional<SmallVector<int64_t>> readStaticShape(const onnx::ValueInfoProto &info) {
  const auto &tensor = info.type().tensor_type();
  if (!info.type().has_tensor_type() || !tensor.has_shape() || tensor.shape().dim_size() > maxRank)
    return std::nullopt;
  SmallVector<int64_t> shape;
  for (const auto &dim : tensor.shape().dim()) {
    if (!dim.has_dim_value() || dim.dim_value() < 0 || dim.dim_value() > maxElements)
      return std::nullopt;
    shape.push_back(dim.dim_value());
  }
  return shape;
}

std::optional<SmallVector<int64_t>> GraphImporter::getDeclaredShape(StringRef name) const {
  if (!scope->graph)
    return std::nullopt;
  for (const auto *infos : {&scope->graph->output(), &scope->graph->value_info()})
    for (const auto &info : *infos)
      if (info.name() == name)
        return readStaticShape(info);
  return std::nullopt;
}

//===--- constants --------------------------------------------------------===//

/// That many bytes of files in memory are worth a system call.
static constexpr uint64_t largeBytes = uint64_t(8) << 20;

Value GraphImporter::createDense(TypedAttr value, Location loc) {
  // Shapes, axes and scalars come by the hundred; one op for each value will do.
  Value &shared = denseConstants[value];
  if (shared && isa<DenseElementsAttr>(value))
    return shared;
  OpBuilder::InsertionGuard guard(builder);
  if (lastConstant)
    builder.setInsertionPointAfter(lastConstant);
  else
    builder.setInsertionPointToStart(&function.getBody().front());
  auto op = qnn::ConstantOp::create(builder, loc, value.getType(), value);
  lastConstant = op;
  return shared = op.getResult();
}

Value GraphImporter::materialize(Constant &constant) {
  if (constant.value)
    return constant.value;
  Location loc = constant.name.empty()
                     ? Location(UnknownLoc::get(context))
                     : Location(NameLoc::get(StringAttr::get(context, constant.name)));
  TypedAttr attribute;
  bool inFile = constant.file && constant.bytes.data() >= constant.file->getBufferStart() &&
                constant.bytes.end() <= constant.file->getBufferEnd();
  if (inFile && constant.type.getNumElements() > maxDenseElements) {
    uint64_t offset = constant.bytes.data() - constant.file->getBufferStart();
    StringRef hash =
        qnn::getWeightStore(context).addMapped(constant.file, offset, constant.bytes.size());
    attribute = qnn::WeightAttr::get(context, hash, constant.type);
  } else {
    attribute = makeConstantAttr(constant.type, constant.bytes);
  }
  // The store has it now, and what was read of a file to make it is not needed any more.
  unusedBytes += constant.bytes.size();
  if (unusedBytes > largeBytes) {
    files.dropPages();
    unusedBytes = 0;
  }
  return constant.value = createDense(attribute, loc);
}

ConstantPtr GraphImporter::fold(Value value, int32_t elementType) {
  if (std::optional<ConstantData> data = getConstant(value)) {
    auto constant = std::make_shared<Constant>();
    constant->type = data->type;
    constant->elementType = elementType;
    constant->bytes = data->bytes;
    constant->storage = data->storage;
    constant->value = value;
    return constant;
  }
  if (std::shared_ptr<const Tensor> tensor = folder.fold(value))
    return makeConstant(context, elementType, tensor->dims, tensor->data);
  auto type = cast<RankedTensorType>(value.getType());
  if (elementType != Int64 || type.getRank() > 1)
    return nullptr;
  std::optional<qnn::KnownIntegers> known = qnn::getKnownIntegers(value);
  if (!known || llvm::is_contained(*known, std::nullopt))
    return nullptr;
  auto integers = llvm::map_to_vector(*known, [](qnn::KnownInteger integer) { return *integer; });
  SmallVector<int64_t> shape;
  if (type.getRank() == 1)
    shape.push_back(known->size());
  else if (known->size() != 1)
    return nullptr;
  return makeIntegers(context, shape, integers);
}

//===--- graphs -----------------------------------------------------------===//

LogicalResult GraphImporter::checkGraph(const onnx::GraphProto &graph) {
  // 16 is metadata_props.
  if (llvm::Error error = checkUnknownFields(graph, "the graph", {16}))
    return fail(llvm::toString(std::move(error)));
  if (graph.sparse_initializer_size())
    return fail("sparse initializers are not supported");
  return success();
}

LogicalResult GraphImporter::importInitializers(const onnx::GraphProto &graph) {
  for (const auto &tensor : graph.initializer()) {
    std::string name = printable(tensor.name());
    if (llvm::Error error = checkUnknownFields(tensor, "initializer '" + name + "'", {16}))
      return fail(llvm::toString(std::move(error)));
    if (tensor.name().empty())
      return fail("an initializer has no name");
    llvm::Expected<ConstantPtr> constant = readTensor(tensor, files, context);
    if (!constant)
      return fail("initializer '" + name + "': " + llvm::toString(constant.takeError()));
    ImportedValue value;
    value.elementType = (*constant)->elementType;
    value.constant = std::move(*constant);
    if (failed(define(tensor.name(), std::move(value))))
      return fail("initializer '" + name + "' is defined twice");
  }
  return success();
}

LogicalResult GraphImporter::checkNode(const onnx::NodeProto &node) {
  // 8 is overload, 9 metadata_props, 10 where to run the node.
  SmallVector<int> allowed = {9, 10};
  if (functions.find(node))
    allowed.push_back(8);
  if (llvm::Error error =
          checkUnknownFields(node, "node '" + printable(node.name()) + "'", allowed))
    return fail(llvm::toString(std::move(error)));
  if (node.op_type().empty())
    return fail("node '" + printable(node.name()) + "' has no op_type");
  if (llvm::all_of(node.output(), [](const std::string &name) { return name.empty(); }))
    return fail("node '" + printable(node.name()) + "' (" + printable(node.op_type()) +
                ") has no outputs");
  if (!getOpset(node.domain()) && !functions.find(node))
    return fail("node '" + printable(node.name()) + "' (" + printable(node.op_type()) +
                "): the model imports no opset of the domain '" + printable(node.domain()) + "'");
  return success();
}

LogicalResult GraphImporter::importNode(const onnx::NodeProto &proto) {
  if (failed(checkNode(proto)))
    return failure();
  if (const ModelFunction *called = functions.find(proto))
    return importCall(proto, *called);
  StringRef domain = proto.domain() == "ai.onnx" ? "" : StringRef(proto.domain());
  int64_t opset = *getOpset(domain);
  Node node(*this, proto, opset);
  std::string known;
  const OpEntry *entry = findOp(domain, proto.op_type(), opset, known);
  if (!entry) {
    node.fail(known);
    return failure();
  }
  if (node.getNumInputs() < entry->minInputs || node.getNumInputs() > entry->maxInputs) {
    std::string most = entry->maxInputs == anyNumber ? "more" : std::to_string(entry->maxInputs);
    node.fail("expects " + std::to_string(entry->minInputs) + " to " + most + " inputs, but got " +
              Twine(node.getNumInputs()));
    return failure();
  }
  entry->build(node);
  if (!node.failed())
    node.checkAllUsed();
  for (unsigned i = 0; i < node.getNumOutputs() && !node.failed(); ++i)
    if (node.hasOutput(i) && !scope->values.contains(proto.output(i)) &&
        !scope->refused.contains(proto.output(i)))
      node.fail("output " + Twine(i) + " is not supported");
  return failure(node.failed());
}

LogicalResult GraphImporter::importNodes(const NodeList &nodes) {
  for (const onnx::NodeProto *node : nodes)
    if (failed(importNode(*node)))
      return failure();
  return success();
}

LogicalResult GraphImporter::importBody(const onnx::GraphProto &graph,
                                        SmallVectorImpl<ImportedValue> &outputs) {
  NodeList nodes = sortNodes(graph.node());
  Scope inner(scope);
  inner.graph = &graph;
  scope = &inner;
  const NodeList *outer = current;
  current = &nodes;
  llvm::scope_exit restore([&] {
    scope = inner.outer;
    current = outer;
  });
  if (failed(checkGraph(graph)) || failed(importInitializers(graph)))
    return failure();
  if (!outer && failed(importInputs(graph)))
    return failure();
  if (outer && graph.input_size())
    return fail("a branch of an If has inputs");
  if (failed(importNodes(nodes)))
    return failure();
  for (const auto &output : graph.output()) {
    const ImportedValue *value = lookup(output.name());
    if (!value)
      return fail("graph output " + explainMissing(output.name()));
    outputs.push_back(*value);
  }
  return success();
}

} // namespace bitwright::onnximport
