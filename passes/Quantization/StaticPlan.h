// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Which ops of a network compute in int8, and which tensors therefore need a
/// scale: the analysis behind static quantization. It reads the IR only.

#ifndef BITWRIGHT_PASSES_QUANTIZATION_STATICPLAN_H
#define BITWRIGHT_PASSES_QUANTIZATION_STATICPLAN_H

#include "dialects/QNN/QNNOps.h"
#include "passes/Quantization/JoinedParts.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include <map>
#include <string>
#include <utility>

namespace bitwright {

class StaticPlan {
public:
  /// `denied` ops stay float for the reason given.
  using Denials = llvm::MapVector<mlir::Operation *, std::string>;

  /// Observers must have been removed from `root`.
  StaticPlan(mlir::Operation *root, const RangeMap &ranges, Denials denied);

  bool isInteger(mlir::Operation *op) const { return integerOps.contains(op); }
  /// Ops that compute in int8, in program order.
  llvm::ArrayRef<mlir::Operation *> getIntegerOps() const { return integerOps.getArrayRef(); }
  /// Tensors that get a quantize and dequantize, each after the one it depends on.
  llvm::ArrayRef<mlir::Value> getTensors() const { return tensors.getArrayRef(); }
  /// Tensors with the same number share scale and zero point.
  int64_t getParameterClass(mlir::Value tensor) const;
  int64_t countClasses() const { return int64_t(classRanges.size()); }
  std::pair<double, double> getClassRange(int64_t index) const { return classRanges[index]; }
  /// Ops that stay float though they compute on floats that quantization might serve, and why.
  const Denials &getFloatOps() const { return floatOps; }

  /// True for an op that becomes the tail of the op in front of it (residual
  /// add, relu, clip): its first operand's tensor is not quantized.
  bool isFused(mlir::Operation *op) const { return heads.contains(op); }

private:
  void classify(mlir::Operation *root);
  void visit(mlir::Operation *op);
  std::string visitForm(qnn::QuantizableInterface op, qnn::IntegerForm form);
  std::string visitContraction(qnn::QuantizableInterface op);
  std::string visitMean(qnn::QuantizableInterface op);
  std::string visitData(qnn::QuantizableInterface op, bool takesConstants);
  bool joinGroup(mlir::Operation *op);
  bool isQuantized(mlir::Value value) const;
  std::string requireQuantized(mlir::Value value) const;
  void deny(mlir::Operation *op, std::string reason);
  bool denyUseless();
  bool denyUnmeasured();
  bool denyDrowned(llvm::function_ref<std::pair<double, double>(mlir::Value)> getRange);
  bool denyDrowned();
  void findTensors();
  void hoistBorder(mlir::Value &value);
  void unify();

  const RangeMap &ranges;
  JoinedParts parts;
  Denials denied, floatOps;
  llvm::SetVector<mlir::Operation *> integerOps;
  /// Fused op -> the op that starts its group.
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> heads;
  /// Tensors inside of groups.
  llvm::DenseSet<mlir::Value> inner;
  llvm::SetVector<mlir::Value> tensors;
  llvm::DenseMap<mlir::Value, int64_t> classes;
  std::vector<std::pair<double, double>> classRanges;
};

/// The operands of an integer op that carry quantized data.
llvm::SmallVector<mlir::OpOperand *> getDataOperands(mlir::Operation *op);
/// True for a move that joins several tensors (concat): what others read too it requantizes, and
/// constants it takes in.
bool joinsTensors(mlir::Operation *op);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_QUANTIZATION_STATICPLAN_H
