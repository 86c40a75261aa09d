// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The parts of a model put together: see Program.h.

#include "passes/Codegen/Plan/Program.h"

#include "passes/Codegen/Host/Descriptor.h"

#include "dialects/QNN/Constants.h"

using namespace mlir;
using namespace bitwright::codegen;

static std::string getModelName(ModuleOp module) {
  auto name = module->getAttrOfType<StringAttr>("qnn.model_name");
  return name ? name.str() : "model";
}

Program::Program(ModuleOp module, func::FuncOp main, const Target &target, const AbiLayout &abi)
    : module(module), main(main), abi(abi), target(target), modelName(getModelName(module)),
      sizes(main.getLoc(), nodes), buffers(sizes), kernels(module, this->abi),
      host(module, main.getLoc(), modelName, sizes, this->abi) {}

LogicalResult Program::begin() {
  host.begin();
  // Input dimensions: the constants of the types, or symbols with checks.
  llvm::StringMap<Dim> named;
  for (auto [i, argument] : llvm::enumerate(main.getArguments())) {
    auto type = cast<RankedTensorType>(argument.getType());
    TensorInfo &tensor = info(argument);
    tensor.elementType = type.getElementType();
    tensor.buffer = buffers.add(TensorBuffer::Kind::Input, i);
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
      Dim dim = host.inputDim(i, axis);
      if (!name.empty())
        named[name] = dim;
      tensor.dims.push_back(dim);
      Dim fits = sizes.logicalAnd(sizes.less(-1, dim), sizes.less(dim, int64_t(1) << 31));
      if (failed(sizes.require(fits, main, "a dimension is out of range")))
        return failure();
    }
  }
  return success();
}

LogicalResult Program::finish() {
  if (nodes.getNodes().size() >= size_t(1) << NodeNames::errorNodeBits)
    return main.emitError() << "has more nodes than an error can name";
  SmallVector<Dims> results;
  for (Value result : main.getBody().back().getTerminator()->getOperands())
    results.push_back(info(result).dims);
  host.end(buffers.getArenaBytes(), kernels.getScratchBytes(), results);
  setDescriptor(module, main, modelName, 8 * sizes.numSlots(), nodes, weights.take());
  main.erase();
  return success();
}

//===--- addresses --------------------------------------------------------===//

Value Program::constant(ArrayRef<char> bytes, Location loc) {
  KernelBuilder k = host.kernel(loc);
  return k.gepBytes(host.weights(), k.idx(weights.add(bytes)));
}

void Program::ensureBuffer(Value tensor) {
  auto constant = bitwright::getConstant(tensor);
  if (constant && info(tensor).buffer < 0)
    info(tensor).buffer = buffers.add(TensorBuffer::Kind::Weights, weights.add(constant->bytes));
}

Value Program::pointer(Value tensor, Location loc) {
  ensureBuffer(tensor);
  KernelBuilder k = host.kernel(loc);
  const TensorBuffer &buffer = buffers[info(tensor).buffer];
  switch (buffer.kind) {
  case TensorBuffer::Kind::Weights:
    return k.gepBytes(host.weights(), k.idx(buffer.index));
  case TensorBuffer::Kind::Input:
    return host.input(buffer.index, loc);
  case TensorBuffer::Kind::Output:
    return host.output(buffer.index, loc);
  case TensorBuffer::Kind::Arena:
    return k.gepBytes(host.arena(), host.value(buffer.offset, loc));
  }
  llvm_unreachable("covered switch");
}
