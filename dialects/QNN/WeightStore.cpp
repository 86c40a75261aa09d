// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Content-addressed storage of weights.

#include "dialects/QNN/WeightStore.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SHA256.h"

namespace bitwright {

std::string hashBytes(llvm::ArrayRef<char> bytes) {
  llvm::ArrayRef<uint8_t> data(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  return llvm::toHex(llvm::SHA256::hash(data), /*LowerCase=*/true);
}

WeightStore::WeightStore() = default;
WeightStore::~WeightStore() = default;

llvm::StringRef WeightStore::add(std::vector<char> bytes) {
  std::string hash = hashBytes(bytes);
  std::lock_guard<std::mutex> lock(mutex);
  auto [it, inserted] = entries.try_emplace(hash);
  if (inserted) {
    it->second = std::make_unique<Entry>();
    it->second->owned = std::move(bytes);
    it->second->bytes = it->second->owned;
  }
  return it->first();
}

llvm::StringRef WeightStore::addMapped(std::shared_ptr<llvm::MemoryBuffer> buffer, uint64_t offset,
                                       uint64_t size) {
  std::string hash = hashBytes(llvm::ArrayRef<char>(buffer->getBufferStart() + offset, size));
  return addMappedTrusted(hash, std::move(buffer), offset, size);
}

llvm::StringRef WeightStore::addMappedTrusted(llvm::StringRef hash,
                                              std::shared_ptr<llvm::MemoryBuffer> buffer,
                                              uint64_t offset, uint64_t size) {
  std::lock_guard<std::mutex> lock(mutex);
  auto [it, inserted] = entries.try_emplace(hash);
  if (inserted) {
    it->second = std::make_unique<Entry>();
    it->second->bytes = llvm::ArrayRef<char>(buffer->getBufferStart() + offset, size);
    it->second->mapped = std::move(buffer);
  }
  return it->first();
}

std::optional<llvm::ArrayRef<char>> WeightStore::lookup(llvm::StringRef hash) const {
  std::lock_guard<std::mutex> lock(mutex);
  auto it = entries.find(hash);
  if (it == entries.end())
    return std::nullopt;
  return it->second->bytes;
}

void WeightStore::retainOnly(const llvm::StringSet<> &hashes) {
  std::lock_guard<std::mutex> lock(mutex);
  std::vector<std::string> dead;
  for (const auto &entry : entries)
    if (!hashes.contains(entry.first()))
      dead.push_back(entry.first().str());
  for (const std::string &hash : dead)
    entries.erase(hash);
}

size_t WeightStore::count() const {
  std::lock_guard<std::mutex> lock(mutex);
  return entries.size();
}

} // namespace bitwright
