// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The recorded models, imported and interpreted, against the outputs that ONNX
/// Runtime gave: at most 1e-4 of the largest reference value apart.

#include "bitwright/Import/ONNX/Importer.h"
#include "bitwright/Reference/Arrays.h"
#include "bitwright/Reference/Interpreter.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"

using namespace bitwright;

namespace {
struct Recording {
  const char *name;  // of the model's folder
  const char *model; // file in it
  const char *io;    // subfolder with the arrays, "" for the folder itself
};

class RecordedModel : public testing::TestWithParam<Recording> {
protected:
  RecordedModel() { context.loadDialect<qnn::QNNDialect, mlir::func::FuncDialect>(); }

  /// The folder of the model in the repository or in the shared data; "" if absent.
  static std::string findFolder() {
    for (const char *root : {BITWRIGHT_TEST_MODELS, BITWRIGHT_SHARED_DATA "/models"}) {
      std::string folder = std::string(root) + "/" + GetParam().name;
      if (llvm::sys::fs::exists(folder + "/" + GetParam().model))
        return folder;
    }
    return "";
  }

  /// The arrays that io.json lists under `key`.
  llvm::SmallVector<NdArray> readArrays(const std::string &folder, llvm::StringRef key) {
    llvm::SmallVector<NdArray> arrays;
    auto buffer = llvm::MemoryBuffer::getFile(folder + "/io.json");
    if (!buffer) {
      ADD_FAILURE() << "cannot read " << folder << "/io.json";
      return arrays;
    }
    llvm::Expected<llvm::json::Value> json = llvm::json::parse((*buffer)->getBuffer());
    if (!json) {
      ADD_FAILURE() << llvm::toString(json.takeError());
      return arrays;
    }
    for (llvm::json::Value &entry : *json->getAsObject()->getArray(key)) {
      std::string file = folder + "/" + entry.getAsObject()->getString("file")->str();
      llvm::Expected<NdArray> array = readNpy(file);
      if (array)
        arrays.push_back(std::move(*array));
      else
        ADD_FAILURE() << llvm::toString(array.takeError());
    }
    return arrays;
  }

  mlir::MLIRContext context;
};
} // namespace

/// max |value - reference| and max |reference|.
static std::pair<double, double> compare(llvm::ArrayRef<double> values,
                                         llvm::ArrayRef<double> references) {
  double difference = 0, largest = 0;
  for (size_t i = 0; i < references.size(); ++i) {
    // Written so that NaN counts as a difference.
    double d = std::fabs(values[i] - references[i]);
    difference = d <= difference ? difference : d;
    largest = std::max(largest, std::fabs(references[i]));
  }
  return {difference, largest};
}

TEST_P(RecordedModel, MatchesRecordedOutputs) {
  std::string folder = findFolder();
  if (folder.empty())
    GTEST_SKIP() << "model " << GetParam().name << " is not on this machine";
  mlir::OwningOpRef<mlir::ModuleOp> module =
      importOnnx(folder + "/" + GetParam().model, {}, &context);
  ASSERT_TRUE(module);
  auto main = module->lookupSymbol<mlir::func::FuncOp>("main");
  ASSERT_TRUE(main);
  std::string arrays = folder + (*GetParam().io ? "/" : "") + GetParam().io;
  llvm::SmallVector<Tensor> inputs, references;
  for (const NdArray &array : readArrays(arrays, "inputs"))
    inputs.push_back(toTensor(array, &context));
  for (const NdArray &array : readArrays(arrays, "outputs"))
    references.push_back(toTensor(array, &context));
  auto results = interpret(main, inputs);
  ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
  ASSERT_EQ(results->size(), references.size());
  for (size_t i = 0; i < references.size(); ++i) {
    ASSERT_EQ((*results)[i].dims, references[i].dims) << "output " << i;
    auto [difference, largest] = compare(toDoubles((*results)[i]), toDoubles(references[i]));
    EXPECT_LE(difference, 1e-4 * largest) << "output " << i;
    RecordProperty("difference" + std::to_string(i), std::to_string(difference / largest));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Road, RecordedModel,
    testing::Values(Recording{"mnist", "model.onnx", ""}, Recording{"resnet8", "model.onnx", ""},
                    Recording{"fashion-resnet", "model.onnx", ""},
                    Recording{"fashion-mobile", "model.onnx", ""},
                    Recording{"vww", "model.onnx", ""}, Recording{"ultraface", "model.onnx", ""},
                    Recording{"magika", "model.onnx", ""},
                    Recording{"silero_ifless", "model.onnx", ""},
                    Recording{"ppocr_rec", "model.onnx", ""}, Recording{"lm", "model.onnx", ""},
                    Recording{"lm", "model_kv.onnx", "io_kv"}),
    [](const testing::TestParamInfo<Recording> &info) {
      std::string name = std::string(info.param.name) + (*info.param.io ? "_kv" : "");
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });
