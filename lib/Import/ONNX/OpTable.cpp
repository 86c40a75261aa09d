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
  for (ArrayRef<OpEntry> group : {getUnaryOps(),
                                  getBinaryOps(),
                                  getConvolutionOps(),
                                  getPoolingOps(),
                                  getMatrixOps(),
                                  getNormalizationOps(),
                                  getReductionOps(),
                                  getShapeOps(),
                                  getIndexingOps(),
                                  getGenerationOps(),
                                  getResizeOps(),
                                  getQuantizationOps(),
                                  getControlOps(),
                                  getAttentionOps(),
                                  getEinsumOps(),
                                  getFusedOps(),
                                  getLossOps(),
                                  getMatMulNBitsOps(),
                                  getMicrosoftAttentionOps(),
                                  getQLinearOps(),
                                  getRotaryOps(),
                                  getSignalOps(),
                                  getTrigonometryOps()})
    for (const OpEntry &entry : group)
      table[getKey(entry.domain, entry.name)].push_back(&entry);
  return table;
}

namespace {

struct RefusedOps {
  StringRef reason;
  std::initializer_list<StringRef> names;
};

} // namespace

/// Why an op of the default domain is not supported, where there is more to say than that.
static StringRef getRefusal(StringRef name) {
  static const RefusedOps groups[] = {
      {"it carries state through a computed number of steps",
       {"GRU", "LSTM", "Loop", "RNN", "Scan"}},
      {"sequences and optional values are not supported",
       {"ConcatFromSequence", "Optional", "OptionalGetElement", "OptionalHasElement", "SequenceAt",
        "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceLength",
        "SequenceMap", "SplitToSequence"}},
      {"strings are not supported",
       {"RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer"}},
      {"the shape of its result depends on data",
       {"Compress", "NonMaxSuppression", "NonZero", "Unique"}},
  };
  for (const RefusedOps &group : groups)
    if (is_contained(group.names, name))
      return group.reason;
  return "";
}

/// Ops of the domain whose names a typing error or a suffix away are, the nearest first.
static std::vector<StringRef> findSimilar(const Table &table, StringRef domain, StringRef name) {
  constexpr unsigned most = 5;
  std::vector<std::pair<unsigned, StringRef>> found;
  for (const auto &entry : table) {
    StringRef other = entry.second.front()->name;
    if (entry.second.front()->domain != domain)
      continue;
    unsigned distance = name.edit_distance_insensitive(other);
    bool isPart = other.size() >= 4 && (name.contains(other) || other.contains(name));
    if (distance <= std::max<size_t>(1, name.size() / 4) || isPart)
      found.emplace_back(distance, other);
  }
  llvm::sort(found);
  std::vector<StringRef> names;
  for (auto &[distance, other] : found)
    if (names.size() < most)
      names.push_back(other);
  return names;
}

static std::string explainUnknown(const Table &table, StringRef domain, StringRef name) {
  auto isIn = [&](StringRef other) {
    return any_of(table, [&](const auto &e) { return e.second.front()->domain == other; });
  };
  std::string text = "op is not supported";
  if (!isIn(domain))
    text += "; no op of this domain is supported";
  else if (StringRef reason = domain.empty() ? getRefusal(name) : ""; !reason.empty())
    text += (": " + reason).str();
  else if (auto names = findSimilar(table, domain, name); !names.empty())
    text += "; supported ops with similar names: " + join(names, ", ");
  return text;
}

const OpEntry *findOp(StringRef domain, StringRef name, int64_t opset, std::string &known) {
  static const Table table = makeTable();
  auto found = table.find(getKey(domain, name));
  if (found == table.end()) {
    known = explainUnknown(table, domain, name);
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
