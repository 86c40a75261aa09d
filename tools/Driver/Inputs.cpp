// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Where a model's inputs come from: files, recordings, streams of samples, and
/// a fixed random generator.

#include "bitwright/Support/Error.h"
#include "tools/Driver/Measure.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <cstring>

using namespace bitwright;

/*--- Files ---------------------------------------------------------------------*/

/// An array of another element type than the model's was made for another model, or by mistake:
/// nothing is converted. NumPy has no bf16, which is given as f32.
static llvm::Error checkType(const ValueSpec &value, bw_dtype dtype, llvm::ArrayRef<int64_t> dims,
                             llvm::StringRef path) {
  if (dtype == value.dtype || (dtype == BW_F32 && value.dtype == BW_BF16))
    return llvm::Error::success();
  return makeError(path + ": input '" + value.name + "' expects " +
                   describe(value.dtype, value.dims) + ", but got " + describe(dtype, dims));
}

static llvm::Expected<NdArray> readFor(const ValueSpec &value, llvm::StringRef path) {
  auto reader = openArray(path);
  if (!reader)
    return reader.takeError();
  if (llvm::Error error = checkType(value, (*reader)->getDType(), (*reader)->getDims(), path))
    return std::move(error);
  auto array = (*reader)->readAll();
  if (!array)
    return array.takeError();
  return convertArray(*array, value.dtype, path);
}

llvm::Expected<Samples> bitwright::readInputs(const ModelRunner &runner,
                                              llvm::ArrayRef<std::string> files) {
  size_t count = runner.getInputs().size();
  if (files.size() != count)
    return makeError(runner.getLabel() + ": expects " + llvm::Twine(count) + " inputs, but got " +
                     llvm::Twine(files.size()));
  Samples arrays(count);
  std::vector<bool> isGiven(count, false);
  for (auto [position, file] : llvm::enumerate(files)) {
    auto [name, path] = llvm::StringRef(file).split('=');
    int index = path.empty() ? position : runner.findInput(name);
    if (index < 0)
      return makeError(runner.getLabel() + ": has no input '" + name + "'");
    if (isGiven[index])
      return makeError("input '" + runner.getInputs()[index].name + "' is given twice");
    isGiven[index] = true;
    auto array = readFor(runner.getInputs()[index], path.empty() ? llvm::StringRef(file) : path);
    if (!array)
      return array.takeError();
    arrays[index] = std::move(*array);
  }
  return arrays;
}

/*--- Recordings ----------------------------------------------------------------*/

namespace {
struct Entry {
  std::string name, file;
};
} // namespace

static llvm::Error readEntries(const llvm::json::Object &object, llvm::StringRef key,
                               llvm::StringRef path, std::vector<Entry> &entries) {
  const llvm::json::Array *array = object.getArray(key);
  if (!array)
    return makeError(path + ": has no array '" + key + "'");
  for (const llvm::json::Value &value : *array) {
    const llvm::json::Object *entry = value.getAsObject();
    auto name = entry ? entry->getString("name") : std::nullopt;
    auto file = entry ? entry->getString("file") : std::nullopt;
    if (!name || !file || file->contains('/') || file->empty())
      return makeError(path + ": an entry of '" + key + "' lacks a name or a file beside it");
    entries.push_back({name->str(), file->str()});
  }
  return llvm::Error::success();
}

static void listEntries(llvm::StringRef folder, llvm::StringRef prefix,
                        llvm::ArrayRef<ValueSpec> values, std::vector<Entry> &entries) {
  for (auto [i, value] : llvm::enumerate(values)) {
    std::string file = (prefix + "_" + llvm::Twine(i) + ".npy").str();
    if (llvm::sys::fs::exists(folder + "/" + file))
      entries.push_back({value.name, file});
  }
}

