// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Plain .npy files, and what all arrays share.

#include "bitwright/Support/Numpy.h"
#include "NumpyHeader.h"
#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

using namespace bitwright;
using namespace bitwright::detail;

int64_t bitwright::getDTypeSize(int32_t dtype) {
  switch (dtype) {
  case BW_U8:
  case BW_I8:
  case BW_BOOL:
    return 1;
  case BW_U16:
  case BW_I16:
  case BW_F16:
  case BW_BF16:
    return 2;
  case BW_F32:
  case BW_I32:
  case BW_U32:
    return 4;
  case BW_I64:
  case BW_U64:
  case BW_F64:
    return 8;
  default:
    return 0;
  }
}

llvm::StringRef bitwright::getDTypeName(int32_t dtype) {
  switch (dtype) {
  case BW_F32:
    return "f32";
  case BW_U8:
    return "u8";
  case BW_I8:
    return "i8";
  case BW_U16:
    return "u16";
  case BW_I16:
    return "i16";
  case BW_I32:
    return "i32";
  case BW_I64:
    return "i64";
  case BW_BOOL:
    return "bool";
  case BW_F16:
    return "f16";
  case BW_F64:
    return "f64";
  case BW_U32:
    return "u32";
  case BW_U64:
    return "u64";
  case BW_BF16:
    return "bf16";
  default:
    return "?";
  }
}

int64_t NdArray::getNumElements() const {
  int64_t count = 1;
  for (int64_t dim : dims)
    count *= dim;
  return count;
}

std::string bitwright::describe(bw_dtype dtype, llvm::ArrayRef<int64_t> dims) {
  std::string text = (getDTypeName(dtype) + "[").str();
  for (size_t i = 0; i < dims.size(); ++i)
    text += (i != 0 ? "x" : "") + (dims[i] < 0 ? std::string("?") : std::to_string(dims[i]));
  return text + "]";
}

int64_t ArrayReader::getRowBytes() const {
  int64_t bytes = getDTypeSize(dtype);
  for (int64_t dim : llvm::ArrayRef<int64_t>(dims).drop_front(dims.empty() ? 0 : 1))
    bytes *= dim;
  return bytes;
}

llvm::Expected<NdArray> ArrayReader::readRows(int64_t first, int64_t count) {
  if (first < 0 || count < 0 || count > getNumRows() - first)
    return makeError(label + ": rows " + llvm::Twine(first) + " to " + llvm::Twine(first + count) +
                     " of " + llvm::Twine(getNumRows()) + " asked for");
  NdArray array;
  array.dtype = dtype;
  array.dims = dims;
  if (!dims.empty())
    array.dims.front() = count;
  array.bytes.resize(getRowBytes() * count);
  if (llvm::Error error = readBytes(first * getRowBytes(), array.bytes.data(), array.bytes.size()))
    return std::move(error);
  return array;
}

namespace {
class NpyReader final : public ArrayReader {
public:
  ~NpyReader() override {
    if (fd >= 0)
      ::close(fd);
  }

