// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The block of packed constants: see WeightBlock.h.

#include "passes/Codegen/Host/WeightBlock.h"

#include "llvm/Support/SHA256.h"

using namespace bitwright::codegen;

int64_t WeightBlock::add(llvm::ArrayRef<char> bytes) {
  auto digest = llvm::SHA256::hash(
      llvm::ArrayRef<uint8_t>(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
  llvm::StringRef key(reinterpret_cast<const char *>(digest.data()), digest.size());
  block.resize((block.size() + 63) / 64 * 64);
  auto [entry, isNew] = offsets.try_emplace(key, block.size());
  if (isNew)
    block.append(bytes.begin(), bytes.end());
  return entry->second;
}

llvm::SmallVector<char, 0> WeightBlock::take() {
  if (block.empty())
    block.resize(64);
  return std::move(block);
}
