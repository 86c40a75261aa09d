// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// A bounded parser for the header of a .npy stream: a Python dictionary
/// literal with the keys 'descr', 'fortran_order' and 'shape'. Format:
/// numpy.lib.format, versions 1.0 to 3.0.

#include "NumpyHeader.h"
#include "bitwright/Support/Error.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using namespace bitwright;
using namespace bitwright::detail;

static constexpr int64_t maxHeaderBytes = 1 << 16;
static constexpr size_t maxRank = 32; // NumPy's own limit

llvm::Expected<int64_t> detail::getNpyDataOffset(llvm::StringRef prelude, llvm::StringRef label) {
  if (prelude.size() < npyPreludeBytes || !prelude.starts_with("\x93NUMPY"))
    return makeError(label + ": not a NumPy array");
  unsigned major = static_cast<unsigned char>(prelude[6]);
  if (major < 1 || major > 3)
    return makeError(label + ": unknown NumPy format version " + llvm::Twine(major));
  const char *length = prelude.data() + 8;
  int64_t start = major == 1 ? 10 : 12;
  int64_t size = major == 1 ? llvm::support::endian::read16le(length)
                            : llvm::support::endian::read32le(length);
  if (size > maxHeaderBytes)
    return makeError(label + ": header of " + llvm::Twine(size) + " bytes is too long");
  return start + size;
}

static std::optional<bw_dtype> parseDescr(llvm::StringRef descr) {
  return llvm::StringSwitch<std::optional<bw_dtype>>(descr)
      .Case("<f4", BW_F32)
      .Case("<f8", BW_F64)
      .Case("<f2", BW_F16)
      .Case("<i8", BW_I64)
      .Case("<i4", BW_I32)
      .Case("<i2", BW_I16)
      .Cases({"|i1", "<i1"}, BW_I8)
      .Cases({"|u1", "<u1"}, BW_U8)
      .Case("<u2", BW_U16)
      .Case("<u4", BW_U32)
      .Case("<u8", BW_U64)
      .Case("|b1", BW_BOOL)
      .Default(std::nullopt);
}

namespace {
/// Reads the dictionary left to right; any deviation is an error.
class HeaderParser {
public:
  HeaderParser(llvm::StringRef text, llvm::StringRef label) : text(text), label(label) {}

  llvm::Error parse(NpyHeader &header) {
    if (!consume("{"))
      return malformed();
    unsigned seen = 0;
    while (!consume("}")) {
      llvm::StringRef key;
      if (!parseString(key) || !consume(":"))
        return malformed();
      if (llvm::Error error = parseEntry(key, header, seen))
        return error;
      if (!consume(",") && !peek("}"))
        return malformed();
    }
    if (seen != 7 || !text.trim().empty())
      return malformed();
    return llvm::Error::success();
  }

private:
  llvm::Error malformed() { return makeError(label + ": malformed NumPy header"); }

  llvm::Error parseEntry(llvm::StringRef key, NpyHeader &header, unsigned &seen) {
    unsigned bit = key == "descr" ? 1 : key == "fortran_order" ? 2 : key == "shape" ? 4 : 0;
    if (bit == 0 || (seen & bit) != 0)
      return malformed();
    seen |= bit;
    if (bit == 1)
      return parseType(header);
    if (bit == 4)
      return parseShape(header);
    header.fortranOrder = consume("True");
    if (!header.fortranOrder && !consume("False"))
      return malformed();
    return llvm::Error::success();
  }

  llvm::Error parseType(NpyHeader &header) {
    if (peek("["))
      return makeError(label + ": structured element types are not supported");
    llvm::StringRef descr;
    if (!parseString(descr))
      return malformed();
    if (std::optional<bw_dtype> dtype = parseDescr(descr)) {
      header.dtype = *dtype;
      return llvm::Error::success();
    }
    if (descr.contains('O'))
      return makeError(label + ": Python objects are not supported");
    if (descr.starts_with(">"))
      return makeError(label + ": big-endian element type '" + descr + "' is not supported");
    return makeError(label + ": element type '" + descr.take_front(40) + "' is not supported");
  }

  llvm::Error parseShape(NpyHeader &header) {
    if (!consume("("))
      return malformed();
    while (!consume(")")) {
      text = text.ltrim();
      int64_t dim = 0;
      if (text.consumeInteger(10, dim) || dim < 0)
        return malformed();
      (void)text.consume_front("L"); // written by Python 2
      header.dims.push_back(dim);
      if (header.dims.size() > maxRank)
        return makeError(label + ": more than " + llvm::Twine(maxRank) + " dimensions");
      if (!consume(",") && !peek(")"))
        return malformed();
    }
    return llvm::Error::success();
  }

  bool parseString(llvm::StringRef &value) {
    text = text.ltrim();
    if (text.empty() || (text.front() != '\'' && text.front() != '"'))
      return false;
    size_t end = text.find(text.front(), 1);
    if (end == llvm::StringRef::npos)
      return false;
    value = text.slice(1, end);
    text = text.drop_front(end + 1);
    return true;
  }
  bool peek(llvm::StringRef token) { return text.ltrim().starts_with(token); }
  bool consume(llvm::StringRef token) {
    text = text.ltrim();
    return text.consume_front(token);
  }

  llvm::StringRef text, label;
};
} // namespace

llvm::Expected<NpyHeader> detail::parseNpyHeader(llvm::StringRef bytes, llvm::StringRef label) {
  llvm::Expected<int64_t> offset = getNpyDataOffset(bytes, label);
  if (!offset)
    return offset.takeError();
  if (static_cast<int64_t>(bytes.size()) < *offset)
    return makeError(label + ": truncated in its header");
  NpyHeader header;
  int64_t start = bytes[6] == 1 ? 10 : 12;
  HeaderParser parser(bytes.slice(start, *offset), label);
  if (llvm::Error error = parser.parse(header))
    return std::move(error);
  header.dataOffset = *offset;
  // No axis counts as zero here, so that the size of a row cannot overflow either.
  bool isEmpty = llvm::is_contained(header.dims, 0);
  header.dataBytes = getDTypeSize(header.dtype);
  for (int64_t dim : header.dims)
    if (llvm::MulOverflow(header.dataBytes, std::max<int64_t>(dim, 1), header.dataBytes))
      return makeError(label + ": size overflows");
  if (isEmpty)
    header.dataBytes = 0;
  return header;
}

std::vector<char> detail::fortranToC(llvm::ArrayRef<char> bytes, llvm::ArrayRef<int64_t> dims,
                                     int64_t elementSize) {
  std::vector<char> result(bytes.size());
  llvm::SmallVector<int64_t> strides, index(dims.size(), 0);
  int64_t stride = elementSize;
  for (int64_t dim : dims) {
    strides.push_back(stride);
    stride *= dim;
  }
  int64_t source = 0;
  for (size_t target = 0; target < result.size(); target += elementSize) {
    std::copy_n(bytes.data() + source, elementSize, result.data() + target);
    for (size_t axis = dims.size(); axis-- > 0;) {
      source += strides[axis];
      if (++index[axis] < dims[axis])
        break;
      source -= strides[axis] * dims[axis];
      index[axis] = 0;
    }
  }
  return result;
}
