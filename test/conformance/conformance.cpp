// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Runs ONNX backend tests through the importer and the reference interpreter,
/// each in a process of its own. Prints "name<tab>status<tab>reason" for each:
/// pass, refused (by the importer), failed (the interpreter refuses), wrong, or
/// crashed.

#include "bitwright/Import/ONNX/Importer.h"
#include "bitwright/Reference/Interpreter.h"
#include "lib/Import/ONNX/Constants.h"
#include "lib/Import/ONNX/Schema.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cmath>
#include <sys/wait.h>
#include <unistd.h>

using namespace bitwright;
using llvm::createStringError;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace {

struct Outcome {
  std::string status, reason;
};

Expected<Tensor> readTensorFile(StringRef path, mlir::MLIRContext *context) {
  auto buffer = llvm::MemoryBuffer::getFile(path, false, false);
  if (!buffer)
    return createStringError(path + ": " + buffer.getError().message());
  onnx::TensorProto proto;
  if (!proto.ParseFromArray((*buffer)->getBufferStart(), (*buffer)->getBufferSize()))
    return createStringError(path + ": not a tensor");
  onnximport::ExternalFiles files("", false);
  auto constant = onnximport::readTensor(proto, files, context);
  if (!constant)
    return constant.takeError();
  Tensor tensor;
  tensor.elementType = (*constant)->type.getElementType();
  tensor.dims.assign((*constant)->type.getShape().begin(), (*constant)->type.getShape().end());
  tensor.data.assign((*constant)->bytes.begin(), (*constant)->bytes.end());
  return tensor;
}

/// The tensors <prefix>0.pb, <prefix>1.pb, ... of a folder.
Expected<llvm::SmallVector<Tensor>> readTensors(const Twine &prefix, mlir::MLIRContext *context) {
  llvm::SmallVector<Tensor> tensors;
  for (unsigned i = 0;; ++i) {
    std::string path = (prefix + Twine(i) + ".pb").str();
    if (!llvm::sys::fs::exists(path))
      return tensors;
    Expected<Tensor> tensor = readTensorFile(path, context);
    if (!tensor)
      return tensor.takeError();
    tensors.push_back(std::move(*tensor));
  }
}

/// --of-max: the largest difference may be 1e-4 of the largest reference value, the bar for models.
bool isOfMax = false;

std::string compareOfMax(llvm::ArrayRef<double> actual, llvm::ArrayRef<double> expected) {
  double largest = 0, difference = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!std::isfinite(actual[i]) || !std::isfinite(expected[i]))
      return "element " + std::to_string(i) + " is not finite";
    largest = std::fmax(largest, std::fabs(expected[i]));
    difference = std::fmax(difference, std::fabs(actual[i] - expected[i]));
  }
  llvm::errs() << "max |difference| " << difference << ", max |reference| " << largest << "\n";
  return difference <= 1e-4 * largest ? "" : "differs by " + std::to_string(difference);
}

/// The tolerances of ONNX's own runner.
bool isClose(double actual, double expected) {
  if (std::isnan(expected) || std::isinf(expected))
    return std::isnan(expected) ? std::isnan(actual) : actual == expected;
  return std::fabs(actual - expected) <= 1e-7 + 1e-3 * std::fabs(expected);
}

std::string compare(const Tensor &actual, const Tensor &expected) {
  if (actual.elementType != expected.elementType)
    return "another element type";
  if (actual.dims != expected.dims)
    return "another shape";
  if (!mlir::isa<mlir::FloatType>(expected.elementType))
    return actual.data == expected.data ? "" : "other integers";
  std::vector<double> a = toDoubles(actual), e = toDoubles(expected);
  if (isOfMax)
    return compareOfMax(a, e);
  for (size_t i = 0; i < e.size(); ++i)
    if (!isClose(a[i], e[i]))
      return "element " + std::to_string(i) + " is " + std::to_string(a[i]) + ", not " +
             std::to_string(e[i]);
  return "";
}

Outcome runSet(mlir::func::FuncOp main, const std::string &folder) {
  mlir::MLIRContext *context = main.getContext();
  auto inputs = readTensors(folder + "/input_", context);
  if (!inputs)
    return {"refused", toString(inputs.takeError())};
  auto expected = readTensors(folder + "/output_", context);
  if (!expected)
    return {"refused", toString(expected.takeError())};
  if (inputs->size() != main.getNumArguments())
    return {"refused", "the test leaves out inputs"};
  auto actual = interpret(main, *inputs);
  if (!actual)
    return {"failed", toString(actual.takeError())};
  if (actual->size() != expected->size())
    return {"wrong", "another number of outputs"};
  for (auto [a, e] : llvm::zip(*actual, *expected))
    if (std::string reason = compare(a, e); !reason.empty())
      return {"wrong", reason};
  return {"pass", ""};
}

Outcome runTest(const std::string &folder) {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  std::string error;
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    if (error.empty())
      error = diagnostic.str();
    return mlir::success();
  });
  auto module = importOnnx(folder + "/model.onnx", {}, &context);
  if (!module)
    return {"refused", error};
  auto main = module->lookupSymbol<mlir::func::FuncOp>("main");
  Outcome outcome = {"refused", "the test has no data"};
  for (unsigned i = 0;; ++i) {
    std::string set = folder + "/test_data_set_" + std::to_string(i);
    if (!llvm::sys::fs::is_directory(set))
      return outcome;
    outcome = runSet(main, set);
    if (outcome.status != "pass")
      return outcome;
  }
}

void print(StringRef folder, const Outcome &outcome) {
  std::string reason = outcome.reason;
  for (char &c : reason)
    if (c == '\n' || c == '\t')
      c = ' ';
  llvm::outs() << folder.rsplit('/').second << "\t" << outcome.status << "\t" << reason << "\n";
  llvm::outs().flush();
}

} // namespace

int main(int argc, char **argv) {
  isOfMax = argc > 1 && StringRef(argv[1]) == "--of-max";
  for (int i = isOfMax ? 2 : 1; i < argc; ++i) {
    pid_t child = fork();
    if (child == 0) {
      alarm(60);
      print(argv[i], runTest(argv[i]));
      _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0)
      return 1;
    if (!WIFEXITED(status))
      print(argv[i], {"crashed", "signal " + std::to_string(WTERMSIG(status))});
  }
  return 0;
}
