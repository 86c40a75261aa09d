// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The scheme language.

#include "passes/Pipelines/Schemes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Pipelines/Pipelines.h"
#include "gtest/gtest.h"

using namespace bitwright;

static std::string getError(llvm::StringRef text) {
  Algorithms algorithms;
  mlir::OpPassManager pm("builtin.module");
  return llvm::toString(buildQuantizePipeline(pm, text, algorithms));
}

/// weights, group, symmetric, activations, transforms, rounder of each part.
static std::vector<std::string> describe(llvm::StringRef text) {
  Algorithms algorithms;
  auto parts = parseScheme(text, algorithms);
  if (!parts)
    return {llvm::toString(parts.takeError())};
  std::vector<std::string> result;
  for (const SchemePart &part : *parts) {
    const AssignPassOptions &a = part.recipe.assign;
    std::string line = a.weights + " " + std::to_string(a.group) +
                       (a.symmetric ? " sym " : " asym ") + a.activations;
    for (const std::string &transform : a.transforms)
      line += " " + transform;
    result.push_back(line + " " + a.rounder + (a.keep.empty() ? "" : " keep " + a.keep) +
                     (a.only.empty() ? "" : " only " + a.only));
  }
  return result;
}

/// The pass manager as text, "" where `text` names no scheme.
static std::string printPipeline(llvm::StringRef text) {
  Algorithms algorithms;
  mlir::OpPassManager pm("builtin.module");
  if (llvm::Error error = buildQuantizePipeline(pm, text, algorithms)) {
    llvm::consumeError(std::move(error));
    return "";
  }
  std::string result;
  llvm::raw_string_ostream stream(result);
  pm.printAsTextualPipeline(stream);
  return result;
}

using Lines = std::vector<std::string>;

/// Whoever reads a model simplifies it, once.
TEST(Schemes, TakeASimplifiedModel) {
  for (const char *scheme : {"int8", "int8-dynamic", "int4-awq", "int8+int4-rtn"}) {
    std::string passes = printPipeline(scheme);
    EXPECT_NE(passes.find("qnn-round"), std::string::npos) << passes;
    EXPECT_EQ(passes.find("qnn-fold-constants"), std::string::npos) << passes;
    EXPECT_EQ(passes.find("qnn-simplify-algebra"), std::string::npos) << passes;
  }
}

TEST(Schemes, NamesAreRecipes) {
  EXPECT_EQ(describe("int8"), Lines{"int8 0 sym static rtn"});
  EXPECT_EQ(describe("int8-dynamic"), Lines{"int8 0 sym dynamic smooth rtn"});
  EXPECT_EQ(describe("int8-weight"), Lines{"int8 0 sym float rtn"});
  EXPECT_EQ(describe("int4-rtn"), Lines{"int4 32 asym float rtn"});
  EXPECT_EQ(describe("int4-awq"), Lines{"int4 32 asym float awq awq-clip"});
  EXPECT_EQ(describe("int4-awq:group=64,sym,act=int8"), describe("int4:group=64,sym,act=int8,awq"));
  EXPECT_EQ(describe("int4-awq:clip=off"), Lines{"int4 32 asym float awq rtn"});
  EXPECT_EQ(describe("int4:awq,rtn"), describe("int4-awq:clip=off"));
  EXPECT_EQ(describe("int4-rtn:group=8"), describe("int4:group=8"));
  EXPECT_EQ(describe("int4-gptq:group=128"), Lines{"int4 128 asym float gptq"});
  EXPECT_EQ(describe("int4:group=128,awq,gptq"), Lines{"int4 128 asym float awq gptq"});
  EXPECT_EQ(describe("int4:gptq-refined"), Lines{"int4 32 asym float gptq-refined"});
  EXPECT_EQ(describe("int8:act=dynamic,gptq"), Lines{"int8 0 sym dynamic smooth gptq"});
  EXPECT_EQ(describe("int8:act=dynamic"), describe("int8-dynamic"));
  EXPECT_EQ(describe("int8-dynamic:smooth=off"), Lines{"int8 0 sym dynamic rtn"});
  EXPECT_EQ(describe("int8:act=float,group=64"), Lines{"int8 64 sym float rtn"});
  EXPECT_EQ(describe("int8:per-tensor,smooth"), Lines{"int8 -1 sym static smooth rtn"});
}

