// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The scheme language.

#include "passes/Quantization/Schemes.h"
#include "gtest/gtest.h"

using namespace bitwright;

static std::string getError(llvm::StringRef text) {
  registerBuiltinSchemes();
  auto parsed = parseScheme(text);
  return parsed ? "" : llvm::toString(parsed.takeError());
}

TEST(Schemes, ParsesOptions) {
  registerBuiltinSchemes();
  auto parsed = parseScheme("int4-awq:group=64,sym,act=int8,clip=off");
  ASSERT_TRUE(bool(parsed));
  EXPECT_EQ(parsed->first->name, "int4-awq");
  const SchemeArguments &arguments = parsed->second;
  EXPECT_EQ(arguments.getInteger("group", 32), 64);
  EXPECT_TRUE(arguments.getFlag("sym"));
  EXPECT_EQ(arguments.getText("act"), "int8");
  EXPECT_FALSE(arguments.getSwitch("clip", true));
  EXPECT_FALSE(arguments.has("duo"));
}

TEST(Schemes, ErrorsAreOneLineAndListWhatExists) {
  EXPECT_EQ(getError("int3"), "unknown scheme 'int3', expects one of int4-awq, int4-rtn, int8, "
                              "int8-dynamic, int8-weight");
  EXPECT_EQ(getError("int8:group=3"),
            "scheme 'int8' has no option 'group', expects: per-tensor, keep=REGEX");
  EXPECT_EQ(getError("int4-rtn:group=0"),
            "option 'group=0' of scheme 'int4-rtn' expects group=N with N at least 1");
  EXPECT_EQ(getError("int4-rtn:group"),
            "option 'group' of scheme 'int4-rtn' expects group=N with N at least 1");
  EXPECT_EQ(getError("int4-rtn:sym=1"), "option 'sym=1' of scheme 'int4-rtn' expects sym");
  EXPECT_EQ(getError("int4-rtn:act=int4"),
            "option 'act=int4' of scheme 'int4-rtn' expects act=float|int8");
  EXPECT_EQ(getError("int4-rtn:sym,sym"), "scheme 'int4-rtn' has option 'sym' twice");
  EXPECT_NE(getError("int8:"), "");
  EXPECT_NE(getError(""), "");
}

TEST(Schemes, AnyoneCanRegister) {
  registerScheme(
      {"test-scheme", "for the test", {}, [](const SchemeArguments &, mlir::OpPassManager &) {
         return llvm::Error::success();
       }});
  auto parsed = parseScheme("test-scheme");
  ASSERT_TRUE(bool(parsed));
  EXPECT_NE(describeSchemes().find("test-scheme: for the test"), std::string::npos);
}
