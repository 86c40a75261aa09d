// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// TensorProto to Constant: every size is checked before a byte is read.

#include "Constants.h"
#include "Schema.h"
#include "Text.h"
#include "bitwright/Numerics/Packing.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace mlir;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;

namespace bitwright::onnximport {

namespace {

/// Where a tensor's bytes lie in an external file.
struct ExternalRange {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

class TensorReader {
public:
  TensorReader(const onnx::TensorProto &tensor, ExternalFiles &files, MLIRContext *context)
      : tensor(tensor), files(files), context(context) {}

  Expected<ConstantPtr> read();

private:
  Error readType();
  Error readBytes();
  Error readExternal();
  Expected<ExternalRange> readExternalRange();
  Error checkSingleSource();
  Error readTyped();
  template <typename To, typename From> Error convert(const From &values);
  Error setBytes(ArrayRef<char> bytes);
  Error packRows();
  void store(std::vector<char> bytes);
  /// Bytes of the tensor in ONNX's layout, where 4-bit elements are packed without regard to rows.
  int64_t getFileSize() const {
    return width == 4 ? (count + 1) / 2 : count * std::max<int64_t>(width, 8) / 8;
  }

  const onnx::TensorProto &tensor;
  ExternalFiles &files;
  MLIRContext *context;
  ConstantPtr result = std::make_shared<Constant>();
  int64_t count = 1;
  int64_t width = 0;
};

} // namespace

Error TensorReader::readType() {
  int32_t type = tensor.data_type();
  Type element = getStorageType(context, type);
  if (!element)
    return createStringError("element type " + getTypeName(type) + " is not supported");
  if (tensor.dims_size() > maxRank)
    return createStringError("rank " + std::to_string(tensor.dims_size()) + " exceeds " +
                             std::to_string(maxRank));
  for (int64_t size : tensor.dims()) {
    if (size < 0)
      return createStringError("dimension " + std::to_string(size) + " is negative");
    if (llvm::MulOverflow(count, size, count) || count > maxElements)
      return createStringError("the shape has too many elements");
  }
  SmallVector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
  result->type = RankedTensorType::get(shape, element);
  result->elementType = type;
  result->name = tensor.name();
  width = element.getIntOrFloatBitWidth();
  return Error::success();
}

/// Fails where more than one field holds data.
Error TensorReader::checkSingleSource() {
  if (tensor.has_segment())
    return createStringError("tensors in segments are not supported");
  if (tensor.string_data_size())
    return createStringError("string data in a tensor of " + getTypeName(tensor.data_type()));
  int typed = (tensor.float_data_size() > 0) + (tensor.int32_data_size() > 0) +
              (tensor.int64_data_size() > 0) + (tensor.double_data_size() > 0) +
              (tensor.uint64_data_size() > 0);
  bool raw = tensor.has_raw_data() && !(tensor.raw_data().empty() && typed);
  bool external = tensor.data_location() == onnx::TensorProto::EXTERNAL;
  if (typed + raw + external > 1)
    return createStringError("more than one field holds data");
  if (!external && tensor.external_data_size())
    return createStringError("external_data is set, but data_location is not EXTERNAL");
  return Error::success();
}

void TensorReader::store(std::vector<char> bytes) {
  result->storage = std::make_shared<std::vector<char>>(std::move(bytes));
  result->bytes = *result->storage;
  result->file = nullptr;
}

Error TensorReader::setBytes(ArrayRef<char> bytes) {
  if (static_cast<int64_t>(bytes.size()) != getFileSize())
    return createStringError("holds " + std::to_string(bytes.size()) +
                             " bytes, but its shape needs " + std::to_string(getFileSize()));
  result->bytes = bytes;
  return Error::success();
}

/// From ONNX's packing of 4-bit elements to rows of whole bytes.
Error TensorReader::packRows() {
  int64_t columns = result->type.getRank() ? result->type.getShape().back() : 1;
  if (count == 0)
    return Error::success();
  if (columns % 2 == 0 || count == columns) {
    if (count % 2 == 0)
      return Error::success();
    std::vector<char> bytes(result->bytes.begin(), result->bytes.end());
    bytes.back() &= 15;
    store(std::move(bytes));
    return Error::success();
  }
  std::vector<int8_t> values =
      unpackNibbles(result->bytes, count + count % 2, result->elementType == UInt4);
  values.resize(count);
  store(packNibbles(values, columns));
  return Error::success();
}

template <typename To, typename From> Error TensorReader::convert(const From &values) {
  int64_t expected = width == 4 ? (count + 1) / 2 : count;
  if (values.size() != expected)
    return createStringError("holds " + std::to_string(values.size()) +
                             " elements, but its shape needs " + std::to_string(expected));
  std::vector<char> bytes(expected * sizeof(To));
  for (int64_t i = 0; i < expected; ++i) {
    To value = static_cast<To>(values[i]);
    std::memcpy(bytes.data() + i * sizeof(To), &value, sizeof(To));
  }
  store(std::move(bytes));
  return Error::success();
}

Error TensorReader::readTyped() {
  switch (tensor.data_type()) {
  case Float:
    return convert<float>(tensor.float_data());
  case Double:
    return convert<double>(tensor.double_data());
  case Int64:
    return convert<int64_t>(tensor.int64_data());
  case UInt64:
    return convert<uint64_t>(tensor.uint64_data());
  case UInt32:
    return convert<uint32_t>(tensor.uint64_data());
  case Int32:
    return convert<int32_t>(tensor.int32_data());
  case Int16:
  case UInt16:
  case Float16:
  case BFloat16:
    return convert<uint16_t>(tensor.int32_data());
  default:
    return convert<uint8_t>(tensor.int32_data());
  }
}

Expected<ExternalRange> TensorReader::readExternalRange() {
  ExternalRange range;
  for (const auto &entry : tensor.external_data()) {
    uint64_t number = 0;
    bool isNumber = !StringRef(entry.value()).getAsInteger(10, number);
    if (entry.key() == "location") {
      range.location = entry.value();
    } else if (entry.key() == "offset" || entry.key() == "length") {
      if (!isNumber)
        return createStringError("external data has the " + entry.key() + " '" +
                                 printable(entry.value()) + "', not a number of bytes");
      if (entry.key() == "offset")
        range.offset = number;
      else
        range.length = number;
    } else if (entry.key() != "checksum") {
      return createStringError("external data has the unknown key '" + printable(entry.key()) +
                               "'");
    }
  }
  return range;
}

Error TensorReader::readExternal() {
  Expected<ExternalRange> range = readExternalRange();
  if (!range)
    return range.takeError();
  auto file = files.open(range->location);
  if (!file)
    return file.takeError();
  uint64_t size = (*file)->getBufferSize();
  uint64_t length = range->length.value_or(getFileSize());
  if (range->offset > size || length > size - range->offset)
    return createStringError("external data '" + printable(range->location) + "': bytes " +
                             std::to_string(range->offset) + " to " +
                             std::to_string(range->offset) + " + " + std::to_string(length) +
                             " exceed the file's " + std::to_string(size));
  if (Error error = setBytes(ArrayRef<char>((*file)->getBufferStart() + range->offset, length)))
    return error;
  result->file = *file;
  return Error::success();
}

Error TensorReader::readBytes() {
  if (Error error = checkSingleSource())
    return error;
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL)
    return readExternal();
  if (tensor.has_raw_data() && !(tensor.raw_data().empty() && count))
    return setBytes(ArrayRef<char>(tensor.raw_data().data(), tensor.raw_data().size()));
  return readTyped();
}

Expected<ConstantPtr> TensorReader::read() {
  if (Error error = readType())
    return std::move(error);
  if (Error error = readBytes())
    return std::move(error);
  if (width == 4)
    if (Error error = packRows())
      return std::move(error);
  if (width == 1) {
    std::vector<char> bytes(result->bytes.begin(), result->bytes.end());
    for (char &byte : bytes)
      byte = byte != 0;
    store(std::move(bytes));
  }
  return result;
}

Expected<ConstantPtr> readTensor(const onnx::TensorProto &tensor, ExternalFiles &files,
                                 MLIRContext *context) {
  return TensorReader(tensor, files, context).read();
}

} // namespace bitwright::onnximport
