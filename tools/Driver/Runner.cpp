// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Compiled models through the runtime that users link.

#include "tools/Driver/Runner.h"
#include "bitwright/Support/Error.h"
#include "bitwright_rt/bitwright_rt.h"
#include "dialects/QNN/ScratchFile.h"
#include "tools/Driver/Compile.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemAlloc.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include <unistd.h>

using namespace bitwright;

static int findByName(llvm::ArrayRef<ValueSpec> values, llvm::StringRef name) {
  for (size_t i = 0; i < values.size(); ++i)
    if (values[i].name == name)
      return i;
  return -1;
}

int ModelRunner::findInput(llvm::StringRef name) const { return findByName(inputs, name); }
int ModelRunner::findOutput(llvm::StringRef name) const { return findByName(outputs, name); }

llvm::Expected<std::vector<NdArray>> ModelRunner::run(llvm::ArrayRef<NdArray> values) {
  if (llvm::Error error = prepare(values))
    return std::move(error);
  if (llvm::Error error = invoke())
    return std::move(error);
  std::vector<NdArray> results;
  for (size_t i = 0; i < outputs.size(); ++i)
    results.push_back(getOutput(i));
  return results;
}

static ValueSpec makeSpec(const bw_value_desc &desc) {
  ValueSpec spec;
  spec.name = desc.name;
  spec.dtype = static_cast<bw_dtype>(desc.dtype);
  for (int32_t axis = 0; axis < desc.rank; ++axis) {
    spec.dims.push_back(desc.dims[axis]);
    spec.dimNames.push_back(desc.dim_names[axis]);
  }
  return spec;
}

namespace {
/// Memory that starts at a cache line and only grows.
class Buffer {
public:
  Buffer() = default;
  Buffer(Buffer &&other) : data(other.data), bytes(other.bytes) { other.data = nullptr; }
  Buffer &operator=(Buffer &&) = delete;
  ~Buffer() { release(); }

  void *reserve(size_t size) {
    if (size > bytes || !data) {
      release();
      bytes = std::max<size_t>(size, 64);
      data = llvm::allocate_buffer(bytes, 64);
    }
    return data;
  }

private:
  void release() {
    if (data)
      llvm::deallocate_buffer(data, bytes, 64);
  }
  void *data = nullptr;
  size_t bytes = 0;
};

class CompiledRunner final : public ModelRunner {
public:
  ~CompiledRunner() override {
    bw_context_release(context);
    bw_model_release(model);
  }

  llvm::Error open(llvm::StringRef path, const RunnerOptions &options) {
    label = options.label.empty() ? path.str() : options.label;
    observer = options.observer;
    if (bw_model_load(path.str().c_str(), nullptr, &model) != BW_OK)
      return options.label.empty() ? makeError(bw_last_error()) : fail();
    if (llvm::Error error = openWeights(path, options.weights))
      return error;
    bw_context_options contextOptions = {};
    contextOptions.threads = options.threads;
    if (observer)
      contextOptions.observe = observe;
    contextOptions.observe_user = this;
    if (bw_context_create(&contextOptions, &context) != BW_OK)
      return fail();
    const bw_model_desc *desc = bw_model_get_desc(model);
    for (int32_t i = 0; i < desc->num_inputs; ++i)
      inputs.push_back(makeSpec(desc->inputs[i]));
    for (int32_t i = 0; i < desc->num_outputs; ++i)
      outputs.push_back(makeSpec(desc->outputs[i]));
    inputBuffers.resize(inputs.size());
    outputBuffers.resize(outputs.size());
    inputTensors.resize(inputs.size());
    outputTensors.resize(outputs.size());
    return llvm::Error::success();
  }

  llvm::Error prepare(llvm::ArrayRef<NdArray> values) override {
    if (values.size() != inputs.size())
      return makeError(label + ": expects " + llvm::Twine(inputs.size()) + " inputs, but got " +
                       llvm::Twine(values.size()));
    for (auto [i, value] : llvm::enumerate(values)) {
      if (value.dims.size() > BW_MAX_RANK)
        return makeError(label + ": input '" + inputs[i].name + "' has " +
                         llvm::Twine(value.dims.size()) + " dimensions");
      bw_tensor &tensor = inputTensors[i];
      tensor.data = inputBuffers[i].reserve(value.bytes.size());
      tensor.dtype = value.dtype;
      tensor.rank = value.dims.size();
      llvm::copy(value.dims, tensor.dims);
      tensor.bytes = value.bytes.size();
      llvm::copy(value.bytes, static_cast<char *>(tensor.data));
    }
    if (bw_plan(model, context, inputTensors.data(), inputTensors.size(), outputTensors.data(),
                outputTensors.size()) != BW_OK)
      return fail();
    for (auto [tensor, buffer] : llvm::zip(outputTensors, outputBuffers))
      tensor.data = buffer.reserve(tensor.bytes);
    return llvm::Error::success();
  }

