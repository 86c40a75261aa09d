// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The one place that holds the bytes of weights. They are addressed by the
/// SHA-256 of their content, so equal weights are stored once and an attribute
/// that names them is small, printable and cheap to compare.
///
/// Networks are larger than what a pass looks at. So weights lie in files, the
/// model's own or a temporary one, and only the few that were read last are in
/// memory: a compilation needs no more of it than its largest step.

#ifndef BITWRIGHT_DIALECTS_QNN_WEIGHTSTORE_H
#define BITWRIGHT_DIALECTS_QNN_WEIGHTSTORE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace llvm {
class MemoryBuffer;
} // namespace llvm

namespace bitwright {

/// SHA-256 of `bytes`, 64 lower-case hex digits.
std::string hashBytes(llvm::ArrayRef<char> bytes);

/// Content-addressed bytes. All members may be called from several threads;
/// bytes and hashes that were handed out stay valid until `retainOnly` drops
/// them.
class WeightStore {
public:
  /// Of the weights in files, those read last stay in memory, up to
  /// `memoryLimit` bytes; as many that came without a file are kept without.
  explicit WeightStore(uint64_t memoryLimit = uint64_t(16) << 20);
  ~WeightStore();
  WeightStore(const WeightStore &) = delete;
  WeightStore &operator=(const WeightStore &) = delete;

  /// Stores a copy of `bytes` and returns their hash. Equal bytes are stored
  /// once.
  llvm::StringRef add(llvm::ArrayRef<char> bytes);

  /// Stores `size` bytes of `buffer` from `offset` on without a copy; the
  /// buffer is kept alive. The caller has checked that the range is inside.
  llvm::StringRef addMapped(std::shared_ptr<llvm::MemoryBuffer> buffer, uint64_t offset,
                            uint64_t size);

  /// As addMapped, for content whose hash is known already; a hash that is not
  /// that of the bytes makes every later reader see the wrong weights, so pass
  /// only what this project wrote.
  llvm::StringRef addMappedTrusted(llvm::StringRef hash, std::shared_ptr<llvm::MemoryBuffer> buffer,
                                   uint64_t offset, uint64_t size);

  /// The bytes named by `hash`, or nullopt.
  std::optional<llvm::ArrayRef<char>> lookup(llvm::StringRef hash) const;

  /// The number of bytes named by `hash`, for those who do not read them.
  std::optional<uint64_t> getSize(llvm::StringRef hash) const;

  /// Takes the bytes named by `hash` out of memory, where they lie in a file.
  void evict(llvm::StringRef hash);

  /// Frees everything that is not named in `hashes`.
  void retainOnly(const llvm::StringSet<> &hashes);

  /// Number of distinct weights.
  size_t count() const;

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace bitwright

#endif // BITWRIGHT_DIALECTS_QNN_WEIGHTSTORE_H
