// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Sample sources. Every array is opened once and read by rows.

#include "passes/Calibration/SampleSource.h"

#include "bitwright/Reference/Tensor.h"
#include "bitwright/Support/Error.h"
#include "dialects/QNN/Constants.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <random>

using namespace bitwright;
using namespace mlir;
using llvm::Twine;

llvm::Expected<SmallVector<ModelInput>> bitwright::getModelInputs(func::FuncOp main) {
  if (main.isExternal())
    return makeError("expects a function 'main' with a body");
  SmallVector<ModelInput> result;
  for (unsigned i = 0; i < main.getNumArguments(); ++i) {
    ModelInput input;
    auto name = main.getArgAttrOfType<StringAttr>(i, "qnn.name");
    input.name = name ? name.str() : "input_" + std::to_string(i);
    input.isUnsigned = main.getArgAttr(i, "qnn.unsigned") != nullptr;
    input.type = dyn_cast<RankedTensorType>(main.getArgument(i).getType());
    if (!input.type || !bitwright::getDType(input.type.getElementType(), input.isUnsigned))
      return makeError("input '" + Twine(input.name) + "' has a type that no array can hold");
    result.push_back(std::move(input));
  }
  return result;
}

static bw_dtype getDType(const ModelInput &input) {
  return *bitwright::getDType(input.type.getElementType(), input.isUnsigned);
}

static std::string describeType(const ModelInput &input) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << input.type;
  return text;
}

template <typename From, typename To> static std::vector<char> convert(const NdArray &array) {
  std::vector<char> bytes(array.getNumElements() * sizeof(To));
  auto *out = reinterpret_cast<To *>(bytes.data());
  for (From value : array.getElements<From>())
    *out++ = static_cast<To>(value);
  return bytes;
}

namespace {

/// An array that is in memory.
class LoadedArray final : public ArrayReader {
public:
  LoadedArray(NdArray loaded, StringRef path) : array(std::move(loaded)) {
    dtype = array.dtype;
    dims = array.dims;
    label = path.str();
  }

protected:
  llvm::Error readBytes(int64_t offset, char *data, int64_t size) override {
    std::copy_n(array.bytes.begin() + offset, size, data);
    return llvm::Error::success();
  }

private:
  NdArray array;
};

llvm::Expected<std::unique_ptr<ArrayReader>> openFile(StringRef path, StringRef member,
                                                      const TensorFileReader &readTensorFile) {
  if (!path.ends_with(".pb"))
    return openArray(path, member);
  if (!readTensorFile)
    return makeError("cannot read '" + path + "': built without the ONNX importer");
  auto array = readTensorFile(path);
  if (!array)
    return array.takeError();
  return std::make_unique<LoadedArray>(std::move(*array), path);
}

/// How an array serves samples.
enum class Layout { Whole, FirstAxis, ExtraAxis };

/// One input's samples, from one array or from several one after the other.
class InputReader {
public:
  static llvm::Expected<InputReader> open(const ModelInput &input, StringRef path, StringRef member,
                                          const TensorFileReader &readTensorFile) {
    auto reader = openFile(path, member, readTensorFile);
    if (!reader)
      return reader.takeError();
    InputReader result(input, std::move(*reader));
    if (llvm::Error error = result.findLayout())
      return std::move(error);
    return std::move(result);
  }

  /// -1: any number.
  int64_t countSamples() const {
    return layout == Layout::Whole ? -1 : array->getNumRows() / rowsPerSample;
  }
  StringRef getLabel() const { return array->getLabel(); }
  void treatAsOneSample() { layout = Layout::Whole; }

  llvm::Expected<NdArray> read(int64_t sample) {
    auto data = layout == Layout::Whole ? array->readAll()
                                        : array->readRows(sample * rowsPerSample, rowsPerSample);
    if (!data)
      return data.takeError();
    if (layout == Layout::ExtraAxis)
      data->dims.erase(data->dims.begin());
    if (data->dtype == getDType(input))
      return data;
    data->bytes =
        data->dtype == BW_I32 ? convert<int32_t, int64_t>(*data) : convert<double, float>(*data);
    data->dtype = getDType(input);
    return data;
  }

private:
  InputReader(const ModelInput &input, std::unique_ptr<ArrayReader> array)
      : input(input), array(std::move(array)) {}

  /// True where dims[skip...] fit the input's dimensions from `from` on.
  bool fits(size_t skip, size_t from) const {
    llvm::ArrayRef<int64_t> dims = array->getDims();
    if (dims.size() - skip != size_t(input.type.getRank()))
      return false;
    for (size_t i = from; i < size_t(input.type.getRank()); ++i)
      if (!input.type.isDynamicDim(i) && input.type.getDimSize(i) != dims[skip + i])
        return false;
    return true;
  }

