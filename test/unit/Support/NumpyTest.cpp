// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Arrays in NumPy's formats, good and bad. Archives are made by NumPy itself
/// (test/tools/quant-run/numpy.test).

#include "bitwright/Support/Numpy.h"
#include "bitwright/Support/AtomicFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

using namespace bitwright;

namespace {
class Numpy : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createTemporaryFile("bitwright", "npy", path));
  }
  void TearDown() override { llvm::sys::fs::remove(path); }

  /// A file with this dictionary and these bytes, in format version 1.
  void write(std::string header, llvm::StringRef data) const {
    header += '\n';
    std::string file("\x93NUMPY\1\0", 8);
    file += char(header.size() & 0xff);
    file += char(header.size() >> 8);
    ASSERT_FALSE(writeFileAtomically(path, file + header + data.str()));
  }

  std::string readError() const {
    auto array = readNpy(path);
    return array ? "" : llvm::toString(array.takeError());
  }

  void expectRefused(const std::string &header, llvm::StringRef reason) const {
    write(header, std::string(64, '\0'));
    std::string message = readError();
    EXPECT_TRUE(llvm::StringRef(message).contains(reason)) << header << ": " << message;
  }

  llvm::SmallString<128> path;
};

NdArray makeArray(llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> dims) {
  NdArray array;
  array.dims.assign(dims.begin(), dims.end());
  const char *bytes = reinterpret_cast<const char *>(values.data());
  array.bytes.assign(bytes, bytes + values.size() * sizeof(float));
  return array;
}

TEST_F(Numpy, RoundTrip) {
  for (const llvm::SmallVector<int64_t> &dims :
       {llvm::SmallVector<int64_t>{2, 3}, {6}, {}, {0, 4}, {1, 1, 6, 1}}) {
    NdArray array = makeArray({}, dims);
    array.bytes.resize(array.getNumElements() * 4, 'a');
    ASSERT_FALSE(writeNpy(path, array));
    auto read = readNpy(path);
    ASSERT_TRUE(bool(read)) << llvm::toString(read.takeError());
    EXPECT_EQ(read->dtype, BW_F32);
    EXPECT_EQ(read->dims, dims);
    EXPECT_EQ(read->bytes, array.bytes);
  }
}

TEST_F(Numpy, FortranOrderIsConverted) {
  write("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }",
        llvm::StringRef(makeArray({0, 2, 1, 3}, {4}).bytes.data(), 16));
  auto array = readNpy(path);
  ASSERT_TRUE(bool(array));
  EXPECT_EQ(array->getElements<float>().vec(), (std::vector<float>{0, 1, 2, 3}));
}

TEST_F(Numpy, RowsAreReadAlone) {
  ASSERT_FALSE(writeNpy(path, makeArray({0, 1, 2, 3, 4, 5}, {3, 2})));
  auto reader = openArray(path);
  ASSERT_TRUE(bool(reader));
  EXPECT_EQ((*reader)->getNumRows(), 3);
  auto rows = (*reader)->readRows(1, 2);
  ASSERT_TRUE(bool(rows));
  EXPECT_EQ(rows->getElements<float>().vec(), (std::vector<float>{2, 3, 4, 5}));
  EXPECT_TRUE(llvm::errorToBool((*reader)->readRows(2, 2).takeError()));
  EXPECT_TRUE(llvm::errorToBool((*reader)->readRows(-1, 1).takeError()));
}

TEST_F(Numpy, BadHeadersAreRefused) {
  expectRefused("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "Python objects");
  expectRefused("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "big-endian");
  expectRefused("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "structured");
  expectRefused("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }",
                "element type '<c8' is not supported");
  expectRefused("{'descr': '<f4', 'fortran_order': False, 'shape': (1000,), }", "truncated");
  expectRefused("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
                "overflows");
  expectRefused("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904), }",
                "overflows");
  expectRefused("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "malformed");
  expectRefused("{'descr': '<f4', 'fortran_order': False}", "malformed");
  expectRefused("{'descr': '<f4', 'descr': '<f4', 'shape': (1,), }", "malformed");
  expectRefused("__import__('os')", "malformed");
  expectRefused("", "not a NumPy array");
}

TEST_F(Numpy, EveryTruncationIsRefused) {
  ASSERT_FALSE(writeNpy(path, makeArray({1, 2, 3}, {3})));
  auto buffer = llvm::MemoryBuffer::getFile(path);
  ASSERT_TRUE(bool(buffer));
  std::string file = (*buffer)->getBuffer().str();
  for (size_t size = 0; size < file.size(); ++size) {
    ASSERT_FALSE(writeFileAtomically(path, llvm::StringRef(file).take_front(size)));
    EXPECT_NE(readError(), "") << size;
  }
}

TEST_F(Numpy, OtherFilesAreRefused) {
  EXPECT_TRUE(llvm::errorToBool(readNpy("/nonexistent.npy").takeError()));
  EXPECT_TRUE(llvm::errorToBool(readNpy("/dev/zero").takeError()));
  EXPECT_TRUE(llvm::errorToBool(readNpy("/").takeError()));
}
} // namespace