  llvm::Error open(llvm::StringRef path) {
    label = path.str();
    llvm::sys::fs::file_status status;
    std::error_code error = llvm::sys::fs::status(path, status);
    if (!error && !llvm::sys::fs::is_regular_file(status))
      return makeError("cannot read '" + path + "': it is not a regular file");
    fd = error ? -1 : ::open(label.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
      return makeError("cannot read '" + path + "': " +
                       (error ? error : std::error_code(errno, std::generic_category())).message());
    return readHeader(status.getSize());
  }

protected:
  llvm::Error readBytes(int64_t offset, char *data, int64_t size) override {
    if (fd < 0) {
      std::copy_n(converted.begin() + offset, size, data);
      return llvm::Error::success();
    }
    return readAt(dataOffset + offset, data, size);
  }

private:
  llvm::Error readAt(int64_t offset, char *data, int64_t size) {
    while (size > 0) {
      ssize_t got = ::pread(fd, data, size, offset);
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return makeError("cannot read '" + label +
                         "': " + std::error_code(errno, std::generic_category()).message());
      if (got == 0)
        return makeError(label + ": truncated");
      data += got;
      offset += got;
      size -= got;
    }
    return llvm::Error::success();
  }

  llvm::Error readHeader(int64_t fileBytes) {
    std::string bytes(std::min(fileBytes, npyPreludeBytes), '\0');
    if (llvm::Error error = readAt(0, bytes.data(), bytes.size()))
      return error;
    llvm::Expected<int64_t> offset = getNpyDataOffset(bytes, label);
    if (!offset)
      return offset.takeError();
    if (*offset > fileBytes)
      return makeError(label + ": truncated in its header");
    bytes.resize(*offset);
    if (llvm::Error error = readAt(0, bytes.data(), bytes.size()))
      return error;
    llvm::Expected<NpyHeader> header = parseNpyHeader(bytes, label);
    if (!header)
      return header.takeError();
    if (header->dataBytes > fileBytes - *offset)
      return makeError(label + ": truncated: " + llvm::Twine(header->dataBytes) +
                       " bytes of elements expected, but the file holds " +
                       llvm::Twine(fileBytes - *offset));
    dtype = header->dtype;
    dims = header->dims;
    dataOffset = *offset;
    return header->fortranOrder && dims.size() > 1 ? convert(header->dataBytes)
                                                   : llvm::Error::success();
  }

  llvm::Error convert(int64_t dataBytes) {
    std::vector<char> columns(dataBytes);
    if (llvm::Error error = readAt(dataOffset, columns.data(), dataBytes))
      return error;
    converted = fortranToC(columns, dims, getDTypeSize(dtype));
    ::close(fd);
    fd = -1;
    return llvm::Error::success();
  }

  int fd = -1;
  int64_t dataOffset = 0;
  std::vector<char> converted; // elements of a Fortran-order file
};
} // namespace

llvm::Expected<std::unique_ptr<ArrayReader>> bitwright::openArray(llvm::StringRef path,
                                                                  llvm::StringRef member) {
  if (path.ends_with(".npz"))
    return openNpz(path, member);
  if (!member.empty())
    return makeError(path + ": holds one array, not one called '" + member + "'");
  auto reader = std::make_unique<NpyReader>();
  if (llvm::Error error = reader->open(path))
    return std::move(error);
  return reader;
}

llvm::Expected<std::vector<std::string>> bitwright::listArrays(llvm::StringRef path) {
  if (path.ends_with(".npz"))
    return listNpz(path);
  return std::vector<std::string>{""};
}

llvm::Expected<NdArray> bitwright::readNpy(llvm::StringRef path) {
  NpyReader reader;
  if (llvm::Error error = reader.open(path))
    return std::move(error);
  return reader.readAll();
}

static llvm::StringRef getDescr(bw_dtype dtype) {
  switch (dtype) {
  case BW_U8:
    return "|u1";
  case BW_I8:
    return "|i1";
  case BW_BOOL:
    return "|b1";
  case BW_U16:
    return "<u2";
  case BW_I16:
    return "<i2";
  case BW_F16:
    return "<f2";
  case BW_I32:
    return "<i4";
  case BW_U32:
    return "<u4";
  case BW_I64:
    return "<i8";
  case BW_U64:
    return "<u8";
  case BW_F64:
    return "<f8";
  case BW_F32:
  case BW_BF16:
    break;
  }
  return "<f4";
}

void bitwright::printNpy(const NdArray &array, llvm::raw_ostream &stream) {
  std::string header =
      ("{'descr': '" + getDescr(array.dtype) + "', 'fortran_order': False, ").str();
  header += "'shape': (";
  for (int64_t dim : array.dims)
    header += std::to_string(dim) + (array.dims.size() == 1 ? "," : ", ");
  if (array.dims.size() > 1)
    header.resize(header.size() - 2);
  header += "), }";
  // The elements start at a multiple of 64 bytes, after a line feed.
  header.resize(llvm::alignTo(10 + header.size() + 1, 64) - 11, ' ');
  header += '\n';
  stream << llvm::StringRef("\x93NUMPY\1\0", 8) << char(header.size() & 0xff)
         << char(header.size() >> 8) << header;
  if (array.dtype != BW_BF16) {
    stream.write(array.bytes.data(), array.bytes.size());
    return;
  }
  for (uint16_t half : array.getElements<uint16_t>()) {
    uint32_t bits = uint32_t(half) << 16;
    stream.write(reinterpret_cast<const char *>(&bits), 4);
  }
}

llvm::Error bitwright::writeNpy(llvm::StringRef path, const NdArray &array) {
  return writeFileAtomically(path, [&](llvm::raw_ostream &stream) {
    printNpy(array, stream);
    return llvm::Error::success();
  });
}
