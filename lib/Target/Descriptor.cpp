// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// From module attributes to bw_model_desc of abi.h.

#include "Descriptor.h"
#include "bitwright/Support/Error.h"
#include "bitwright/Support/Numpy.h"
#include "bitwright/Target/AbiLayout.h"
#include "bitwright/Target/Emit.h"
#include "bitwright_rt/abi.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"

using namespace bitwright;
using namespace bitwright::detail;

/*--- Reading the module --------------------------------------------------------*/

static llvm::Error malformed(llvm::StringRef attribute) {
  return makeError("the generated module has no valid '" + attribute + "' attribute");
}

static llvm::Error readStrings(mlir::ModuleOp module, llvm::StringRef name,
                               std::vector<std::string> &strings) {
  auto array = module->getAttrOfType<mlir::ArrayAttr>(name);
  if (!array)
    return malformed(name);
  for (mlir::Attribute element : array) {
    auto string = llvm::dyn_cast<mlir::StringAttr>(element);
    if (!string)
      return malformed(name);
    strings.push_back(string.str());
  }
  return llvm::Error::success();
}

static bool readValue(mlir::Attribute attribute, ValueInfo &value) {
  auto dictionary = llvm::dyn_cast<mlir::DictionaryAttr>(attribute);
  if (!dictionary)
    return false;
  auto name = dictionary.getAs<mlir::StringAttr>("name");
  auto dtype = dictionary.getAs<mlir::IntegerAttr>("dtype");
  auto dims = dictionary.getAs<mlir::DenseI64ArrayAttr>("dims");
  auto dimNames = dictionary.getAs<mlir::ArrayAttr>("dim_names");
  if (!name || !dtype || !dims || !dimNames || dims.size() > BW_MAX_RANK ||
      dimNames.size() > static_cast<size_t>(dims.size()) || getDTypeSize(dtype.getInt()) == 0)
    return false;
  value.name = name.str();
  value.dtype = dtype.getInt();
  for (int64_t dim : dims.asArrayRef())
    value.dims.push_back(std::max<int64_t>(dim, -1));
  value.dimNames.resize(dims.size());
  for (auto [target, element] : llvm::zip(value.dimNames, dimNames)) {
    auto string = llvm::dyn_cast<mlir::StringAttr>(element);
    if (!string)
      return false;
    target = string.str();
  }
  return true;
}

static llvm::Error readValues(mlir::ModuleOp module, llvm::StringRef name,
                              llvm::SmallVector<ValueInfo> &values) {
  auto array = module->getAttrOfType<mlir::ArrayAttr>(name);
  if (!array)
    return malformed(name);
  for (mlir::Attribute element : array)
    if (!readValue(element, values.emplace_back()))
      return malformed(name);
  return llvm::Error::success();
}

/// Code may be emitted for more features than it is generated for, never for fewer.
static llvm::Error checkTarget(mlir::ModuleOp module, const TargetSpec &target) {
  if (!module->hasAttr("qnn.target"))
    return llvm::Error::success();
  llvm::Expected<TargetSpec> generated = getTarget(module);
  if (!generated)
    return generated.takeError();
  if (generated->triple == target.triple && !(generated->cpuBits & ~target.cpuBits))
    return llvm::Error::success();
  return makeError("the module is generated for '" + describeTarget(*generated) +
                   "', but the target is '" + describeTarget(target) + "'");
}

llvm::Expected<ModelInfo> detail::readModelInfo(mlir::ModuleOp module, const TargetSpec &target) {
  ModelInfo info;
  auto name = module->getAttrOfType<mlir::StringAttr>("qnn.model_name");
  if (!name)
    return malformed("qnn.model_name");
  if (std::string usable = sanitizeModelName(name); usable != name.getValue())
    return makeError("'" + name.getValue() +
                     "' cannot name a compiled model; expects a name like '" + usable + "'");
  info.name = name.str();
  if (llvm::Error error = readValues(module, "qnn.inputs", info.inputs))
    return std::move(error);
  if (llvm::Error error = readValues(module, "qnn.outputs", info.outputs))
    return std::move(error);
  if (llvm::Error error = readStrings(module, "qnn.node_names", info.nodeNames))
    return std::move(error);
  if (llvm::Error error = readStrings(module, "qnn.observer_names", info.observerNames))
    return std::move(error);
  if (llvm::Error error = checkTarget(module, target))
    return std::move(error);
  info.target = target;
  auto frameBytes = module->getAttrOfType<mlir::IntegerAttr>("qnn.frame_bytes");
  if (!frameBytes || !frameBytes.getType().isInteger(64) || frameBytes.getInt() < 0)
    return malformed("qnn.frame_bytes");
  info.frameBytes = frameBytes.getInt();
  if (auto scheme = module->getAttrOfType<mlir::StringAttr>(qnn::kScheme))
    info.scheme = scheme.str();
  if (auto weights = module->getAttrOfType<mlir::TypedAttr>("qnn.packed_weights")) {
    info.weights = getConstantData(weights);
    if (static_cast<int64_t>(info.weights.bytes.size()) != getByteSize(info.weights.type))
      return malformed("qnn.packed_weights");
  }
  return info;
}

/*--- Making the descriptor -----------------------------------------------------*/

namespace {
/// Builds constants laid out as abi.h lays out its structures.
class DescriptorBuilder {
public:
  DescriptorBuilder(llvm::Module &module)
      : module(module), context(module.getContext()), ptr(llvm::PointerType::get(context, 0)),
        i32(llvm::Type::getInt32Ty(context)), i64(llvm::Type::getInt64Ty(context)) {}

  llvm::Constant *int32(int64_t value) { return llvm::ConstantInt::getSigned(i32, value); }
  llvm::Constant *int64(uint64_t value) { return llvm::ConstantInt::get(i64, value); }
  llvm::Constant *null() { return llvm::ConstantPointerNull::get(ptr); }

