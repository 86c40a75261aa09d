// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Fixture for tests of the interpreter: parses a function, runs it on tensors
/// and hands back plain numbers.

#ifndef BITWRIGHT_TEST_UNIT_REFERENCE_REFERENCETEST_H
#define BITWRIGHT_TEST_UNIT_REFERENCE_REFERENCETEST_H

#include "bitwright/Reference/Interpreter.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

namespace bitwright {

class ReferenceTest : public testing::Test {
protected:
  using Values = std::vector<double>;
  using Dims = llvm::SmallVector<int64_t>;

  ReferenceTest() { context.loadDialect<qnn::QNNDialect, mlir::func::FuncDialect>(); }

  Tensor f32(llvm::ArrayRef<int64_t> dims, Values values) {
    return fromDoubles(mlir::Float32Type::get(&context), dims, values);
  }
  Tensor f16(llvm::ArrayRef<int64_t> dims, Values values) {
    return fromDoubles(mlir::Float16Type::get(&context), dims, values);
  }
  Tensor integer(unsigned width, llvm::ArrayRef<int64_t> dims, std::vector<int64_t> values) {
    return fromIntegers(mlir::IntegerType::get(&context, width), dims, values);
  }
  Tensor i1(llvm::ArrayRef<int64_t> dims, std::vector<int64_t> v) { return integer(1, dims, v); }
  Tensor i4(llvm::ArrayRef<int64_t> dims, std::vector<int64_t> v) { return integer(4, dims, v); }
  Tensor i8(llvm::ArrayRef<int64_t> dims, std::vector<int64_t> v) { return integer(8, dims, v); }
  Tensor i32(llvm::ArrayRef<int64_t> dims, std::vector<int64_t> v) { return integer(32, dims, v); }
  Tensor i64(llvm::ArrayRef<int64_t> dims, std::vector<int64_t> v) { return integer(64, dims, v); }

  /// Text of a type: "tensor<2x3xf32>".
  static std::string typeOf(const Tensor &tensor) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    stream << tensor.type();
    return text;
  }

  mlir::func::FuncOp parse(const std::string &source) {
    module = mlir::parseSourceString<mlir::ModuleOp>(source, &context);
    EXPECT_TRUE(module) << source;
    return module ? module->lookupSymbol<mlir::func::FuncOp>("main") : nullptr;
  }

  llvm::Expected<llvm::SmallVector<Tensor>> tryRun(const std::string &source,
                                                   llvm::ArrayRef<Tensor> inputs,
                                                   const InterpreterOptions &options = {}) {
    mlir::func::FuncOp main = parse(source);
    if (!main)
      return llvm::createStringError("does not parse");
    return interpret(main, inputs, options);
  }

  /// A function whose arguments %0, %1, ... are `inputs` and whose body is one op;
  /// `op` is written without types, `results` are result types.
  std::string functionOf(const std::string &op, llvm::ArrayRef<Tensor> inputs,
                         const std::string &results, bool functional) {
    std::string arguments, types;
    for (size_t i = 0; i < inputs.size(); ++i) {
      std::string type = typeOf(inputs[i]);
      arguments += (i ? ", " : "") + std::string("%a") + std::to_string(i) + ": " + type;
      types += (i ? ", " : "") + type;
    }
    std::string signature = functional ? "(" + types + ") -> " : types + " -> ";
    return "func.func @main(" + arguments + ") -> " + results + " {\n  %r = " + op + " : " +
           signature + results + "\n  return %r : " + results + "\n}\n";
  }

  /// The one result of one op on arguments %a0, %a1, ...
  Tensor eval(const std::string &op, llvm::ArrayRef<Tensor> inputs, const std::string &result,
              bool functional = false) {
    auto results = tryRun(functionOf(op, inputs, result, functional), inputs);
    if (!results) {
      ADD_FAILURE() << op << ": " << llvm::toString(results.takeError());
      return Tensor();
    }
    return std::move(results->front());
  }

  /// The error of one op; "" where it succeeds.
  std::string errorOf(const std::string &op, llvm::ArrayRef<Tensor> inputs,
                      const std::string &result, bool functional = false) {
    auto results = tryRun(functionOf(op, inputs, result, functional), inputs);
    return results ? "" : llvm::toString(results.takeError());
  }

  /// Elements as doubles; empty after a failure.
  static Values valuesOf(const Tensor &tensor, bool isUnsigned = false) {
    return tensor.elementType ? toDoubles(tensor, isUnsigned) : Values();
  }

  /// Elements within `tolerance` of `expected`.
  static void expectNear(const Tensor &tensor, const Values &expected, double tolerance = 1e-6) {
    Values values = valuesOf(tensor);
    ASSERT_EQ(values.size(), expected.size());
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_NEAR(values[i], expected[i], tolerance) << "element " << i;
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace bitwright

#endif // BITWRIGHT_TEST_UNIT_REFERENCE_REFERENCETEST_H
