// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Models through the reference interpreter.

#include "bitwright/Reference/Interpreter.h"
#include "bitwright/Support/Error.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "tools/Driver/Runner.h"
#include "llvm/Support/Path.h"

using namespace bitwright;

static llvm::Expected<ValueSpec> makeSpec(mlir::Type type, mlir::DictionaryAttr attributes,
                                          llvm::StringRef fallback) {
  auto tensor = llvm::dyn_cast<mlir::RankedTensorType>(type);
  bool isUnsigned = attributes && attributes.contains("qnn.unsigned");
  std::optional<bw_dtype> dtype;
  if (tensor)
    dtype = getDType(tensor.getElementType(), isUnsigned);
  if (!dtype)
    return makeError("value '" + fallback + "' has a type that cannot be fed or read");
  ValueSpec spec;
  spec.name = fallback.str();
  spec.dtype = *dtype;
  mlir::ArrayAttr dimNames;
  if (attributes) {
    if (auto name = attributes.getAs<mlir::StringAttr>("qnn.name"))
      spec.name = name.str();
    dimNames = attributes.getAs<mlir::ArrayAttr>("qnn.dim_names");
  }
  for (auto [axis, dim] : llvm::enumerate(tensor.getShape())) {
    spec.dims.push_back(mlir::ShapedType::isDynamic(dim) ? -1 : dim);
    auto name = dimNames && axis < dimNames.size()
                    ? llvm::dyn_cast<mlir::StringAttr>(dimNames[axis])
                    : mlir::StringAttr();
    spec.dimNames.push_back(name ? name.str() : "");
  }
  return spec;
}

namespace {
class InterpretedRunner final : public ModelRunner {
public:
  llvm::Error open(mlir::OwningOpRef<mlir::ModuleOp> owned, llvm::StringRef path) {
    module = std::move(owned);
    label = path.str();
    main = module->lookupSymbol<mlir::func::FuncOp>("main");
    if (!main)
      return makeError(label + ": the module has no function 'main'");
    if (main.isExternal())
      return makeError(label + ": expects a function 'main' with a body");
    for (unsigned i = 0; i < main.getNumArguments(); ++i) {
      auto spec = makeSpec(main.getArgumentTypes()[i], main.getArgAttrDict(i),
                           ("input_" + llvm::Twine(i)).str());
      if (!spec)
        return makeError(label + ": " + llvm::toString(spec.takeError()));
      inputs.push_back(std::move(*spec));
    }
    for (unsigned i = 0; i < main.getNumResults(); ++i) {
      auto spec = makeSpec(main.getResultTypes()[i], main.getResultAttrDict(i),
                           ("output_" + llvm::Twine(i)).str());
      if (!spec)
        return makeError(label + ": " + llvm::toString(spec.takeError()));
      outputs.push_back(std::move(*spec));
    }
    return llvm::Error::success();
  }

  llvm::Error prepare(llvm::ArrayRef<NdArray> values) override {
    if (values.size() != inputs.size())
      return makeError(label + ": expects " + llvm::Twine(inputs.size()) + " inputs, but got " +
                       llvm::Twine(values.size()));
    arguments.clear();
    for (auto [i, value] : llvm::enumerate(values)) {
      if (value.dtype != inputs[i].dtype || value.dims.size() != inputs[i].dims.size())
        return makeError(label + ": input '" + inputs[i].name + "' expects " +
                         describe(inputs[i].dtype, inputs[i].dims) + ", but got " +
                         describe(value.dtype, value.dims));
      auto type = llvm::cast<mlir::RankedTensorType>(main.getArgumentTypes()[i]);
      arguments.push_back({type.getElementType(), value.dims, value.bytes});
    }
    return llvm::Error::success();
  }

  llvm::Error invoke() override {
    auto values = interpret(main, arguments);
    if (!values)
      return makeError(label + ": " + llvm::toString(values.takeError()));
    results = std::move(*values);
    return llvm::Error::success();
  }

  NdArray getOutput(size_t index) const override {
    return {outputs[index].dtype, results[index].dims, results[index].data};
  }

  llvm::json::Object getFacts() const override {
    auto get = [&](llvm::StringRef name, llvm::StringRef otherwise) {
      auto text = module.get()->getAttrOfType<mlir::StringAttr>(name);
      return text ? text.str() : otherwise.str();
    };
    return llvm::json::Object{{"model", get("qnn.model_name", llvm::sys::path::stem(label))},
                              {"scheme", get(bitwright::qnn::kScheme, "none")},
                              {"target", "none: a module, not compiled"}};
  }

private:
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::func::FuncOp main;
  llvm::SmallVector<Tensor> arguments, results;
};
} // namespace

llvm::Expected<std::unique_ptr<ModelRunner>>
bitwright::makeInterpretedRunner(mlir::OwningOpRef<mlir::ModuleOp> module, llvm::StringRef label) {
  auto runner = std::make_unique<InterpretedRunner>();
  if (llvm::Error error = runner->open(std::move(module), label))
    return std::move(error);
  return runner;
}
