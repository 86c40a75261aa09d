// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Inputs and outputs of a model, and the function that they become.

#include "FirstError.h"
#include "GraphImporter.h"
#include "ModelReader.h"
#include "Text.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

using namespace mlir;

namespace bitwright::onnximport {

//===--- inputs -----------------------------------------------------------===//

FailureOr<int64_t> GraphImporter::readDim(const onnx::TensorShapeProto::Dimension &dim,
                                          StringRef input, std::string &name) {
  // Exporters write -1 for a size that is not known.
  if (dim.has_dim_value() && dim.dim_value() >= 0) {
    if (dim.dim_value() > maxElements)
      return fail("input '" + printable(input) + "' has the dimension " + Twine(dim.dim_value()));
    return dim.dim_value();
  }
  name = dim.dim_param();
  if (name.empty())
    return ShapedType::kDynamic;
  dimNames.insert(name);
  auto pinned = options.dims.find(name);
  if (pinned == options.dims.end())
    return ShapedType::kDynamic;
  name.clear();
  return pinned->second;
}

FailureOr<RankedTensorType> GraphImporter::readType(const onnx::ValueInfoProto &info,
                                                    SmallVectorImpl<Attribute> &names) {
  std::string what = "input '" + printable(info.name()) + "'";
  if (!info.type().has_tensor_type())
    return fail(what + " is not a tensor (sequence, map, optional and sparse types are not "
                       "supported)");
  const auto &tensor = info.type().tensor_type();
  Type element = getStorageType(context, tensor.elem_type());
  if (!element)
    return fail(what + ": element type " + getTypeName(tensor.elem_type()) + " is not supported");
  if (!tensor.has_shape())
    return fail(what + " has no shape; its rank must be known");
  if (tensor.shape().dim_size() > maxRank)
    return fail(what + " has rank " + Twine(tensor.shape().dim_size()) + ", more than " +
                Twine(maxRank));
  SmallVector<int64_t> shape;
  for (const auto &dim : tensor.shape().dim()) {
    std::string name;
    FailureOr<int64_t> size = readDim(dim, info.name(), name);
    if (failed(size))
      return failure();
    shape.push_back(*size);
    names.push_back(StringAttr::get(context, name));
  }
  return RankedTensorType::get(shape, element);
}

static void setTensorAttributes(MLIRContext *context, NamedAttrList &attributes, StringRef name,
                                RankedTensorType type, int32_t elementType,
                                ArrayRef<Attribute> dimNames) {
  attributes.set("qnn.name", StringAttr::get(context, name));
  if (!type.hasStaticShape())
    attributes.set("qnn.dim_names", ArrayAttr::get(context, dimNames));
  if (isUnsigned(elementType))
    attributes.set("qnn.unsigned", UnitAttr::get(context));
}

LogicalResult GraphImporter::importInput(const onnx::ValueInfoProto &info) {
  if (info.name().empty())
    return fail("a graph input has no name");
  if (const ImportedValue *constant = lookup(info.name())) {
    if (constant->constant && constant->constant->name == info.name())
      return success(); // an initializer that is listed among the inputs
    return fail("graph input '" + printable(info.name()) + "' is defined twice");
  }
  SmallVector<Attribute> names;
  FailureOr<RankedTensorType> type = readType(info, names);
  if (failed(type))
    return failure();
  NamedAttrList attributes;
  int32_t elementType = info.type().tensor_type().elem_type();
  setTensorAttributes(context, attributes, info.name(), *type, elementType, names);
  unsigned index = function.getNumArguments();
  Location loc = NameLoc::get(StringAttr::get(context, info.name()));
  if (failed(function.insertArgument(index, *type, attributes.getDictionary(context), loc)))
    return fail("cannot add the input '" + printable(info.name()) + "'");
  ImportedValue value;
  value.elementType = elementType;
  value.value = function.getArgument(index);
  return define(info.name(), std::move(value));
}

LogicalResult GraphImporter::importInputs(const onnx::GraphProto &graph) {
  for (const auto &input : graph.input())
    if (failed(importInput(input)))
      return failure();
  return checkPinnedDims();
}

LogicalResult GraphImporter::checkPinnedDims() {
  for (const auto &entry : options.dims) {
    if (entry.second < 0 || entry.second > maxElements)
      return fail("cannot pin the dimension '" + printable(entry.first()) + "' to " +
                  Twine(entry.second));
    if (dimNames.contains(entry.first()))
      continue;
    std::vector<std::string> known;
    for (const auto &name : dimNames)
      known.push_back(printable(name.first()));
    llvm::sort(known);
    return fail("there is no dimension '" + printable(entry.first()) + "' to pin (the model has " +
                (known.empty() ? "none" : llvm::join(known, ", ")) + ")");
  }
  return success();
}

//===--- outputs ----------------------------------------------------------===//

/// Names for the dynamic dimensions of an output, where the model declares as many.
static SmallVector<Attribute> readDimNames(const onnx::ValueInfoProto &info,
                                           RankedTensorType type) {
  SmallVector<Attribute> names(type.getRank(), StringAttr::get(type.getContext(), ""));
  const auto &shape = info.type().tensor_type().shape();
  if (shape.dim_size() != type.getRank())
    return names;
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (type.isDynamicDim(i))
      names[i] = StringAttr::get(type.getContext(), shape.dim(i).dim_param());
  return names;
}

LogicalResult GraphImporter::importOutputs(const onnx::GraphProto &graph) {
  SmallVector<ImportedValue> outputs;
  if (failed(importBody(graph, outputs)))
    return failure();
  if (outputs.empty())
    return fail("the graph has no outputs");
  SmallVector<Value> values;
  SmallVector<Type> types;
  SmallVector<DictionaryAttr> attributes;
  llvm::StringSet<> seen;
  for (auto [info, output] : llvm::zip(graph.output(), outputs)) {
    std::string what = "graph output '" + printable(info.name()) + "'";
    // Results are found by their names, so that listing one twice says nothing more.
    if (!seen.insert(info.name()).second)
      continue;
    if (info.type().value_case() != onnx::TypeProto::kTensorType &&
        info.type().value_case() != onnx::TypeProto::VALUE_NOT_SET)
      return fail(what + " is declared as another type than a tensor");
    int32_t declared = info.type().tensor_type().elem_type();
    if (declared != Undefined && declared != output.elementType)
      return fail(what + " is declared as " + getTypeName(declared) + ", but is " +
                  getTypeName(output.elementType));
    values.push_back(output.constant ? materialize(*output.constant) : output.value);
    types.push_back(values.back().getType());
    NamedAttrList list;
    setTensorAttributes(context, list, info.name(), output.getType(), output.elementType,
                        readDimNames(info, output.getType()));
    attributes.push_back(list.getDictionary(context));
  }
  func::ReturnOp::create(builder, UnknownLoc::get(context), values);
  function.setType(builder.getFunctionType(function.getArgumentTypes(), types));
  function.setAllResultAttrs(attributes);
  return success();
}

//===--- the module -------------------------------------------------------===//

/// A name for symbols and files: letters, digits and underscores.
static std::string makeModelName(StringRef wanted, StringRef path) {
  StringRef name = wanted.empty() ? llvm::sys::path::stem(path) : wanted;
  std::string result;
  for (char c : name)
    result += llvm::isAlnum(c) ? c : '_';
  if (result.empty() || llvm::isDigit(result.front()))
    result.insert(0, "model_");
  return result;
}

/// Removes ops without users that builders left behind, last first.
static void removeDeadOps(func::FuncOp function) {
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) { ops.push_back(op); });
  for (Operation *op : llvm::reverse(ops))
    if (op != function && isOpTriviallyDead(op))
      op->erase();
}