  llvm::Constant *string(llvm::StringRef text) {
    llvm::Constant *&global = strings[text];
    if (!global)
      global = constant(llvm::ConstantDataArray::getString(context, text), 1);
    return global;
  }

  llvm::Constant *array(llvm::Type *type, llvm::ArrayRef<llvm::Constant *> elements) {
    if (elements.empty())
      return null();
    return constant(llvm::ConstantArray::get(llvm::ArrayType::get(type, elements.size()), elements),
                    8);
  }

  llvm::Constant *stringArray(llvm::ArrayRef<std::string> texts) {
    llvm::SmallVector<llvm::Constant *> elements;
    for (const std::string &text : texts)
      elements.push_back(string(text));
    return array(ptr, elements);
  }

  llvm::Constant *valueArray(llvm::ArrayRef<ValueInfo> values) {
    llvm::SmallVector<llvm::Constant *> elements;
    for (const ValueInfo &value : values)
      elements.push_back(makeValue(value));
    return array(elements.empty() ? nullptr : elements.front()->getType(), elements);
  }

private:
  llvm::Constant *constant(llvm::Constant *initializer, unsigned align) {
    auto *global = new llvm::GlobalVariable(module, initializer->getType(), /*isConstant=*/true,
                                            llvm::GlobalValue::PrivateLinkage, initializer);
    global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
    global->setAlignment(llvm::Align(align));
    return global;
  }

  /// bw_value_desc
  llvm::Constant *makeValue(const ValueInfo &value) {
    llvm::SmallVector<llvm::Constant *> dims(BW_MAX_RANK, int64(0));
    llvm::SmallVector<llvm::Constant *> dimNames(BW_MAX_RANK, string(""));
    for (size_t axis = 0; axis < value.dims.size(); ++axis) {
      dims[axis] = int64(value.dims[axis]);
      dimNames[axis] = string(value.dimNames[axis]);
    }
    llvm::Constant *fields[] = {
        string(value.name), int32(value.dtype), int32(value.dims.size()),
        llvm::ConstantArray::get(llvm::ArrayType::get(i64, BW_MAX_RANK), dims),
        llvm::ConstantArray::get(llvm::ArrayType::get(ptr, BW_MAX_RANK), dimNames)};
    return llvm::ConstantStruct::getAnon(fields);
  }

  llvm::Module &module;
  llvm::LLVMContext &context;
  llvm::PointerType *ptr;
  llvm::Type *i32, *i64;
  llvm::StringMap<llvm::Constant *> strings;
};
} // namespace

static llvm::GlobalVariable *declareWeights(llvm::Module &module, const ModelInfo &info) {
  auto *type =
      llvm::ArrayType::get(llvm::Type::getInt8Ty(module.getContext()), info.weights.bytes.size());
  auto *weights = new llvm::GlobalVariable(module, type, /*isConstant=*/true,
                                           llvm::GlobalValue::ExternalLinkage, nullptr,
                                           info.getSymbol("weights"));
  weights->setVisibility(llvm::GlobalValue::HiddenVisibility);
  weights->setAlignment(llvm::Align(64));
  return weights;
}

llvm::Error detail::addDescriptor(llvm::Module &module, const ModelInfo &info, bool embedWeights) {
  const TargetSpec &target = info.target;
  AbiLayout layout(module.getDataLayout());
  llvm::Function *plan = module.getFunction(info.getSymbol("plan"));
  llvm::Function *invoke = module.getFunction(info.getSymbol("invoke"));
  for (llvm::Function *function : {plan, invoke})
    if (!function || function->isDeclaration())
      return makeError("the generated module does not define its plan and invoke functions");
  plan->setVisibility(llvm::GlobalValue::HiddenVisibility);
  invoke->setVisibility(llvm::GlobalValue::HiddenVisibility);

  DescriptorBuilder builder(module);
  llvm::ArrayRef<char> bytes = info.weights.bytes;
  llvm::Constant *weights = builder.null();
  if (embedWeights && !bytes.empty())
    weights = declareWeights(module, info);
  // The fields of bw_model_desc, in order.
  llvm::Constant *fields[] = {builder.int32(BW_ABI_MAGIC),
                              builder.int32(BW_ABI_VERSION),
                              builder.int64(layout.modelDesc.bytes),
                              builder.int32(target.arch),
                              builder.int32(0),
                              builder.int64(target.cpuBits),
                              builder.int64(bytes.size()),
                              builder.int64(bw_hash_weights(bytes.data(), bytes.size())),
                              builder.string(info.name),
                              builder.string(describeTarget(target)),
                              builder.string(info.scheme),
                              builder.int32(info.inputs.size()),
                              builder.int32(info.outputs.size()),
                              builder.valueArray(info.inputs),
                              builder.valueArray(info.outputs),
                              builder.int64(0),
                              builder.null(),
                              builder.int64(info.nodeNames.size()),
                              builder.stringArray(info.nodeNames),
                              builder.int64(info.observerNames.size()),
                              builder.stringArray(info.observerNames),
                              builder.int64(info.frameBytes),
                              plan,
                              invoke,
                              weights};
  llvm::Constant *value = llvm::ConstantStruct::getAnon(fields);
  if (module.getDataLayout().getTypeAllocSize(value->getType()) != layout.modelDesc.bytes)
    return makeError("the descriptor of target '" + target.triple + "' differs from abi.h");
  auto *desc =
      new llvm::GlobalVariable(module, value->getType(), /*isConstant=*/true,
                               llvm::GlobalValue::ExternalLinkage, value, info.getSymbol("desc"));
  desc->setAlignment(llvm::Align(16));
  return llvm::Error::success();
}