  llvm::Error invoke() override {
    if (bw_invoke(model, context, inputTensors.data(), inputTensors.size(), outputTensors.data(),
                  outputTensors.size()) != BW_OK)
      return fail();
    return llvm::Error::success();
  }

  NdArray getOutput(size_t index) const override {
    const bw_tensor &tensor = outputTensors[index];
    const char *data = static_cast<const char *>(tensor.data);
    NdArray array;
    array.dtype = static_cast<bw_dtype>(tensor.dtype);
    array.dims.assign(tensor.dims, tensor.dims + tensor.rank);
    array.bytes.assign(data, data + tensor.bytes);
    return array;
  }

  llvm::json::Object getFacts() const override {
    const bw_model_desc *desc = bw_model_get_desc(model);
    llvm::json::Array features;
    for (uint64_t bit = 1; bit != 0; bit <<= 1)
      if (const char *name = desc->features & bit ? bw_feature_name(desc->arch, bit) : nullptr)
        features.push_back(name);
    return llvm::json::Object{{"model", desc->name},
                              {"target", desc->target},
                              {"features", std::move(features)},
                              {"scheme", *desc->scheme ? desc->scheme : "none"},
                              {"weights_bytes", int64_t(desc->weights_bytes)},
                              {"weights", desc->weights              ? "embedded"
                                          : desc->weights_bytes == 0 ? "none"
                                                                     : "in a file"},
                              {"nodes", desc->num_nodes}};
  }

private:
  llvm::Error fail() { return makeError(label + ": " + bw_last_error()); }

  llvm::Error openWeights(llvm::StringRef library, llvm::StringRef given) {
    const bw_model_desc *desc = bw_model_get_desc(model);
    if (desc->weights || desc->weights_bytes == 0)
      return llvm::Error::success();
    EmitOptions beside;
    std::string path = given.empty() ? getWeightsPath(library, beside) : given.str();
    if (bw_model_set_weights(model, path.c_str()) != BW_OK)
      return fail();
    return llvm::Error::success();
  }

  /// What calibrates a model has its weights already: of those in the library, which are read once
  /// for each sample, no more stay in memory than lie between two observers.
  static void observe(void *user, int64_t id, const void *data, const int64_t *dims, int64_t rank) {
    auto *runner = static_cast<CompiledRunner *>(user);
    runner->observer(id, data, {dims, static_cast<size_t>(rank)});
    const bw_model_desc *desc = bw_model_get_desc(runner->model);
    if (desc->weights)
      dropPages({static_cast<const char *>(desc->weights), desc->weights_bytes});
  }

  bw_model *model = nullptr;
  bw_context *context = nullptr;
  RunObserver observer;
  std::vector<Buffer> inputBuffers, outputBuffers;
  std::vector<bw_tensor> inputTensors, outputTensors;
};
} // namespace

llvm::Expected<std::unique_ptr<ModelRunner>> bitwright::openLibrary(llvm::StringRef path,
                                                                    const RunnerOptions &options) {
  auto runner = std::make_unique<CompiledRunner>();
  if (llvm::Error error = runner->open(path, options))
    return std::move(error);
  return runner;
}

llvm::Expected<std::unique_ptr<ModelRunner>>
bitwright::compileAndOpen(mlir::ModuleOp module, llvm::StringRef label,
                          const RunnerOptions &options) {
  llvm::Expected<TargetSpec> target = parseTarget("", "native", "");
  if (!target)
    return target.takeError();
  llvm::SmallString<128> name(getScratchFolder()), path;
  llvm::sys::path::append(name, "bitwright-%%%%%%%%%%%%.so");
  int fd = -1;
  if (std::error_code error = llvm::sys::fs::createUniqueFile(name, fd, path))
    return makeError("cannot make a temporary file: " + error.message());
  ::close(fd);
  llvm::FileRemover remover(path);
  llvm::sys::RemoveFileOnSignal(path);
  nameModel(module, /*name=*/"", /*output=*/"", label);
  llvm::scope_exit forget([&] { llvm::sys::DontRemoveFileOnSignal(path); });
  if (mlir::failed(compileModel(module, *target, ArtifactKind::SharedLibrary, path)))
    return std::unique_ptr<ModelRunner>();
  // The file may go once it is mapped.
  RunnerOptions named = options;
  named.label = label.str();
  return openLibrary(path, named);
}
