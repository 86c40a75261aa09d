// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Runs a model for calibration with the reference interpreter: slow, but it
/// needs no code generation.

#include "bitwright/Reference/Interpreter.h"
#include "bitwright/Support/Error.h"
#include "dialects/QNN/QNNOps.h"
#include "passes/Calibration/Calibration.h"
#include "llvm/ADT/DenseMap.h"

using namespace bitwright;
using namespace mlir;

namespace {

class InterpreterExecutor final : public CalibrationExecutor {
public:
  explicit InterpreterExecutor(func::FuncOp main) : main(main) {
    main.walk<WalkOrder::PreOrder>(
        [&](qnn::ObserveOp observe) { ids.try_emplace(observe, int64_t(ids.size())); });
  }

  llvm::Error run(Sample inputs, const ObserveCallback &observe) override {
    llvm::SmallVector<Tensor> tensors;
    for (auto [array, type] : llvm::zip_equal(inputs, main.getArgumentTypes()))
      tensors.push_back({llvm::cast<RankedTensorType>(type).getElementType(), std::move(array.dims),
                         std::move(array.bytes)});
    InterpreterOptions options;
    options.onResult = [&](Operation *op, llvm::ArrayRef<Tensor> results) {
      auto it = ids.find(op);
      if (it != ids.end())
        observe(it->second, results[0].as<float>(), results[0].dims);
    };
    return interpret(main, tensors, options).takeError();
  }

private:
  func::FuncOp main;
  llvm::DenseMap<Operation *, int64_t> ids;
};

} // namespace

llvm::Expected<std::unique_ptr<CalibrationExecutor>>
bitwright::makeInterpreterExecutor(ModuleOp module) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main)
    return makeError("the module has no function @main");
  return std::make_unique<InterpreterExecutor>(main);
}
