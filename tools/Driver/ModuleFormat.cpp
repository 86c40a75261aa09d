// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Modules in one file, weights included. What is inside is text and a safetensors file, whose
/// readers take any bytes. MLIR's own bytecode is not read at all: its reader trusts the bytes, and
/// writes where they tell it to.

#include "ModuleFormat.h"

#include "bitwright/Support/Error.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;
using namespace bitwright;

namespace {

// The header: magic, version (u32), payload size (u64), SHA-256 of the payload, size of the text
// (u64), zeros up to 64 bytes. Numbers are little-endian. The payload: the text, zeros up to a
// multiple of 64 bytes, the safetensors file.
constexpr llvm::StringLiteral magic = "BWBC";
constexpr llvm::StringLiteral mlirMagic = "ML\xefR";
constexpr uint32_t version = 2;
constexpr size_t headerBytes = 64;
constexpr size_t digestOffset = 16;
constexpr size_t digestBytes = 32;
constexpr size_t textSizeOffset = digestOffset + digestBytes;

std::array<uint8_t, digestBytes> digest(StringRef payload) {
  return llvm::SHA256::hash(ArrayRef<uint8_t>(payload.bytes_begin(), payload.size()));
}

/// Takes the digest of what is written to it, and keeps nothing.
class DigestStream final : public llvm::raw_ostream {
public:
  ~DigestStream() override { flush(); }
  std::array<uint8_t, digestBytes> finish() {
    flush();
    return sha.final();
  }

private:
  void write_impl(const char *data, size_t size) override {
    sha.update(StringRef(data, size));
    position += size;
  }
  uint64_t current_pos() const override { return position; }

  llvm::SHA256 sha;
  uint64_t position = 0;
};

} // namespace

ContentKind bitwright::classify(StringRef contents) {
  if (contents.starts_with(magic))
    return ContentKind::Packed;
  if (contents.starts_with(mlirMagic))
    return ContentKind::Bytecode;
  return ContentKind::Text;
}

llvm::Expected<PackedModule> bitwright::unpackModule(StringRef contents, StringRef path) {
  auto fail = [&](const llvm::Twine &reason) -> llvm::Error {
    return makeError("'" + path + "': the packed module " + reason);
  };
  if (contents.size() < headerBytes)
    return fail("is truncated");
  uint32_t found = llvm::support::endian::read32le(contents.data() + 4);
  if (found != version)
    return fail("has version " + llvm::Twine(found) + ", but this tool reads version " +
                llvm::Twine(version));
  StringRef payload = contents.substr(headerBytes);
  uint64_t size = llvm::support::endian::read64le(contents.data() + 8);
  if (size != payload.size())
    return fail("is truncated: expects " + llvm::Twine(size) + " bytes, but got " +
                llvm::Twine(payload.size()));
  auto sum = digest(payload);
  if (std::memcmp(sum.data(), contents.data() + digestOffset, digestBytes) != 0)
    return fail("does not match its checksum");
  uint64_t textSize = llvm::support::endian::read64le(contents.data() + textSizeOffset);
  if (textSize > size || llvm::alignTo(textSize, headerBytes) > size)
    return fail("has " + llvm::Twine(size) + " bytes, but " + llvm::Twine(textSize) + " of text");
  return PackedModule{payload.take_front(textSize),
                      payload.substr(llvm::alignTo(textSize, headerBytes))};
}

llvm::Error bitwright::packModule(ModuleOp module, StringRef text, llvm::raw_ostream &stream) {
  // Twice, as the header comes first and says what follows, which may be larger than memory.
  auto writePayload = [&](llvm::raw_ostream &to) {
    to << text;
    to.write_zeros(llvm::alignTo(text.size(), headerBytes) - text.size());
    return writeWeights(module, to);
  };
  DigestStream digested;
  if (llvm::Error error = writePayload(digested))
    return error;
  char header[headerBytes] = {};
  llvm::copy(magic, header);
  llvm::support::endian::write32le(header + 4, version);
  llvm::support::endian::write64le(header + 8, digested.tell());
  auto sum = digested.finish();
  std::memcpy(header + digestOffset, sum.data(), digestBytes);
  llvm::support::endian::write64le(header + textSizeOffset, text.size());
  stream.write(header, headerBytes);
  return writePayload(stream);
}