OwningOpRef<ModuleOp> GraphImporter::import(const onnx::ModelProto &model) {
  auto versions = readOpsets(model.opset_import(), "the model");
  llvm::Error error = versions ? functions.read(model) : versions.takeError();
  if (error) {
    (void)fail(llvm::toString(std::move(error)));
    return nullptr;
  }
  opsets = std::move(*versions);
  module = ModuleOp::create(UnknownLoc::get(context));
  (*module)->setAttr("qnn.model_name",
                     StringAttr::get(context, makeModelName(options.modelName, path)));
  builder.setInsertionPointToStart(module->getBody());
  function = func::FuncOp::create(builder, UnknownLoc::get(context), "main",
                                  builder.getFunctionType({}, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
  if (failed(importOutputs(model.graph())))
    return nullptr;
  removeDeadOps(function);
  std::string problem;
  {
    FirstError error(context);
    if (failed(verify(*module)))
      problem = error.get().str();
  }
  if (!problem.empty()) {
    (void)fail("the imported module is not valid: " + problem);
    return nullptr;
  }
  return std::move(module);
}

} // namespace bitwright::onnximport

mlir::OwningOpRef<mlir::ModuleOp> bitwright::importOnnx(llvm::StringRef path,
                                                        const OnnxImportOptions &options,
                                                        mlir::MLIRContext *context) {
  context->loadDialect<qnn::QNNDialect, func::FuncDialect>();
  onnximport::GraphImporter importer(path, options, context);
  onnx::ModelProto model;
  if (llvm::Error error = onnximport::readModel(path, model)) {
    (void)importer.fail(llvm::toString(std::move(error)));
    return nullptr;
  }
  return importer.import(model);
}
