// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Content-addressed storage of weights.

#include "dialects/QNN/WeightStore.h"

#include "dialects/QNN/ScratchFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SHA256.h"
#include <list>
#include <mutex>
#include <vector>

using namespace bitwright;
using llvm::ArrayRef;
using llvm::StringRef;

/// Smaller weights are never worth a page and a mapping of their own.
static constexpr size_t leastFileBytes = size_t(64) << 10;

std::string bitwright::hashBytes(ArrayRef<char> bytes) {
  ArrayRef<uint8_t> data(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  return llvm::toHex(llvm::SHA256::hash(data), /*LowerCase=*/true);
}

namespace {
/// One weight: in memory, in the temporary file, or in a file that somebody else has mapped.
struct Entry {
  std::vector<char> owned;
  std::shared_ptr<llvm::MemoryBuffer> buffer;
  ArrayRef<char> bytes;
  bool isScratch = false;
  /// Its place among those in memory, if it is one of them.
  std::optional<std::list<Entry *>::iterator> place;

  bool isInFile() const { return isScratch || (buffer && isMapped(*buffer)); }
};
} // namespace

struct WeightStore::Impl {
  explicit Impl(uint64_t memoryLimit) : memoryLimit(memoryLimit) {}

  Entry *find(StringRef hash) const {
    auto it = entries.find(hash);
    return it == entries.end() ? nullptr : it->second.get();
  }
  void copy(Entry &entry, ArrayRef<char> bytes);
  void use(Entry &entry);
  void forget(Entry &entry);
  void free(Entry &entry);

  const uint64_t memoryLimit;
  std::mutex mutex;
  llvm::StringMap<std::unique_ptr<Entry>> entries;
  std::unique_ptr<ScratchFile> scratch;
  bool hasNoScratch = false;
  uint64_t ownedBytes = 0;
  /// Those in files whose pages may be in memory, the one read last first.
  std::list<Entry *> inMemory;
  uint64_t mappedBytes = 0;
};

/// Gives a copy of `bytes` its place: memory while there is room, then the file.
void WeightStore::Impl::copy(Entry &entry, ArrayRef<char> bytes) {
  if (bytes.size() >= leastFileBytes && ownedBytes + bytes.size() > memoryLimit && !hasNoScratch) {
    if (!scratch)
      scratch = ScratchFile::create();
    if (scratch)
      entry.bytes = scratch->append(bytes);
    entry.isScratch = !entry.bytes.empty();
    hasNoScratch = !entry.isScratch;
    if (entry.isScratch)
      return;
  }
  entry.owned.assign(bytes.begin(), bytes.end());
  entry.bytes = entry.owned;
  ownedBytes += bytes.size();
}

/// `entry` is about to be read; others make room for it.
void WeightStore::Impl::use(Entry &entry) {
  if (!entry.isInFile())
    return;
  if (!entry.place) {
    entry.place = inMemory.insert(inMemory.begin(), &entry);
    mappedBytes += entry.bytes.size();
  } else {
    inMemory.splice(inMemory.begin(), inMemory, *entry.place);
  }
  while (mappedBytes > memoryLimit && inMemory.size() > 1)
    forget(*inMemory.back());
}

/// Takes the pages of `entry` out of memory.
void WeightStore::Impl::forget(Entry &entry) {
  if (!entry.place)
    return;
  dropPages(entry.bytes);
  mappedBytes -= entry.bytes.size();
  inMemory.erase(*entry.place);
  entry.place.reset();
}

void WeightStore::Impl::free(Entry &entry) {
  forget(entry);
  ownedBytes -= entry.owned.size();
  if (entry.isScratch)
    scratch->release(entry.bytes);
}

WeightStore::WeightStore(uint64_t memoryLimit) : impl(std::make_unique<Impl>(memoryLimit)) {}

WeightStore::~WeightStore() {
  for (const auto &entry : impl->entries)
    impl->free(*entry.second);
}

StringRef WeightStore::add(ArrayRef<char> bytes) {
  std::string hash = hashBytes(bytes);
  std::lock_guard<std::mutex> lock(impl->mutex);
  auto [it, isNew] = impl->entries.try_emplace(hash);
  if (isNew) {
    it->second = std::make_unique<Entry>();
    impl->copy(*it->second, bytes);
  }
  return it->first();
}

StringRef WeightStore::addMapped(std::shared_ptr<llvm::MemoryBuffer> buffer, uint64_t offset,
                                 uint64_t size) {
  std::string hash = hashBytes(ArrayRef<char>(buffer->getBufferStart() + offset, size));
  return addMappedTrusted(hash, std::move(buffer), offset, size);
}

StringRef WeightStore::addMappedTrusted(StringRef hash, std::shared_ptr<llvm::MemoryBuffer> buffer,
                                        uint64_t offset, uint64_t size) {
  ArrayRef<char> bytes(buffer->getBufferStart() + offset, size);
  std::lock_guard<std::mutex> lock(impl->mutex);
  auto [it, isNew] = impl->entries.try_emplace(hash);
  if (isNew) {
    it->second = std::make_unique<Entry>();
    it->second->bytes = bytes;
    it->second->buffer = std::move(buffer);
    impl->use(*it->second);
  } else if (isMapped(*buffer)) {
    dropPages(bytes);
  }
  return it->first();
}

std::optional<ArrayRef<char>> WeightStore::lookup(StringRef hash) const {
  std::lock_guard<std::mutex> lock(impl->mutex);
  Entry *entry = impl->find(hash);
  if (!entry)
    return std::nullopt;
  impl->use(*entry);
  return entry->bytes;
}

std::optional<uint64_t> WeightStore::getSize(StringRef hash) const {
  std::lock_guard<std::mutex> lock(impl->mutex);
  Entry *entry = impl->find(hash);
  return entry ? std::optional<uint64_t>(entry->bytes.size()) : std::nullopt;
}

void WeightStore::evict(StringRef hash) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  if (Entry *entry = impl->find(hash))
    impl->forget(*entry);
}

void WeightStore::retainOnly(const llvm::StringSet<> &hashes) {
  std::lock_guard<std::mutex> lock(impl->mutex);
  std::vector<std::string> dead;
  for (const auto &entry : impl->entries)
    if (!hashes.contains(entry.first()))
      dead.push_back(entry.first().str());
  for (const std::string &hash : dead) {
    impl->free(*impl->find(hash));
    impl->entries.erase(hash);
  }
}

size_t WeightStore::count() const {
  std::lock_guard<std::mutex> lock(impl->mutex);
  return impl->entries.size();
}