  llvm::Error findLayout() {
    bw_dtype want = getDType(input), have = array->getDType();
    bool typeFits =
        want == have || (want == BW_I64 && have == BW_I32) || (want == BW_F32 && have == BW_F64);
    size_t rank = array->getDims().size();
    if (typeFits && fits(0, 0) && input.type.hasStaticShape()) {
      layout = Layout::Whole;
    } else if (typeFits && rank > 0 && fits(0, 1)) {
      layout = Layout::FirstAxis;
      rowsPerSample = input.type.isDynamicDim(0) ? 1 : input.type.getDimSize(0);
    } else if (typeFits && rank > 0 && fits(1, 0)) {
      layout = Layout::ExtraAxis;
    } else {
      return makeError(array->getLabel() + " is " + describe(have, array->getDims()) +
                       ", which does not fit input '" + input.name + "' of type " +
                       describeType(input));
    }
    if (rowsPerSample < 1)
      return makeError("input '" + Twine(input.name) + "' has no rows");
    return llvm::Error::success();
  }

  ModelInput input;
  std::unique_ptr<ArrayReader> array;
  Layout layout = Layout::Whole;
  int64_t rowsPerSample = 1;
};

/// A reader for each input, all with as many samples.
class ArraySource final : public SampleSource {
public:
  explicit ArraySource(std::vector<InputReader> readers) : readers(std::move(readers)) {}

  llvm::Error checkCounts() {
    for (const InputReader &reader : readers) {
      int64_t samples = reader.countSamples();
      if (samples == -1)
        continue;
      if (count != -1 && samples != count)
        return makeError(reader.getLabel() + " holds " + Twine(samples) +
                         " samples, the arrays before it " + Twine(count));
      count = samples;
    }
    if (count == -1)
      count = 1;
    return llvm::Error::success();
  }

  llvm::Expected<std::optional<Sample>> next() override {
    if (position >= count)
      return std::nullopt;
    Sample sample;
    for (InputReader &reader : readers) {
      auto array = reader.read(position);
      if (!array)
        return array.takeError();
      sample.push_back(std::move(*array));
    }
    ++position;
    return sample;
  }

private:
  std::vector<InputReader> readers;
  int64_t count = -1, position = 0;
};

/// Sources one after the other, each opened when the one before it is used up.
class ChainSource final : public SampleSource {
public:
  using Opener = std::function<llvm::Expected<std::unique_ptr<SampleSource>>(StringRef)>;

  ChainSource(std::vector<std::string> paths, Opener opener)
      : paths(std::move(paths)), opener(std::move(opener)) {}

  llvm::Expected<std::optional<Sample>> next() override {
    while (true) {
      if (current) {
        auto sample = current->next();
        if (!sample || *sample)
          return sample;
      }
      if (position >= paths.size())
        return std::nullopt;
      auto opened = opener(paths[position++]);
      if (!opened)
        return opened.takeError();
      current = std::move(*opened);
    }
  }

private:
  std::vector<std::string> paths;
  Opener opener;
  std::unique_ptr<SampleSource> current;
  size_t position = 0;
};

class SyntheticSource final : public SampleSource {
public:
  SyntheticSource(ArrayRef<ModelInput> inputs, int64_t count)
      : inputs(inputs.begin(), inputs.end()), left(count) {}

  llvm::Expected<std::optional<Sample>> next() override {
    if (left-- <= 0)
      return std::nullopt;
    Sample sample;
    for (const ModelInput &input : inputs)
      sample.push_back(make(input));
    return sample;
  }

private:
  /// Batches of 1; 32 tokens where integers index a sequence; 32 pixels where an
  /// image's size is free.
  static SmallVector<int64_t> getDims(const ModelInput &input) {
    SmallVector<int64_t> dims(input.type.getShape());
    bool isImage = dims.size() == 4;
    bool isSequence = input.type.getElementType().isInteger(64) && dims.size() >= 2;
    for (size_t i = 0; i < dims.size(); ++i)
      if (ShapedType::isDynamic(dims[i]))
        dims[i] = i > 0 && (isImage || isSequence) ? 32 : 1;
    return dims;
  }

  NdArray make(const ModelInput &input) {
    SmallVector<int64_t> dims = getDims(input);
    Type type = input.type.getElementType();
    std::vector<double> values(countElements(dims));
    // Written out, as distributions of the standard library differ between libraries.
    auto uniform = [&] { return double(random() >> 11) * 0x1p-53; };
    for (double &value : values) {
      if (isa<FloatType>(type)) {
        value = 0;
        for (int i = 0; i < 12; ++i)
          value += uniform();
        value -= 6; // mean 0, variance 1
      } else {
        value = double(int64_t(uniform() * (type.isInteger(1) ? 2 : 100)));
      }
    }
    return {getDType(input), dims, fromDoubles(type, dims, values).data};
  }

  SmallVector<ModelInput> inputs;
  int64_t left;
  std::mt19937_64 random{20260101};
};

} // namespace

