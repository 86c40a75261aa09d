// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The old file stays until the new one is whole.

#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>

using namespace bitwright;
namespace fs = llvm::sys::fs;

namespace {
class AtomicFile : public ::testing::Test {
protected:
  void SetUp() override { ASSERT_FALSE(fs::createUniqueDirectory("bitwright-test", folder)); }
  void TearDown() override { fs::remove_directories(folder); }

  std::string path(llvm::StringRef name) const { return (folder + "/" + name).str(); }

  static std::string read(const std::string &path) {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    return buffer ? (*buffer)->getBuffer().str() : "<unreadable>";
  }

  size_t countFiles() const {
    std::error_code error;
    size_t count = 0;
    for (fs::directory_iterator it(folder, error), end; it != end && !error; it.increment(error))
      ++count;
    return count;
  }

  llvm::SmallString<128> folder;
};

TEST_F(AtomicFile, WritesAndReplaces) {
  EXPECT_FALSE(writeFileAtomically(path("a"), "one"));
  EXPECT_EQ(read(path("a")), "one");
  EXPECT_FALSE(writeFileAtomically(path("a"), "two"));
  EXPECT_EQ(read(path("a")), "two");
  EXPECT_EQ(countFiles(), 1u);
}

TEST_F(AtomicFile, KeepsTheOldFileWhenTheWriterFails) {
  ASSERT_FALSE(writeFileAtomically(path("a"), "old"));
  llvm::Error error = writeFileAtomically(path("a"), [](llvm::raw_ostream &stream) {
    stream << "half";
    return makeError("no more");
  });
  EXPECT_EQ(llvm::toString(std::move(error)), "no more");
  EXPECT_EQ(read(path("a")), "old");
  EXPECT_EQ(countFiles(), 1u);
}

TEST_F(AtomicFile, KeepsTheOldFileWhenTheDiskIsFull) {
  ASSERT_FALSE(writeFileAtomically(path("a"), "old"));
  rlimit old, small = {1000, RLIM_INFINITY};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  small.rlim_max = old.rlim_max;
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  llvm::Error error = writeFileAtomically(path("a"), std::string(100000, 'x'));
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  std::string message = llvm::toString(std::move(error));
  EXPECT_NE(message.find("cannot write '" + path("a") + "': "), std::string::npos) << message;
  EXPECT_EQ(read(path("a")), "old");
  EXPECT_EQ(countFiles(), 1u);
}

TEST_F(AtomicFile, AGroupAppearsTogether) {
  ASSERT_FALSE(writeFileAtomically(path("a"), "old"));
  {
    OutputGroup group;
    ASSERT_FALSE(writeFileAtomically(path("a"), "new", &group));
    ASSERT_FALSE(writeFileAtomically(path("b"), "new", &group));
    EXPECT_EQ(read(path("a")), "old");
    EXPECT_FALSE(fs::exists(path("b")));
    ASSERT_FALSE(group.commit());
  }
  EXPECT_EQ(read(path("a")), "new");
  EXPECT_EQ(read(path("b")), "new");
  EXPECT_EQ(countFiles(), 2u);
}

TEST_F(AtomicFile, AGroupThatIsNotCommittedLeavesNothing) {
  ASSERT_FALSE(writeFileAtomically(path("a"), "old"));
  {
    OutputGroup group;
    ASSERT_FALSE(writeFileAtomically(path("a"), "new", &group));
    ASSERT_FALSE(writeFileAtomically(path("b"), "new", &group));
  }
  EXPECT_EQ(read(path("a")), "old");
  EXPECT_EQ(countFiles(), 1u);
}

/// A folder takes the place of the last file between writing and commit.
TEST_F(AtomicFile, AGroupIsTakenBackWhereARenameFails) {
  ASSERT_FALSE(writeFileAtomically(path("a"), "old"));
  {
    OutputGroup group;
    for (const char *name : {"a", "b", "c"})
      ASSERT_FALSE(writeFileAtomically(path(name), "new", &group));
    ASSERT_FALSE(fs::create_directory(path("c")));
    std::string message = llvm::toString(group.commit());
    EXPECT_EQ(message, "cannot write '" + path("c") + "': Is a directory");
  }
  EXPECT_EQ(read(path("a")), "old");
  EXPECT_FALSE(fs::exists(path("b")));
  EXPECT_EQ(countFiles(), 2u); // a and the folder c
}

TEST_F(AtomicFile, AGroupRefusesTheSameNameTwice) {
  OutputGroup group;
  ASSERT_FALSE(writeFileAtomically(path("a"), "one", &group));
  std::string message = llvm::toString(writeFileAtomically(path("a"), "two", &group));
  EXPECT_EQ(message, "cannot write '" + path("a") + "': it is the name of another output");
}

TEST_F(AtomicFile, KeepsPermissions) {
  ASSERT_FALSE(writeFileAtomically(path("a"), "old"));
  ASSERT_FALSE(fs::setPermissions(path("a"), fs::perms(0640)));
  ASSERT_FALSE(writeFileAtomically(path("a"), "new"));
  auto permissions = fs::getPermissions(path("a"));
  ASSERT_TRUE(bool(permissions));
  EXPECT_EQ(unsigned(*permissions) & 0777, 0640u);
}

TEST_F(AtomicFile, FollowsSymbolicLinks) {
  ASSERT_FALSE(writeFileAtomically(path("a"), "old"));
  ASSERT_FALSE(fs::create_link(path("a"), path("link")));
  ASSERT_FALSE(writeFileAtomically(path("link"), "new"));
  EXPECT_EQ(read(path("a")), "new");
  EXPECT_TRUE(fs::is_symlink_file(path("link")));
}

TEST_F(AtomicFile, WritesToDevices) {
  EXPECT_FALSE(writeFileAtomically("/dev/null", "gone"));
  std::string message = llvm::toString(writeFileAtomically("/dev/full", "much"));
  EXPECT_EQ(message, "cannot write '/dev/full': No space left on device");
}

TEST_F(AtomicFile, RefusesFolders) {
  std::string message = llvm::toString(writeFileAtomically(folder, "x"));
  EXPECT_EQ(message, "cannot write '" + folder.str().str() + "': it is a directory");
  EXPECT_NE(llvm::toString(writeFileAtomically(path("no/file"), "x")), "");
  EXPECT_NE(llvm::toString(writeFileAtomically("", "x")), "");
}
} // namespace
