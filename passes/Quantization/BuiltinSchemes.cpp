// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The schemes of this family: which passes make each, and which options they take.

#include "bitwright/Support/Error.h"
#include "passes/Calibration/Passes.h"
#include "passes/Quantization/Passes.h"
#include "passes/Quantization/Schemes.h"

using namespace bitwright;
using namespace mlir;
using Kind = SchemeOption::Kind;

static SchemeOption getKeepOption() {
  return {"keep", Kind::Text, {}, "nodes whose name matches stay in float", 0};
}

/// Where int4 schemes agree.
static std::vector<SchemeOption> getBlockOptions() {
  return {
      {"group", Kind::Integer, {}, "weights that share a scale (default 32)", 1},
      {"sym", Kind::Flag, {}, "signed weights, zero point 0", 0},
      {"asym", Kind::Flag, {}, "unsigned weights with a zero point for each block (default)", 0},
      {"act", Kind::Choice, {"float", "int8"}, "activations at run time (default float)", 0},
      getKeepOption()};
}

static llvm::Expected<QuantizeWeightsPassOptions>
getBlockArguments(const SchemeArguments &arguments) {
  if (arguments.has("sym") && arguments.has("asym"))
    return makeError("options 'sym' and 'asym' exclude each other");
  QuantizeWeightsPassOptions options;
  options.bits = 4;
  options.group = arguments.getInteger("group", 32);
  options.symmetric = arguments.getFlag("sym");
  options.activations = arguments.getText("act", "float");
  options.keep = arguments.getText("keep");
  return options;
}

static Scheme getInt8() {
  Scheme scheme{
      "int8",
      "static: weights for each channel, activations with calibrated ranges",
      {{"per-tensor", Kind::Flag, {}, "one scale for each weight tensor", 0}, getKeepOption()},
      nullptr};
  scheme.build = [](const SchemeArguments &arguments, OpPassManager &pm) {
    pm.addPass(createEnsureCalibrationPass({"int8"}));
    QuantizeStaticPassOptions options;
    options.perTensor = arguments.getFlag("per-tensor");
    options.keep = arguments.getText("keep");
    pm.addPass(createQuantizeStaticPass(options));
    return llvm::Error::success();
  };
  return scheme;
}

static Scheme getInt8Dynamic() {
  Scheme scheme{"int8-dynamic",
                "linear ops with int8 weights on activations quantized at run time",
                {{"smooth",
                  Kind::Choice,
                  {"on", "off"},
                  "move outlier channels into weights where "
                  "calibrated (default on)",
                  0},
                 {"alpha", Kind::Number, {}, "how much of them (default: searched)", 0},
                 getKeepOption()},
                nullptr};
  scheme.build = [](const SchemeArguments &arguments, OpPassManager &pm) -> llvm::Error {
    double alpha = arguments.getNumber("alpha", -1);
    if (arguments.has("alpha") && !(alpha >= 0 && alpha <= 1))
      return makeError("option 'alpha' expects a number from 0 to 1");
    std::string keep = arguments.getText("keep");
    if (arguments.getSwitch("smooth", true))
      pm.addPass(createSmoothActivationsPass({alpha, keep}));
    pm.addPass(createQuantizeDynamicPass({keep}));
    return llvm::Error::success();
  };
  return scheme;
}

static Scheme getInt8Weight() {
  Scheme scheme{"int8-weight",
                "linear ops with int8 weights for each channel, float activations",
                {getKeepOption()},
                nullptr};
  scheme.build = [](const SchemeArguments &arguments, OpPassManager &pm) {
    QuantizeWeightsPassOptions options;
    options.bits = 8;
    options.group = 0;
    options.symmetric = true;
    options.keep = arguments.getText("keep");
    pm.addPass(createQuantizeWeightsPass(options));
    return llvm::Error::success();
  };
  return scheme;
}

static Scheme getInt4Rtn() {
  Scheme scheme{"int4-rtn", "linear ops with int4 weights in blocks, rounded to nearest",
                getBlockOptions(), nullptr};
  scheme.build = [](const SchemeArguments &arguments, OpPassManager &pm) -> llvm::Error {
    auto options = getBlockArguments(arguments);
    if (!options)
      return options.takeError();
    pm.addPass(createQuantizeWeightsPass(*options));
    return llvm::Error::success();
  };
  return scheme;
}

static Scheme getInt4Awq() {
  Scheme scheme{"int4-awq", "int4 weights in blocks, scaled and clipped by what activations matter",
                getBlockOptions(), nullptr};
  scheme.options.push_back(
      {"clip", Kind::Choice, {"on", "off"}, "search the range of each block (default on)", 0});
  scheme.options.push_back(
      {"duo", Kind::Flag, {}, "try scales that regard the weights' magnitude too", 0});
  scheme.build = [](const SchemeArguments &arguments, OpPassManager &pm) -> llvm::Error {
    auto options = getBlockArguments(arguments);
    if (!options)
      return options.takeError();
    options->clip = arguments.getSwitch("clip", true);
    pm.addPass(createEnsureCalibrationPass({"int4-awq"}));
    ScaleWeightsPassOptions scale;
    scale.bits = options->bits;
    scale.group = options->group;
    scale.symmetric = options->symmetric;
    scale.duo = arguments.getFlag("duo");
    scale.keep = options->keep;
    pm.addPass(createScaleWeightsPass(scale));
    pm.addPass(createQuantizeWeightsPass(*options));
    return llvm::Error::success();
  };
  return scheme;
}

void bitwright::registerBuiltinSchemes() {
  for (Scheme scheme : {getInt8(), getInt8Dynamic(), getInt8Weight(), getInt4Rtn(), getInt4Awq()})
    registerScheme(std::move(scheme));
}