/// A reader for each input; `locate` gives its file and member.
static llvm::Expected<std::unique_ptr<SampleSource>>
openArrays(ArrayRef<ModelInput> inputs, const TensorFileReader &reader, bool oneSample,
           llvm::function_ref<llvm::Expected<std::pair<std::string, std::string>>(size_t)> locate) {
  std::vector<InputReader> readers;
  for (size_t i = 0; i < inputs.size(); ++i) {
    auto place = locate(i);
    if (!place)
      return place.takeError();
    auto input = InputReader::open(inputs[i], place->first, place->second, reader);
    if (!input)
      return input.takeError();
    if (oneSample)
      input->treatAsOneSample();
    readers.push_back(std::move(*input));
  }
  auto source = std::make_unique<ArraySource>(std::move(readers));
  if (llvm::Error error = source->checkCounts())
    return std::move(error);
  return source;
}

static llvm::Expected<std::unique_ptr<SampleSource>> openNpz(StringRef path,
                                                             ArrayRef<ModelInput> inputs) {
  auto members = listArrays(path);
  if (!members)
    return members.takeError();
  return openArrays(
      inputs, nullptr, false, [&](size_t i) -> llvm::Expected<std::pair<std::string, std::string>> {
        if (!llvm::is_contained(*members, inputs[i].name))
          return makeError(
              path + " holds no array '" + inputs[i].name + "', but " +
              (members->empty() ? "nothing" : "'" + llvm::join(*members, "', '") + "'"));
        return std::make_pair(path.str(), inputs[i].name);
      });
}

static llvm::Expected<std::unique_ptr<SampleSource>> openNpy(StringRef path,
                                                             ArrayRef<ModelInput> inputs) {
  if (inputs.size() != 1)
    return makeError(path + " is one array, but the model has " + Twine(inputs.size()) + " inputs");
  return openArrays(inputs, nullptr, false, [&](size_t) { return std::make_pair(path.str(), ""); });
}

/// The file of input `i` in `folder`, or "".
static std::string findInputFile(StringRef folder, ArrayRef<ModelInput> inputs, size_t i) {
  std::string number = "input_" + std::to_string(i);
  for (const std::string &name : {inputs[i].name + ".npy", number + ".npy", number + ".pb"}) {
    llvm::SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    if (name.find('/') == std::string::npos && llvm::sys::fs::exists(path))
      return std::string(path);
  }
  return "";
}

static llvm::Expected<std::unique_ptr<SampleSource>>
openFolderArrays(StringRef folder, ArrayRef<ModelInput> inputs, const TensorFileReader &reader,
                 bool oneSample) {
  return openArrays(inputs, reader, oneSample,
                    [&](size_t i) -> llvm::Expected<std::pair<std::string, std::string>> {
                      std::string path = findInputFile(folder, inputs, i);
                      if (path.empty())
                        return makeError(folder + " holds no " + inputs[i].name + ".npy, input_" +
                                         Twine(i) + ".npy or input_" + Twine(i) + ".pb");
                      return std::make_pair(path, "");
                    });
}

static llvm::Expected<std::unique_ptr<SampleSource>>
openFolder(StringRef folder, ArrayRef<ModelInput> inputs, const TensorFileReader &reader) {
  std::vector<std::string> sets, arrays;
  std::error_code code;
  for (llvm::sys::fs::directory_iterator it(folder, code), end; it != end && !code;
       it.increment(code)) {
    StringRef name = llvm::sys::path::filename(it->path());
    if (name.starts_with("test_data_set_") && llvm::sys::fs::is_directory(it->path()))
      sets.push_back(it->path());
    else if (name.ends_with(".npy"))
      arrays.push_back(it->path());
  }
  if (code)
    return makeError(folder + ": " + code.message());
  SmallVector<ModelInput> copy(inputs);
  if (!sets.empty()) {
    llvm::sort(sets);
    return std::make_unique<ChainSource>(std::move(sets), [copy, reader](StringRef set) {
      return openFolderArrays(set, copy, reader, true);
    });
  }
  bool named = llvm::all_of(llvm::seq<size_t>(0, inputs.size()),
                            [&](size_t i) { return !findInputFile(folder, inputs, i).empty(); });
  if (named || inputs.size() != 1 || arrays.empty())
    return openFolderArrays(folder, inputs, reader, false);
  llvm::sort(arrays);
  return std::make_unique<ChainSource>(std::move(arrays),
                                       [copy](StringRef path) { return openNpy(path, copy); });
}

llvm::Expected<std::unique_ptr<SampleSource>>
bitwright::openSamples(StringRef path, ArrayRef<ModelInput> inputs,
                       const TensorFileReader &readTensorFile) {
  if (!llvm::sys::fs::exists(path))
    return makeError("calibration samples " + path + ": no such file or folder");
  if (llvm::sys::fs::is_directory(path))
    return openFolder(path, inputs, readTensorFile);
  if (path.ends_with(".npy"))
    return openNpy(path, inputs);
  return openNpz(path, inputs);
}

std::unique_ptr<SampleSource> bitwright::makeSyntheticSamples(ArrayRef<ModelInput> inputs,
                                                              int64_t count) {
  return std::make_unique<SyntheticSource>(inputs, count);
}
