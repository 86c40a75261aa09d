// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Sample sources: layouts of arrays, folders, and samples that are made up.

#include "passes/Calibration/SampleSource.h"
#include "bitwright/Support/Numpy.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "gtest/gtest.h"

using namespace bitwright;
using namespace mlir;

namespace {

class SampleSourceTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("bitwright-samples", folder));
  }
  void TearDown() override { llvm::sys::fs::remove_directories(folder); }

  ModelInput input(const char *name, llvm::ArrayRef<int64_t> dims) {
    return {name, RankedTensorType::get(dims, Float32Type::get(&context)), false};
  }

  /// Elements 0, 1, 2, ...
  std::string write(const char *name, llvm::SmallVector<int64_t> dims) {
    NdArray array;
    array.dims = dims;
    array.bytes.resize(array.getNumElements() * 4);
    auto *data = reinterpret_cast<float *>(array.bytes.data());
    for (int64_t i = 0; i < array.getNumElements(); ++i)
      data[i] = float(i);
    std::string path = (folder + "/" + name).str();
    EXPECT_EQ(llvm::toString(writeNpy(path, array)), "");
    return path;
  }

  /// The first elements of each sample.
  std::vector<float> drain(llvm::StringRef path, llvm::ArrayRef<ModelInput> inputs,
                           size_t which = 0) {
    auto source = openSamples(path, inputs);
    if (!source) {
      error = llvm::toString(source.takeError());
      return {};
    }
    std::vector<float> firsts;
    while (true) {
      auto sample = (*source)->next();
      if (!sample) {
        error = llvm::toString(sample.takeError());
        return {};
      }
      if (!*sample)
        return firsts;
      last = (**sample)[which];
      firsts.push_back(last.getElements<float>()[0]);
    }
  }

  MLIRContext context;
  llvm::SmallString<128> folder;
  std::string error;
  NdArray last;
};

constexpr int64_t kDynamic = ShapedType::kDynamic;

} // namespace

TEST_F(SampleSourceTest, CutsTheFirstAxis) {
  std::string path = write("x.npy", {3, 2});
  EXPECT_EQ(drain(path, input("x", {kDynamic, 2})), (std::vector<float>{0, 2, 4}));
  EXPECT_EQ(last.dims, (llvm::SmallVector<int64_t>{1, 2}));
  EXPECT_EQ(drain(path, input("x", {1, 2})), (std::vector<float>{0, 2, 4}));
}

TEST_F(SampleSourceTest, CutsAsManyRowsAsAStaticBatchHas) {
  std::string path = write("x.npy", {5, 2});
  EXPECT_EQ(drain(path, input("x", {2, 2})), (std::vector<float>{0, 4})); // the odd row is left
}

TEST_F(SampleSourceTest, AnExtraAxisCountsSamples) {
  std::string path = write("x.npy", {3, 4, 2});
  EXPECT_EQ(drain(path, input("x", {4, 2})), (std::vector<float>{0, 8, 16}));
  EXPECT_EQ(last.dims, (llvm::SmallVector<int64_t>{4, 2}));
}

TEST_F(SampleSourceTest, AFolderOfArraysForOneInput) {
  write("b.npy", {1, 2});
  write("a.npy", {2, 2});
  EXPECT_EQ(drain(folder, input("x", {kDynamic, 2})), (std::vector<float>{0, 2, 0}));
}

TEST_F(SampleSourceTest, AFolderWithAnArrayForEachInput) {
  write("x.npy", {2, 2});
  write("input_1.npy", {2, 3});
  ModelInput inputs[] = {input("x", {kDynamic, 2}), input("y", {kDynamic, 3})};
  EXPECT_EQ(drain(folder, inputs, 1), (std::vector<float>{0, 3}));
}

TEST_F(SampleSourceTest, DataSetFoldersAreASampleEach) {
  for (const char *set : {"test_data_set_0", "test_data_set_1"}) {
    llvm::sys::fs::create_directory(folder + "/" + set);
    write((std::string(set) + "/input_0.npy").c_str(), {3, 2});
  }
  EXPECT_EQ(drain(folder, input("x", {kDynamic, 2})), (std::vector<float>{0, 0}));
  EXPECT_EQ(last.dims, (llvm::SmallVector<int64_t>{3, 2}));
}

TEST_F(SampleSourceTest, SaysWhatDoesNotFit) {
  std::string path = write("x.npy", {3, 2});
  drain(path, input("x", {kDynamic, 5}));
  EXPECT_NE(error.find("f32[3x2], which does not fit input 'x' of type tensor<?x5xf32>"),
            std::string::npos)
      << error;
  ModelInput two[] = {input("x", {kDynamic, 2}), input("y", {kDynamic, 2})};
  drain(path, two);
  EXPECT_NE(error.find("the model has 2 inputs"), std::string::npos) << error;
  drain((folder + "/absent.npz").str(), input("x", {kDynamic, 2}));
  EXPECT_NE(error.find("no such file or folder"), std::string::npos) << error;
  write("y.npy", {4, 2});
  drain(folder, two);
  EXPECT_NE(error.find("holds 4 samples, the arrays before it 3"), std::string::npos) << error;
}

TEST_F(SampleSourceTest, SyntheticSamplesAreTheSameInEveryRun) {
  ModelInput inputs[] = {
      input("x", {kDynamic, 3}),
      {"i", RankedTensorType::get({kDynamic, kDynamic}, IntegerType::get(&context, 64)), false}};
  auto a = makeSyntheticSamples(inputs, 2), b = makeSyntheticSamples(inputs, 2);
  for (int i = 0; i < 2; ++i) {
    auto left = a->next(), right = b->next();
    ASSERT_TRUE(left && *left && right && *right);
    EXPECT_EQ((**left)[0].bytes, (**right)[0].bytes);
    EXPECT_EQ((**left)[1].dims, (llvm::SmallVector<int64_t>{1, 32}));
    for (int64_t index : (**left)[1].getElements<int64_t>()) {
      EXPECT_GE(index, 0);
      EXPECT_LT(index, 100);
    }
  }
  auto end = a->next();
  EXPECT_TRUE(end && !*end);
}
