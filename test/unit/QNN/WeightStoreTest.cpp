// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The weight store: one copy of equal bytes, and few of them in memory.

#include "dialects/QNN/WeightStore.h"
#include "dialects/QNN/ScratchFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

#include <cstdlib>
#include <fstream>
#include <unistd.h>

using namespace bitwright;

static constexpr size_t weightBytes = size_t(1) << 20;
static constexpr int numWeights = 64;

/// A weight unlike those of other seeds.
static std::vector<char> makeWeight(int seed) {
  std::vector<char> bytes(weightBytes);
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = char((i >> (seed % 8)) * 31 + seed);
  return bytes;
}

/// Of this process, in memory.
static size_t getResidentBytes() {
  std::ifstream file("/proc/self/statm");
  size_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * size_t(::sysconf(_SC_PAGESIZE));
}

/// Reads every byte of the weight `seed` in `store`; false where one is wrong.
static bool holds(const WeightStore &store, llvm::StringRef hash, int seed) {
  auto bytes = store.lookup(hash);
  return bytes && bytes->vec() == makeWeight(seed);
}

TEST(WeightStore, KeepsEqualBytesOnce) {
  WeightStore store;
  std::string a = store.add(makeWeight(1)).str(), b = store.add(makeWeight(1)).str();
  EXPECT_EQ(a, b);
  EXPECT_EQ(store.count(), size_t(1));
  EXPECT_NE(a, store.add(makeWeight(2)).str());
  EXPECT_EQ(store.getSize(a), uint64_t(weightBytes));
  EXPECT_EQ(store.getSize("0"), std::nullopt);
  EXPECT_EQ(store.lookup("0"), std::nullopt);
}

TEST(WeightStore, WeightsBeyondTheLimitLieInAFile) {
  WeightStore store(4 * weightBytes);
  std::vector<std::string> hashes;
  size_t before = getResidentBytes();
  for (int i = 0; i < numWeights; ++i)
    hashes.push_back(store.add(makeWeight(i)).str());
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < numWeights; ++i)
      EXPECT_TRUE(holds(store, hashes[i], i)) << i;
  // Owned ones, read ones, and what the test itself has made.
  EXPECT_LT(getResidentBytes(), before + 24 * weightBytes);
}

TEST(WeightStore, BytesStayWhereTheyWereHandedOut) {
  WeightStore store(weightBytes);
  std::string first = store.add(makeWeight(0)).str();
  std::string second = store.add(makeWeight(1)).str();
  llvm::ArrayRef<char> bytes = *store.lookup(second);
  for (int i = 2; i < 8; ++i)
    store.lookup(store.add(makeWeight(i)));
  store.evict(second);
  EXPECT_EQ(bytes.vec(), makeWeight(1));
  EXPECT_EQ(store.lookup(second)->data(), bytes.data());
  EXPECT_TRUE(holds(store, first, 0));
}

TEST(WeightStore, FilesOfOthersAreReadPieceByPiece) {
  llvm::SmallString<128> path;
  int fd = -1;
  ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("weights", "bin", fd, path));
  for (int i = 0; i < numWeights; ++i) {
    std::vector<char> bytes = makeWeight(i);
    ASSERT_EQ(::write(fd, bytes.data(), bytes.size()), ssize_t(bytes.size()));
  }
  ::close(fd);
  auto opened = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  ASSERT_TRUE(opened);
  std::shared_ptr<llvm::MemoryBuffer> file = std::move(*opened);
  ASSERT_TRUE(isMapped(*file));
  llvm::sys::fs::remove(path);

  WeightStore store(4 * weightBytes);
  size_t before = getResidentBytes();
  std::vector<std::string> hashes;
  for (int i = 0; i < numWeights; ++i)
    hashes.push_back(store.addMapped(file, i * weightBytes, weightBytes).str());
  for (int i = 0; i < numWeights; ++i)
    EXPECT_TRUE(holds(store, hashes[i], i)) << i;
  EXPECT_LT(getResidentBytes(), before + 24 * weightBytes);
}

TEST(WeightStore, RetainOnlyFreesTheRest) {
  WeightStore store(weightBytes);
  llvm::StringSet<> kept;
  std::vector<std::string> hashes;
  for (int i = 0; i < 8; ++i) {
    hashes.push_back(store.add(makeWeight(i)).str());
    if (i % 3 == 0)
      kept.insert(hashes.back());
  }
  store.retainOnly(kept);
  EXPECT_EQ(store.count(), kept.size());
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(holds(store, hashes[i], i), i % 3 == 0);
  EXPECT_EQ(store.add(makeWeight(1)), hashes[1]);
  EXPECT_TRUE(holds(store, hashes[1], 1));
}

/// Where no file can be made, memory has to do.
TEST(WeightStore, WorksWithoutAFolderForFiles) {
  ::setenv("TMPDIR", "/nowhere", /*overwrite=*/1);
  WeightStore store(weightBytes);
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(holds(store, store.add(makeWeight(i)), i));
  ::unsetenv("TMPDIR");
}
