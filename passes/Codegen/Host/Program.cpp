// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What a plan says of tensors, and the parts of a model put together: see
/// Program.h.

#include "passes/Codegen/Host/Program.h"

#include "passes/Codegen/Host/Descriptor.h"
#include "passes/Codegen/Plan/Shapes.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace bitwright::codegen;

static std::string getModelName(ModuleOp module) {
  auto name = module->getAttrOfType<StringAttr>("qnn.model_name");
  return name ? name.str() : "model";
}

Program::Program(ModuleOp module, func::FuncOp main, const Target &target, const AbiLayout &abi)
    : Tensors(main.getLoc()), module(module), main(main), abi(abi), target(target),
      modelName(getModelName(module)), kernels(module, this->abi),
      host(module, main.getLoc(), modelName, sizes, this->abi) {
  Block &body = main.getBody().front();
  sizes.begin(&body);
  for (auto check : body.getOps<kernel::RequireOp>())
    nodes.numberOf(check);
  host.begin();
}

LogicalResult Program::finish() {
  if (nodes.getNodes().size() >= size_t(1) << NodeNames::errorNodeBits)
    return main.emitError() << "has more nodes than an error can name";
  Block &body = main.getBody().front();
  auto end = cast<kernel::ReturnOp>(body.getTerminator());
  HostFunctions::Report report{
      readSize(end.getBytes(), end.getStaticBytes()), kernels.getScratchBytes(), {}};
  for (Value result : end.getValues())
    report.results.push_back(info(result).dims);
  host.end(body, report, nodes);
  setDescriptor(module, main, modelName, 8 * sizes.getSlots().size(), nodes, weights.take());
  main.erase();
  return success();
}

LogicalResult bitwright::codegen::refuseType(Operation *op, Type type) {
  return op->emitError() << "node '" << bitwright::getNodeName(op->getLoc()) << "': '"
                         << op->getName() << "' on " << type << " cannot be compiled";
}

//===--- tensors ----------------------------------------------------------===//

TensorInfo Program::read(Value tensor) {
  TensorInfo result;
  auto repeat = [&](DenseI64ArrayAttr attr) {
    if (!attr)
      return;
    Dim &dim = result.dims[attr[0]];
    result.repeat = Repeat{size_t(attr[0]), attr[1], dim};
    dim = sizes.mul(dim, attr[1]);
  };
  auto copy = [&](Value other) { result = info(other); };
  unsigned number = cast<OpResult>(tensor).getResultNumber();
  llvm::TypeSwitch<Operation *>(tensor.getDefiningOp())
      .Case<kernel::InputOp, kernel::OutputOp>(
          [&](auto op) { result.dims = readSizes(op.getSizes(), op.getStaticSizes()); })
      .Case<kernel::BufferOp, kernel::ViewOp>([&](auto op) {
        result.dims = readSizes(op.getSizes(), op.getStaticSizes());
        repeat(op.getRepeatAttr());
      })
      .Case([&](kernel::SizesOp op) {
        for (int64_t size : op.getType().getShape())
          result.dims.push_back(size);
        result.elements = readSizes(op.getElements(), op.getStaticElements());
      })
      .Case<kernel::LaunchOp, kernel::IfOp>([&](auto op) { copy(op.getOuts()[number]); })
      .Case([&](qnn::ObserveOp op) { copy(op.getInput()); })
      .Case([&](qnn::ConstantOp op) {
        if (succeeded(inferShapes(*this, op)))
          copy(tensor);
      })
      .Default([&](Operation *op) {
        // In registers: what is not stored has the sizes of what is.
        auto launch = cast<kernel::LaunchOp>(op->getParentOp());
        copy(launch.getOuts()[op == launch.getRoot() ? number : 0]);
      });
  result.elementType = getElementTypeOrSelf(tensor.getType());
  return result;
}

//===--- addresses --------------------------------------------------------===//

Value Program::constant(ArrayRef<char> bytes, Location loc) {
  KernelBuilder k = host.kernel(loc);
  return k.gepBytes(host.weights(), k.idx(weights.add(bytes)));
}

int64_t Program::offsetOf(Operation *op) {
  auto [entry, isNew] = constants.try_emplace(op);
  if (isNew)
    entry->second = weights.add(bitwright::getConstant(op->getResult(0))->bytes);
  return entry->second;
}

Value Program::pointer(Value tensor, Location loc) {
  KernelBuilder k = host.kernel(loc);
  return llvm::TypeSwitch<Operation *, Value>(kernel::getPlace(tensor))
      .Case([&](kernel::InputOp op) {
        return host.input(cast<BlockArgument>(op.getArgument()).getArgNumber(), loc);
      })
      .Case([&](kernel::OutputOp op) { return host.output(op.getNumber(), loc); })
      .Case([&](kernel::BufferOp op) {
        Dim offset = readSize(op.getOffset(), op.getStaticOffset());
        return k.gepBytes(host.arena(), host.value(offset, loc));
      })
      .Case([&](qnn::ConstantOp op) { return k.gepBytes(host.weights(), k.idx(offsetOf(op))); });
}