static llvm::Error findEntries(const ModelRunner &runner, llvm::StringRef folder,
                               std::vector<Entry> &inputs, std::vector<Entry> &outputs) {
  std::string path = (folder + "/io.json").str();
  if (!llvm::sys::fs::is_directory(folder))
    return makeError("cannot read '" + folder + "': it is not a folder");
  if (!llvm::sys::fs::exists(path)) {
    listEntries(folder, "input", runner.getInputs(), inputs);
    listEntries(folder, "output", runner.getOutputs(), outputs);
    return llvm::Error::success();
  }
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return makeError("cannot read '" + path + "': " + buffer.getError().message());
  auto json = llvm::json::parse((*buffer)->getBuffer());
  if (!json)
    return makeError(path + ": " + llvm::toString(json.takeError()));
  const llvm::json::Object *object = json->getAsObject();
  if (!object)
    return makeError(path + ": expects an object");
  if (llvm::Error error = readEntries(*object, "inputs", path, inputs))
    return error;
  return readEntries(*object, "outputs", path, outputs);
}

llvm::Expected<Recording> bitwright::readRecording(const ModelRunner &runner,
                                                   llvm::StringRef folder) {
  std::vector<Entry> inputs, outputs;
  if (llvm::Error error = findEntries(runner, folder, inputs, outputs))
    return std::move(error);
  Recording recording;
  std::vector<std::string> files;
  for (const Entry &entry : inputs)
    if (runner.findInput(entry.name) >= 0) // a model may have dropped an unused input
      files.push_back((entry.name + "=" + folder + "/" + entry.file).str());
  auto arrays = readInputs(runner, files);
  if (!arrays)
    return arrays.takeError();
  recording.inputs = std::move(*arrays);
  for (const Entry &entry : outputs) {
    if (runner.findOutput(entry.name) < 0)
      return makeError(runner.getLabel() + ": has no output '" + entry.name + "' of '" + folder +
                       "'");
    auto array = readNpy((folder + "/" + entry.file).str());
    if (!array)
      return array.takeError();
    recording.outputs.emplace_back(entry.name, std::move(*array));
  }
  return recording;
}

