// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// MLIR bytecode behind a checksum: its reader trusts what it reads, so bytes
/// that changed on the way never reach it.

#include "ModuleFormat.h"

#include "bitwright/Support/Error.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "llvm/Support/Alignment.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;
using namespace bitwright;

namespace {

// The header: magic, version (u32), payload size (u64), SHA-256 of the
// payload, zeros up to 64 bytes. Numbers are little-endian.
constexpr llvm::StringLiteral magic = "BWBC";
constexpr llvm::StringLiteral mlirMagic = "ML\xefR";
constexpr uint32_t version = 1;
constexpr size_t headerBytes = 64;
constexpr size_t digestOffset = 16;
constexpr size_t digestBytes = 32;

std::array<uint8_t, digestBytes> digest(StringRef payload) {
  return llvm::SHA256::hash(ArrayRef<uint8_t>(payload.bytes_begin(), payload.size()));
}

} // namespace

ContentKind bitwright::classify(StringRef contents) {
  if (contents.starts_with(magic))
    return ContentKind::Bytecode;
  if (contents.starts_with(mlirMagic))
    return ContentKind::BareBytecode;
  return ContentKind::Text;
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> bitwright::unwrapBytecode(StringRef contents,
                                                                              StringRef path) {
  auto fail = [&](const llvm::Twine &reason) -> llvm::Error {
    return makeError("'" + path + "': " + reason);
  };
  if (contents.size() < headerBytes)
    return fail("bytecode is truncated");
  uint32_t found = llvm::support::endian::read32le(contents.data() + 4);
  if (found != version)
    return fail("bytecode has version " + llvm::Twine(found) + ", but this tool reads version " +
                llvm::Twine(version));
  StringRef payload = contents.substr(headerBytes);
  uint64_t size = llvm::support::endian::read64le(contents.data() + 8);
  if (size != payload.size())
    return fail("bytecode is truncated: expects " + llvm::Twine(size) + " bytes, but got " +
                llvm::Twine(payload.size()));
  auto sum = digest(payload);
  if (std::memcmp(sum.data(), contents.data() + digestOffset, digestBytes) != 0)
    return fail("bytecode does not match its checksum");
  const llvm::Align alignment(64);
  if (llvm::isAddrAligned(alignment, payload.data()))
    return llvm::MemoryBuffer::getMemBuffer(payload, path, /*RequiresNullTerminator=*/false);
  auto copy = llvm::WritableMemoryBuffer::getNewUninitMemBuffer(payload.size(), path, alignment);
  if (!copy)
    return fail("not enough memory for " + llvm::Twine(payload.size()) + " bytes");
  llvm::copy(payload, copy->getBufferStart());
  return copy;
}

llvm::Error bitwright::writeBytecode(ModuleOp module, llvm::raw_ostream &stream) {
  std::string payload;
  llvm::raw_string_ostream text(payload);
  qnn::PrintWeightsScope weights(module.getContext());
  if (failed(writeBytecodeToFile(module, text, BytecodeWriterConfig("bitwright"))))
    return makeError("cannot encode the module as bytecode");
  char header[headerBytes] = {};
  llvm::copy(magic, header);
  llvm::support::endian::write32le(header + 4, version);
  llvm::support::endian::write64le(header + 8, payload.size());
  auto sum = digest(payload);
  std::memcpy(header + digestOffset, sum.data(), digestBytes);
  stream.write(header, headerBytes);
  stream << payload;
  return llvm::Error::success();
}