TEST(Schemes, PartsAreJoinedByPlus) {
  EXPECT_EQ(describe("int8+int4-awq"),
            (Lines{"int8 0 sym static rtn", "int4 32 asym float awq awq-clip"}));
  EXPECT_EQ(describe("int8:keep=a.+b+int4:only=^c+$"),
            (Lines{"int8 0 sym static rtn keep a.+b", "int4 32 asym float rtn only ^c+$"}));
  EXPECT_EQ(getError("int8+magic"), "unknown scheme 'magic', expects one of int4, int4-awq, "
                                    "int4-gptq, int4-rtn, int8, int8-dynamic, int8-weight");
  EXPECT_NE(getError("int8+"), "");
  EXPECT_NE(getError("+int8"), "");
  EXPECT_EQ(getError("int8:smooth,alpha=0.5+int8-dynamic:alpha=0.6"),
            "parts of a scheme that use 'smooth' have to agree on 'alpha'");
  EXPECT_EQ(getError("int8+int8-dynamic:alpha=0.6"), "");
}

TEST(Schemes, ErrorsAreOneLineAndListWhatExists) {
  EXPECT_EQ(getError("int3"), "unknown scheme 'int3', expects one of int4, int4-awq, int4-gptq, "
                              "int4-rtn, int8, int8-dynamic, int8-weight");
  EXPECT_EQ(getError("int8-weight:group=3"),
            "scheme 'int8-weight' has no option 'group', expects: keep=REGEX, only=REGEX");
  EXPECT_EQ(getError("int4-rtn:group=0"),
            "option 'group=0' of scheme 'int4-rtn' expects group=N with N at least 1");
  EXPECT_EQ(getError("int4-rtn:group"),
            "option 'group' of scheme 'int4-rtn' expects group=N with N at least 1");
  EXPECT_EQ(getError("int4-rtn:sym=1"), "option 'sym=1' of scheme 'int4-rtn' expects sym");
  EXPECT_EQ(getError("int4-rtn:act=int4"),
            "option 'act=int4' of scheme 'int4-rtn' expects act=float|int8");
  EXPECT_EQ(getError("int4-rtn:sym,sym"), "scheme 'int4-rtn' has option 'sym' twice");
  EXPECT_EQ(getError("int4-rtn:sym,asym"), "options 'sym' and 'asym' exclude each other");
  EXPECT_EQ(getError("int4:rtn,awq-clip"), "rounders 'awq-clip' and 'rtn' exclude each other");
  EXPECT_EQ(getError("int4:duo"), "option 'duo' goes with 'awq'");
  EXPECT_EQ(getError("int8:group=32"), "option 'group' goes with act=float");
  EXPECT_EQ(getError("int8-dynamic:alpha=2"), "option 'alpha' expects a number from 0 to 1");
  EXPECT_NE(getError("int4:gptq,act-order=off").find("has no option 'act-order', expects: "),
            std::string::npos);
  EXPECT_EQ(getError("int4:gptq,rtn"), "rounders 'gptq' and 'rtn' exclude each other");
  EXPECT_NE(getError("int8:"), "");
  EXPECT_NE(getError(""), "");
}

TEST(Schemes, AnyoneCanAddSchemesAndParts) {
  struct Magic final : Rounder {
    llvm::StringRef getName() const override { return "magic"; }
    llvm::StringRef getSummary() const override { return "for the test"; }
    RoundedWeights round(const RoundingProblem &problem) const override {
      return makeNearestRounder()->round(problem);
    }
  };
  Algorithms algorithms;
  algorithms.rounders.add(std::make_shared<Magic>());
  Scheme scheme{"test-scheme", "also for the test", {}, false, nullptr};
  scheme.build = [](const Words &, const Algorithms &, Recipe &recipe) {
    recipe.assign.activations = "float";
    return llvm::Error::success();
  };
  algorithms.schemes.add(std::make_shared<Scheme>(scheme));
  auto parts = parseScheme("int4:magic+test-scheme", algorithms);
  ASSERT_TRUE(bool(parts)) << llvm::toString(parts.takeError());
  EXPECT_EQ(parts->front().recipe.assign.rounder, "magic");
  EXPECT_EQ(parts->back().recipe.assign.activations, "float");
  std::string help = describeSchemes(algorithms);
  EXPECT_NE(help.find("test-scheme: also for the test"), std::string::npos);
  EXPECT_NE(help.find("magic: for the test"), std::string::npos);
}
