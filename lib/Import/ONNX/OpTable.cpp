// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Looks ops up in the lists of the op groups.

#include "OpTable.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace bitwright::onnximport {

using Table = StringMap<SmallVector<const OpEntry *, 1>>;

static std::string getKey(StringRef domain, StringRef name) { return (domain + ":" + name).str(); }

static Table makeTable() {
  Table table;
  for (ArrayRef<OpEntry> group :
       {getUnaryOps(), getBinaryOps(), getConvolutionOps(), getPoolingOps(), getMatrixOps(),
        getNormalizationOps(), getReductionOps(), getShapeOps(), getIndexingOps(),
        getGenerationOps(), getResizeOps(), getQuantizationOps(), getControlOps()})
    for (const OpEntry &entry : group)
      table[getKey(entry.domain, entry.name)].push_back(&entry);
  return table;
}

static std::string describe(const Table &table, StringRef domain) {
  std::vector<std::string> names;
  for (const auto &entry : table)
    if (entry.second.front()->domain == domain)
      names.push_back(entry.second.front()->name.str());
  if (names.empty())
    return domain.empty() ? "" : "no op of this domain is supported";
  llvm::sort(names);
  return "supported: " + join(names, " ");
}

const OpEntry *findOp(StringRef domain, StringRef name, int64_t opset, std::string &known) {
  static const Table table = makeTable();
  auto found = table.find(getKey(domain, name));
  if (found == table.end()) {
    known = "op is not supported; " + describe(table, domain);
    return nullptr;
  }
  for (const OpEntry *entry : found->second)
    if (opset >= entry->since && opset <= entry->until)
      return entry;
  known = "op is supported in opsets";
  for (const OpEntry *entry : found->second)
    known += " " + std::to_string(entry->since) + " to " + std::to_string(entry->until);
  return nullptr;
}

} // namespace bitwright::onnximport
