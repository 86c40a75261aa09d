// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reads and writes safetensors files.

#include "bitwright/Support/Safetensors.h"

#include "bitwright/Support/Error.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace bitwright;

namespace {

constexpr uint64_t maxHeaderBytes = 100'000'000;
constexpr uint64_t maxHeaderValues = 8'000'000;
constexpr uint64_t alignment = 64;

/// Bytes of an element, 0 for a type that the format does not have.
unsigned dtypeSize(llvm::StringRef dtype) {
  return llvm::StringSwitch<unsigned>(dtype)
      .Cases({"BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2"}, 1)
      .Cases({"U16", "I16", "F16", "BF16"}, 2)
      .Cases({"U32", "I32", "F32"}, 4)
      .Cases({"U64", "I64", "F64"}, 8)
      .Default(0);
}

/// The JSON parser recurses and builds a tree, so nesting and the number of
/// values are bounded before it runs.
bool isShallow(llvm::StringRef json) {
  unsigned depth = 0;
  uint64_t values = 0;
  bool inString = false;
  for (size_t i = 0; i < json.size(); ++i) {
    char c = json[i];
    if (inString) {
      i += c == '\\';
      inString = c != '"';
    } else if (c == '"') {
      inString = true;
    } else if (c == '{' || c == '[') {
      if (++depth > 8)
        return false;
    } else if (c == '}' || c == ']') {
      depth -= depth > 0;
    } else if (c == ',' && ++values > maxHeaderValues) {
      return false;
    }
  }
  return true;
}

class Reader {
public:
  Reader(llvm::StringRef contents, llvm::StringRef path) : contents(contents), path(path) {}

  llvm::Expected<std::vector<SafetensorEntry>> read();

private:
  llvm::Error fail(const llvm::Twine &reason) const {
    return makeError("'" + path + "': " + reason);
  }
  llvm::Error readEntry(llvm::StringRef name, const llvm::json::Value &value,
                        SafetensorEntry &entry) const;

  llvm::StringRef contents, path;
  uint64_t dataStart = 0;
};

llvm::Error Reader::readEntry(llvm::StringRef name, const llvm::json::Value &value,
                              SafetensorEntry &entry) const {
  std::string who = "tensor '" + name.substr(0, 100).str() + "': ";
  const llvm::json::Object *object = value.getAsObject();
  if (!object)
    return fail(who + "expects an object in the header");
  std::optional<llvm::StringRef> dtype = object->getString("dtype");
  const llvm::json::Array *shape = object->getArray("shape");
  const llvm::json::Array *offsets = object->getArray("data_offsets");
  if (!dtype || !shape || !offsets || offsets->size() != 2)
    return fail(who + "expects dtype, shape and two data_offsets");
  entry.name = name.str();
  entry.dtype = dtype->str();
  int64_t size = dtypeSize(*dtype);
  if (size == 0)
    return fail(who + "has unknown dtype '" + dtype->substr(0, 20) + "'");
  for (const llvm::json::Value &dim : *shape) {
    std::optional<int64_t> extent = dim.getAsInteger();
    if (!extent || *extent < 0 || llvm::MulOverflow(size, *extent, size))
      return fail(who + "has a shape that is no list of sizes");
    entry.shape.push_back(*extent);
  }
  std::optional<int64_t> begin = (*offsets)[0].getAsInteger(), end = (*offsets)[1].getAsInteger();
  uint64_t available = contents.size() - dataStart;
  if (!begin || !end || *begin < 0 || *end < *begin || uint64_t(*end) > available)
    return fail(who + "lies outside the file (it is truncated or damaged)");
  if (*end - *begin != size)
    return fail(who + "expects " + llvm::Twine(size) + " bytes, but got " +
                llvm::Twine(*end - *begin));
  entry.offset = dataStart + *begin;
  entry.size = size;
  return llvm::Error::success();
}

llvm::Expected<std::vector<SafetensorEntry>> Reader::read() {
  if (contents.size() < 8)
    return fail("is shorter than a safetensors header");
  uint64_t headerBytes = llvm::support::endian::read64le(contents.data());
  if (headerBytes > maxHeaderBytes || headerBytes > contents.size() - 8)
    return fail("has a header of " + llvm::Twine(headerBytes) +
                " bytes, which is more than the file or 100 MB");
  dataStart = 8 + headerBytes;
  llvm::StringRef header = contents.substr(8, headerBytes);
  if (!isShallow(header))
    return fail("has a header with too much in it");
  llvm::Expected<llvm::json::Value> json = llvm::json::parse(header);
  if (!json)
    return fail("has a header that is no JSON: " + llvm::toString(json.takeError()));
  const llvm::json::Object *object = json->getAsObject();
  if (!object)
    return fail("has a header that is no JSON object");
  std::vector<SafetensorEntry> entries;
  for (const auto &[key, value] : *object) {
    if (key == "__metadata__")
      continue;
    entries.emplace_back();
    if (llvm::Error error = readEntry(key, value, entries.back()))
      return error;
  }
  return entries;
}

void writeEntry(llvm::json::OStream &json, llvm::StringRef name, llvm::StringRef dtype,
                llvm::ArrayRef<int64_t> shape, uint64_t begin, uint64_t end) {
  json.attributeObject(name, [&] {
    json.attribute("dtype", dtype);
    json.attributeArray("shape", [&] {
      for (int64_t dim : shape)
        json.value(dim);
    });
    json.attributeArray("data_offsets", [&] {
      json.value(int64_t(begin));
      json.value(int64_t(end));
    });
  });
}

uint64_t paddingAfter(uint64_t size) { return llvm::alignTo(size, alignment) - size; }

} // namespace

llvm::Expected<std::vector<SafetensorEntry>> bitwright::readSafetensors(llvm::StringRef contents,
                                                                        llvm::StringRef path) {
  return Reader(contents, path).read();
}

void bitwright::writeSafetensors(llvm::raw_ostream &stream,
                                 llvm::ArrayRef<SafetensorSource> tensors) {
  std::string header;
  llvm::raw_string_ostream headerStream(header);
  llvm::json::OStream json(headerStream);
  json.object([&] {
    uint64_t offset = 0;
    for (const SafetensorSource &tensor : tensors) {
      uint64_t end = offset + tensor.bytes.size(), padding = paddingAfter(tensor.bytes.size());
      writeEntry(json, tensor.name, tensor.dtype, tensor.shape, offset, end);
      if (padding)
        writeEntry(json, "pad." + std::to_string(end), "U8", {int64_t(padding)}, end,
                   end + padding);
      offset = end + padding;
    }
  });
  header.append(paddingAfter(header.size() + 8), ' ');
  char length[8];
  llvm::support::endian::write64le(length, header.size());
  stream.write(length, sizeof(length));
  stream << header;
  for (const SafetensorSource &tensor : tensors) {
    stream.write(tensor.bytes.data(), tensor.bytes.size());
    stream.write_zeros(paddingAfter(tensor.bytes.size()));
  }
}
