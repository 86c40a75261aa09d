// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The attributes of the descriptor: see Descriptor.h.

#include "passes/Codegen/Host/Descriptor.h"

#include "bitwright_rt/abi.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;

LogicalResult bitwright::codegen::checkInterface(func::FuncOp main) {
  for (auto [types, what] :
       {std::pair(main.getArgumentTypes(), "argument"), std::pair(main.getResultTypes(), "result")})
    for (auto [i, type] : llvm::enumerate(types)) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      if (!tensor || tensor.getRank() > BW_MAX_RANK ||
          !bitwright::getDType(tensor.getElementType(), false))
        return main.emitError() << "expects " << what << " " << i
                                << " of 'main' to be a ranked tensor of a type that the runtime"
                                << " has, of rank " << BW_MAX_RANK << " at most, but got " << type;
    }
  return success();
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

static ArrayAttr strings(Builder &b, ArrayRef<std::string> values) {
  return b.getStrArrayAttr(SmallVector<StringRef>(values.begin(), values.end()));
}

void bitwright::codegen::setDescriptor(ModuleOp module, func::FuncOp main, StringRef modelName,
                                       int64_t frameBytes, const NodeNames &nodes,
                                       ArrayRef<char> weights) {
  MLIRContext *context = module.getContext();
  Builder b(context);
  SmallVector<Attribute> inputs, outputs;
  for (auto [i, type] : llvm::enumerate(main.getArgumentTypes()))
    inputs.push_back(
        describe(b, cast<RankedTensorType>(type), main.getArgAttrDict(i), i, "input_"));
  for (auto [i, type] : llvm::enumerate(main.getResultTypes()))
    outputs.push_back(
        describe(b, cast<RankedTensorType>(type), main.getResultAttrDict(i), i, "output_"));
  module->setAttr("qnn.inputs", b.getArrayAttr(inputs));
  module->setAttr("qnn.outputs", b.getArrayAttr(outputs));
  module->setAttr("qnn.node_names", strings(b, nodes.getNodes()));
  module->setAttr("qnn.observer_names", strings(b, nodes.getObservers()));
  module->setAttr("qnn.frame_bytes", b.getI64IntegerAttr(frameBytes));
  module->setAttr("qnn.model_name", b.getStringAttr(modelName));
  auto type = RankedTensorType::get({int64_t(weights.size())}, b.getI8Type());
  StringRef hash = qnn::getWeightStore(context).add(weights);
  module->setAttr("qnn.packed_weights", qnn::WeightAttr::get(context, hash, type));
}
