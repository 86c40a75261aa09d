// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What a run reads is not replaced, and what it derives replaces only its own.

#include "bitwright/Support/InputFiles.h"
#include "bitwright/Support/AtomicFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <unistd.h>

using namespace bitwright;
namespace fs = llvm::sys::fs;

namespace {
class InputFilesTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(fs::createUniqueDirectory("bitwright-test", folder));
    ASSERT_FALSE(writeFileAtomically(path("a"), "input"));
    inputs.add(path("a"));
  }
  void TearDown() override { fs::remove_directories(folder); }

  std::string path(llvm::StringRef name) const { return (folder + "/" + name).str(); }
  static std::string read(const std::string &path) {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    return buffer ? (*buffer)->getBuffer().str() : "<unreadable>";
  }
  std::string write(llvm::StringRef name) {
    OutputGroup group(&inputs);
    llvm::Error error = writeFileAtomically(path(name), "output", &group);
    return llvm::toString(error ? std::move(error) : group.commit());
  }

  llvm::SmallString<128> folder;
  InputFiles inputs;
};

TEST_F(InputFilesTest, KeepsAnInputUnderEveryName) {
  ASSERT_EQ(::symlink("a", path("soft").c_str()), 0);
  ASSERT_EQ(::link(path("a").c_str(), path("hard").c_str()), 0);
  ASSERT_EQ(::symlink(".", path("loop").c_str()), 0);
  for (const char *name : {"a", "soft", "hard", "./a", "loop/a", "loop/soft"}) {
    std::string message = write(name);
    EXPECT_NE(message.find(path(name)), std::string::npos) << name << ": " << message;
    EXPECT_NE(message.find(path("a") + "' of this run"), std::string::npos) << message;
  }
  EXPECT_EQ(read(path("a")), "input");
  EXPECT_EQ(write("b"), "");
  EXPECT_EQ(write("b"), "");
}

TEST_F(InputFilesTest, ForgetsAnInputThatIsGone) {
  fs::remove(path("a"));
  EXPECT_EQ(write("a"), "");
  EXPECT_EQ(write("b"), "");
}

TEST_F(InputFilesTest, SamplesOfAFolderAreInputs) {
  ASSERT_FALSE(fs::create_directories(path("s/test_data_set_0")));
  for (const char *name : {"s/x.npy", "s/x.txt", "s/test_data_set_0/input_0.pb"})
    ASSERT_FALSE(writeFileAtomically(path(name), "sample"));
  inputs.addSamples(path("s"));
  EXPECT_NE(write("s/x.npy"), "");
  EXPECT_NE(write("s/test_data_set_0/input_0.pb"), "");
  EXPECT_EQ(write("s/x.txt"), "");
  EXPECT_EQ(write("s/y.npy"), "");
}

TEST_F(InputFilesTest, TwoOutputsAreTwoFiles) {
  ASSERT_EQ(::symlink(".", path("loop").c_str()), 0);
  EXPECT_EQ(llvm::toString(inputs.checkOutputs({path("b"), path("c"), "", "", "-"})), "");
  EXPECT_EQ(llvm::toString(inputs.checkOutputs({"/dev/null", "/dev/null"})), "");
  EXPECT_NE(llvm::toString(inputs.checkOutputs({path("b"), path("./b")})), "");
  EXPECT_NE(llvm::toString(inputs.checkOutputs({path("b"), path("loop/b")})), "");
  EXPECT_NE(llvm::toString(inputs.checkOutputs({"-", "-"})), "");
  OutputGroup group;
  ASSERT_FALSE(writeFileAtomically(path("b"), "one", &group));
  EXPECT_NE(llvm::toString(writeFileAtomically(path("loop/b"), "two", &group)), "");
}

TEST_F(InputFilesTest, ADerivedFileReplacesItsOwn) {
  auto derive = [&](llvm::StringRef name, llvm::StringRef text) {
    OutputGroup group(&inputs);
    std::string file = path(name);
    auto isOurs = [](llvm::StringRef old) { return old.starts_with("ours"); };
    llvm::Error error = group.writeDerived({file, "owner", isOurs}, [&](llvm::raw_ostream &stream) {
      stream << text;
      return llvm::Error::success();
    });
    return llvm::toString(error ? std::move(error) : group.commit());
  };
  EXPECT_EQ(derive("d", "ours 1"), "");
  EXPECT_EQ(derive("d", "ours 2"), "");
  EXPECT_EQ(read(path("d")), "ours 2");
  ASSERT_FALSE(writeFileAtomically(path("d"), "theirs"));
  EXPECT_NE(derive("d", "ours 3").find("'owner'"), std::string::npos);
  EXPECT_EQ(read(path("d")), "theirs");
  EXPECT_EQ(derive("d", "theirs"), "");
  EXPECT_NE(derive("a", "ours"), "");
  EXPECT_EQ(read(path("a")), "input");
}
} // namespace