/*--- Random --------------------------------------------------------------------*/

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the same on every machine.
static uint64_t nextRandom(uint64_t &state) {
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static NdArray makeRandomArray(const ValueSpec &value, llvm::ArrayRef<int64_t> dims,
                               int64_t integerLimit, uint64_t &state) {
  NdArray source;
  source.dtype = BW_F64;
  source.dims.assign(dims.begin(), dims.end());
  bool isFloat = value.dtype == BW_F32 || value.dtype == BW_F64 || value.dtype == BW_F16 ||
                 value.dtype == BW_BF16;
  int64_t count = source.getNumElements();
  source.bytes.resize(count * sizeof(double));
  for (int64_t i = 0; i < count; ++i) {
    uint64_t bits = nextRandom(state);
    double number = isFloat ? double(int64_t(bits) >> 11) * 0x1p-52
                            : double(bits % uint64_t(value.dtype == BW_BOOL ? 2 : integerLimit));
    std::memcpy(source.bytes.data() + i * sizeof(double), &number, sizeof(double));
  }
  return llvm::cantFail(convertArray(source, value.dtype, value.name));
}

static llvm::Error checkDimNames(const ModelRunner &runner, const llvm::StringMap<int64_t> &dims) {
  for (llvm::StringRef name : dims.keys()) {
    bool isKnown = llvm::any_of(runner.getInputs(), [&](const ValueSpec &value) {
      return llvm::is_contained(value.dimNames, name);
    });
    if (!isKnown)
      return makeError(runner.getLabel() + ": no input has a dynamic dimension '" + name + "'");
  }
  return llvm::Error::success();
}

/// Gives the names of dynamic first dimensions the size `batch`; true where there is one, named or
/// not.
static bool sizeBatch(const ModelRunner &runner, int64_t batch, llvm::StringMap<int64_t> &dims) {
  bool isSized = false;
  for (const ValueSpec &value : runner.getInputs()) {
    if (value.dims.empty() || value.dims.front() >= 0)
      continue;
    llvm::StringRef name = value.dimNames.front();
    isSized |= name.empty() || dims.try_emplace(name, batch).second;
  }
  return isSized;
}

llvm::Expected<Samples> bitwright::makeRandomInputs(const ModelRunner &runner,
                                                    const llvm::StringMap<int64_t> &given,
                                                    int64_t integerLimit,
                                                    std::optional<int64_t> batch) {
  if (llvm::Error error = checkDimNames(runner, given))
    return std::move(error);
  llvm::StringMap<int64_t> dims = given;
  if (batch && !sizeBatch(runner, *batch, dims))
    return makeError(runner.getLabel() + ": --batch sizes a dynamic first dimension, and no input "
                                         "has one that --dim leaves open");
  Samples inputs;
  uint64_t state = 1;
  for (const ValueSpec &value : runner.getInputs()) {
    llvm::SmallVector<int64_t> sizes = value.dims;
    int64_t bytes = 8;
    for (auto [axis, size, name] : llvm::enumerate(sizes, value.dimNames)) {
      auto found = dims.find(name);
      int64_t unnamed = axis == 0 && name.empty() ? batch.value_or(1) : 1;
      if (size < 0)
        size = found == dims.end() ? unnamed : found->second;
      if (llvm::MulOverflow(bytes, std::max<int64_t>(size, 1), bytes) || bytes > int64_t(1) << 36)
        return makeError("input '" + value.name + "' of " + describe(value.dtype, sizes) +
                         " is too large");
    }
    inputs.push_back(makeRandomArray(value, sizes, integerLimit, state));
  }
  return inputs;
}

/*--- Streams -------------------------------------------------------------------*/

namespace {
class SingleStream final : public SampleStream {
public:
  explicit SingleStream(Samples inputs) : inputs(std::move(inputs)) {}
  llvm::Expected<std::optional<Samples>> next() override { return std::exchange(inputs, {}); }

private:
  std::optional<Samples> inputs;
};

class RowStream final : public SampleStream {
public:
  RowStream(std::unique_ptr<ArrayReader> reader, const ValueSpec &value, int64_t batch,
            bool isStatic)
      : reader(std::move(reader)), value(value), batch(batch), isStatic(isStatic) {}

  llvm::Expected<std::optional<Samples>> next() override {
    int64_t count = std::min(batch, reader->getNumRows() - row);
    if (count <= 0)
      return std::optional<Samples>();
    auto rows = reader->readRows(row, count);
    if (!rows)
      return rows.takeError();
    row += count;
    auto converted = convertArray(*rows, value.dtype, reader->getLabel());
    if (!converted)
      return converted.takeError();
    if (isStatic && count < batch)
      repeatLastRow(*converted, count);
    Samples samples;
    samples.push_back(std::move(*converted));
    return std::optional<Samples>(std::move(samples));
  }

private:
  void repeatLastRow(NdArray &array, int64_t count) const {
    size_t rowBytes = array.bytes.size() / count;
    std::vector<char> last(array.bytes.end() - rowBytes, array.bytes.end());
    for (int64_t i = count; i < batch; ++i)
      array.bytes.insert(array.bytes.end(), last.begin(), last.end());
    array.dims.front() = batch;
  }

  std::unique_ptr<ArrayReader> reader;
  ValueSpec value;
  int64_t batch, row = 0;
  bool isStatic;
};

class TokenStream final : public SampleStream {
public:
  TokenStream(const ModelRunner &runner, std::vector<int64_t> tokens, int64_t context)
      : runner(runner), tokens(std::move(tokens)), context(context) {}

  llvm::Expected<std::optional<Samples>> next() override {
    if (static_cast<int64_t>(tokens.size()) - start < context)
      return std::optional<Samples>();
    auto window = llvm::ArrayRef<int64_t>(tokens).slice(start, context);
    start += context;
    auto inputs = makeTokenInputs(runner, window);
    if (!inputs)
      return inputs.takeError();
    return std::optional<Samples>(std::move(*inputs));
  }

private:
  const ModelRunner &runner;
  std::vector<int64_t> tokens;
  int64_t context, start = 0;
};
} // namespace

std::unique_ptr<SampleStream> bitwright::makeSingleStream(Samples inputs) {
  return std::make_unique<SingleStream>(std::move(inputs));
}

llvm::Expected<std::unique_ptr<SampleStream>>
bitwright::makeRowStream(const ModelRunner &runner, llvm::StringRef path, int64_t batch) {
  if (runner.getInputs().size() != 1 || runner.getInputs().front().dims.empty())
    return makeError(runner.getLabel() + ": rows can be fed to a model with one input that has a "
                                         "batch dimension");
  const ValueSpec &value = runner.getInputs().front();
  auto reader = openArray(path);
  if (!reader)
    return reader.takeError();
  if (llvm::Error error = checkType(value, (*reader)->getDType(), (*reader)->getDims(), path))
    return std::move(error);
  bool isStatic = value.dims.front() >= 0;
  if (isStatic)
    batch = value.dims.front();
  if ((*reader)->getDims().empty() || (*reader)->getNumRows() == 0 || batch < 1)
    return makeError(path + ": holds no rows");
  return std::make_unique<RowStream>(std::move(*reader), value, batch, isStatic);
}

llvm::Expected<std::vector<int64_t>> bitwright::readIntegers(llvm::StringRef path) {
  auto reader = openArray(path);
  if (!reader)
    return reader.takeError();
  bw_dtype dtype = (*reader)->getDType();
  bool isInteger = dtype != BW_F32 && dtype != BW_F64 && dtype != BW_F16 && dtype != BW_BF16;
  if ((*reader)->getDims().size() != 1 || !isInteger)
    return makeError(path + ": expects integers in one dimension, but got " +
                     describe((*reader)->getDType(), (*reader)->getDims()));
  auto array = (*reader)->readAll();
  if (!array)
    return array.takeError();
  auto converted = convertArray(*array, BW_I64, path);
  if (!converted)
    return converted.takeError();
  return converted->getElements<int64_t>().vec();
}

/// An empty cache: dynamic dimensions that do not also size the tokens are 0,
/// the first one is the batch of 1.
static NdArray makeEmptyCache(const ValueSpec &value) {
  NdArray cache;
  cache.dtype = value.dtype;
  for (auto [axis, dim] : llvm::enumerate(value.dims))
    cache.dims.push_back(dim >= 0 ? dim : axis == 0 ? 1 : 0);
  cache.bytes.resize(cache.getNumElements() * getDTypeSize(value.dtype));
  return cache;
}

llvm::Expected<Samples> bitwright::makeTokenInputs(const ModelRunner &runner,
                                                   llvm::ArrayRef<int64_t> tokens) {
  llvm::ArrayRef<ValueSpec> values = runner.getInputs();
  if (values.empty() || values.front().dims.size() != 2 || runner.getOutputs().empty())
    return makeError(runner.getLabel() + ": expects token ids of two dimensions as first input");
  NdArray ids;
  ids.dtype = BW_I64;
  ids.dims = {1, static_cast<int64_t>(tokens.size())};
  ids.bytes.resize(tokens.size() * sizeof(int64_t));
  std::memcpy(ids.bytes.data(), tokens.data(), ids.bytes.size());
  auto converted = convertArray(ids, values.front().dtype, values.front().name);
  if (!converted)
    return converted.takeError();
  Samples inputs;
  inputs.push_back(std::move(*converted));
  for (const ValueSpec &value : values.drop_front()) {
    if (!llvm::StringRef(value.name).starts_with("past"))
      return makeError(runner.getLabel() + ": input '" + value.name +
                       "' is neither token ids nor a cache called past...");
    inputs.push_back(makeEmptyCache(value));
  }
  return inputs;
}

llvm::Expected<std::unique_ptr<SampleStream>>
bitwright::makeTokenStream(const ModelRunner &runner, llvm::StringRef path, int64_t context) {
  auto tokens = readIntegers(path);
  if (!tokens)
    return tokens.takeError();
  if (context < 2 || static_cast<int64_t>(tokens->size()) < context)
    return makeError(path + ": holds " + llvm::Twine(tokens->size()) +
                     " tokens, expected at least one window of --context=" + llvm::Twine(context));
  return std::make_unique<TokenStream>(runner, std::move(*tokens), context);
}
