// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The two number formats as schemes, with all that goes with them, and the names of some of their
/// recipes.

#include "bitwright/Support/Error.h"
#include "passes/Pipelines/Schemes.h"

using namespace bitwright;
using Kind = WordOption::Kind;

/// The rounder that `words` name, or `byDefault`; an error where they name two.
static llvm::Expected<std::string> findRounder(const Words &words, const Algorithms &algorithms,
                                               std::string byDefault) {
  std::string named;
  for (const Rounder *rounder : algorithms.rounders.getAll()) {
    if (!words.has(rounder->getName()))
      continue;
    if (!named.empty())
      return makeError("rounders '" + named + "' and '" + rounder->getName() +
                       "' exclude each other");
    named = rounder->getName().str();
  }
  return named.empty() ? byDefault : named;
}

/// Transforms and rounder of `recipe`; those in `defaults` are on unless they are turned off.
static llvm::Error addParts(const Words &words, const Algorithms &algorithms,
                            llvm::ArrayRef<llvm::StringRef> defaults, Recipe &recipe) {
  std::string rounder = "rtn";
  for (const Transform *transform : algorithms.transforms.getAll()) {
    llvm::StringRef name = transform->getName();
    bool isOn = words.getSwitch(name, llvm::is_contained(defaults, name));
    for (const WordOption &option : transform->getOptions())
      if (!isOn && words.has(option.name))
        return makeError("option '" + option.name + "' goes with '" + name + "'");
    if (!isOn)
      continue;
    recipe.assign.transforms.push_back(name.str());
    recipe.needsMeasurements |= transform->needsMeasurements();
    if (llvm::StringRef own = transform->getRounder(words); !own.empty())
      rounder = own.str();
  }
  auto chosen = findRounder(words, algorithms, rounder);
  if (!chosen)
    return chosen.takeError();
  recipe.assign.rounder = *chosen;
  recipe.needsMeasurements |= !algorithms.rounders.lookup(*chosen)->needs().empty();
  return llvm::Error::success();
}

/// `int8`: everything that int8 weights can do.
static llvm::Error buildInt8(const Words &words, const Algorithms &algorithms, Recipe &recipe) {
  AssignPassOptions &assign = recipe.assign;
  assign.weights = "int8";
  assign.symmetric = true;
  assign.activations = words.getText("act", "static");
  assign.group = words.getInteger("group", 0);
  if (words.has("group") && assign.activations != "float")
    return makeError("option 'group' goes with act=float");
  if (words.getFlag("per-tensor")) {
    if (assign.activations != "static")
      return makeError("option 'per-tensor' goes with act=static");
    assign.group = -1;
  }
  if (assign.activations == "static") {
    recipe.needsMeasurements = true;
    // One alpha for all tensors does better here than one searched for each
    // (docs/rationale/precision.md).
    recipe.words.values.try_emplace("alpha", "0.65");
  }
  llvm::SmallVector<llvm::StringRef> defaults;
  if (assign.activations == "dynamic")
    defaults.push_back("smooth");
  return addParts(words, algorithms, defaults, recipe);
}

/// `int4`: weights in blocks.
static llvm::Error buildInt4(const Words &words, const Algorithms &algorithms, Recipe &recipe) {
  if (words.has("sym") && words.has("asym"))
    return makeError("options 'sym' and 'asym' exclude each other");
  recipe.assign.weights = "int4";
  recipe.assign.group = words.getInteger("group", 32);
  recipe.assign.symmetric = words.getFlag("sym");
  recipe.assign.activations = words.getText("act", "float");
  return addParts(words, algorithms, {}, recipe);
}

/// Where int4 schemes agree.
static std::vector<WordOption> getBlockOptions() {
  return {
      {"group", Kind::Integer, {}, "weights that share a scale (default 32)", 1},
      {"sym", Kind::Flag, {}, "signed weights, zero point 0", 0},
      {"asym", Kind::Flag, {}, "unsigned weights with a zero point for each block (default)", 0},
      {"act", Kind::Choice, {"float", "int8"}, "activations at run time (default float)", 0}};
}

static std::vector<WordOption> concat(std::vector<WordOption> a, std::vector<WordOption> b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A name for `build` with `words` given.
static Scheme makeRecipe(std::string name, std::string summary, std::vector<WordOption> options,
                         decltype(Scheme::build) build,
                         std::vector<std::pair<std::string, std::string>> words) {
  auto withWords = [build = std::move(build), words](const Words &given,
                                                     const Algorithms &algorithms,
                                                     Recipe &recipe) -> llvm::Error {
    Words all = given;
    for (const auto &[key, value] : words)
      all.values[key] = value;
    return build(all, algorithms, recipe);
  };
  return {std::move(name), std::move(summary), std::move(options), /*takesParts=*/false, withWords};
}

std::vector<Scheme> bitwright::makeBuiltinSchemes(const TransformRegistry &transforms) {
  std::vector<WordOption> awq = transforms.lookup("awq")->getOptions();
  std::vector<WordOption> smooth = transforms.lookup("smooth")->getOptions();
  smooth.insert(smooth.begin(), {"smooth",
                                 Kind::Switch,
                                 {},
                                 "move outlier channels into weights where calibrated (default on)",
                                 0});
  std::vector<WordOption> int8{
      {"per-tensor", Kind::Flag, {}, "one scale for each weight tensor", 0},
      {"act",
       Kind::Choice,
       {"static", "dynamic", "float"},
       "activations: calibrated ranges (default), ranges found at run time, or float",
       0},
      {"group", Kind::Integer, {}, "act=float: weights that share a scale (default: a row)", 1}};
  return {
      {"int8", "int8 weights for each channel, activations in int8 with calibrated ranges", int8,
       /*takesParts=*/true, buildInt8},
      {"int4", "linear ops with int4 weights in blocks", getBlockOptions(), /*takesParts=*/true,
       buildInt4},
      makeRecipe("int8-dynamic",
                 "linear ops with int8 weights on activations quantized at run time", smooth,
                 buildInt8, {{"act", "dynamic"}}),
      makeRecipe("int8-weight", "linear ops with int8 weights for each channel, float activations",
                 {}, buildInt8, {{"act", "float"}}),
      makeRecipe("int4-rtn", "linear ops with int4 weights in blocks, rounded to nearest",
                 getBlockOptions(), buildInt4, {{"rtn", ""}}),
      makeRecipe("int4-awq",
                 "int4 weights in blocks, scaled and clipped by what activations matter",
                 concat(getBlockOptions(), awq), buildInt4, {{"awq", ""}}),
      makeRecipe("int4-gptq", "int4 weights in blocks, each column made up for by those after it",
                 getBlockOptions(), buildInt4, {{"gptq", ""}})};
}
