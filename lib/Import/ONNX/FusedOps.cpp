// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// com.microsoft's contractions with an activation, as ONNX Runtime's optimizer
/// writes them.

#include "Compose.h"
#include "Convolutions.h"
#include "Matrices.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"
#include <limits>

using namespace mlir;

namespace bitwright::onnximport {

namespace {

/// The activation `name` with its parameters, of which those left out have ONNX's defaults.
Value activate(Node &n, Value x, StringRef name, ArrayRef<float> parameters) {
  auto parameter = [&](size_t index, float defaultValue) {
    return n.number(index < parameters.size() ? parameters[index] : defaultValue);
  };
  constexpr float largest = std::numeric_limits<float>::max();
  if (name.empty())
    return x;
  if (name == "Relu")
    return n.create<qnn::ReluOp>({x});
  if (name == "Sigmoid")
    return n.create<qnn::SigmoidOp>({x});
  if (name == "Tanh")
    return n.create<qnn::TanhOp>({x});
  if (name == "LeakyRelu")
    return n.create<qnn::LeakyReluOp>({x}, {{"alpha", parameter(0, 0.01f)}});
  if (name == "Clip")
    return n.create<qnn::ClipOp>({x},
                                 {{"min", parameter(0, -largest)}, {"max", parameter(1, largest)}});
  if (name == "HardSigmoid")
    return n.create<qnn::HardSigmoidOp>(
        {x}, {{"alpha", parameter(0, 0.2f)}, {"beta", parameter(1, 0.5f)}});
  n.fail("attribute 'activation' does not support '" + name + "'");
  return {};
}

/// Conv, plus input 3, then the activation.
void buildFusedConv(Node &n) {
  std::string activation = n.getString("activation", "");
  std::vector<float> parameters = n.getFloats("activation_params");
  Value result = convolve(n);
  if (n.hasInput(3))
    result = add(n, result, n.getInput(3));
  n.setResult(activate(n, result, activation, parameters));
}

void buildFusedGemm(Node &n) {
  std::string activation = n.getString("activation", "");
  std::vector<float> parameters;
  for (StringRef name : {"activation_alpha", "activation_beta", "activation_gamma"}) {
    float value = n.getFloat(name, 0);
    if (n.hasAttribute(name))
      parameters.push_back(value);
  }
  n.setResult(activate(n, gemm(n), activation, parameters));
}

} // namespace

ArrayRef<OpEntry> getFusedOps() {
  static const OpEntry entries[] = {
      {"FusedConv", 2, 4, buildFusedConv, 1, 1, "com.microsoft"},
      {"FusedGemm", 2, 3, buildFusedGemm, 1, 1, "com.microsoft"},
  };
  return entries;
}

} // namespace bitwright::onnximport
