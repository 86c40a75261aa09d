// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Things that are found by name: statistics, rounders, number formats. A registry is an object
/// of whoever needs it, not of the process.

#ifndef BITWRIGHT_SUPPORT_REGISTRY_H
#define BITWRIGHT_SUPPORT_REGISTRY_H

#include "llvm/ADT/StringRef.h"
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bitwright {

/// `T` has `getName()`. Entries are const and shared, so that copies of a registry are cheap.
template <typename T> class Registry {
public:
  /// An entry of the same name is replaced.
  void add(std::shared_ptr<const T> entry) {
    std::string name = llvm::StringRef(entry->getName()).str();
    entries[name] = std::move(entry);
  }

  /// Null where there is none of this name.
  const T *lookup(llvm::StringRef name) const {
    auto it = entries.find(name.str());
    return it == entries.end() ? nullptr : it->second.get();
  }

  /// All entries, by name.
  std::vector<const T *> getAll() const {
    std::vector<const T *> result;
    for (const auto &[name, entry] : entries)
      result.push_back(entry.get());
    return result;
  }

  /// "a, b, c", for messages.
  std::string listNames() const {
    std::string text;
    for (const auto &[name, entry] : entries)
      text += (text.empty() ? "" : ", ") + name;
    return text;
  }

private:
  std::map<std::string, std::shared_ptr<const T>> entries;
};

} // namespace bitwright

#endif // BITWRIGHT_SUPPORT_REGISTRY_H
