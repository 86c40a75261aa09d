// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The log itself, and its text and JSON forms.

#include "dialects/QNN/DecisionLog.h"

#include "llvm/Support/JSON.h"
#include <algorithm>
#include <tuple>

using namespace bitwright;

static auto getKey(const Decision &d) {
  return std::tie(d.pass, d.node, d.op, d.choice, d.reason, d.applied);
}

void DecisionLog::add(Decision decision) {
  std::lock_guard<std::mutex> lock(mutex);
  decisions.push_back(std::move(decision));
}

void DecisionLog::clear() {
  std::lock_guard<std::mutex> lock(mutex);
  decisions.clear();
}

std::vector<Decision> DecisionLog::sorted() const {
  std::vector<Decision> result;
  {
    std::lock_guard<std::mutex> lock(mutex);
    result = decisions;
  }
  llvm::sort(result, [](const Decision &a, const Decision &b) { return getKey(a) < getKey(b); });
  result.erase(
      std::unique(result.begin(), result.end(),
                  [](const Decision &a, const Decision &b) { return getKey(a) == getKey(b); }),
      result.end());
  return result;
}

void DecisionLog::printText(llvm::raw_ostream &os) const {
  std::vector<Decision> all = sorted();
  for (auto begin = all.begin(); begin != all.end();) {
    auto end =
        std::find_if(begin, all.end(), [&](const Decision &d) { return d.pass != begin->pass; });
    auto applied = std::count_if(begin, end, [](const Decision &d) { return d.applied; });
    os << begin->pass << ": " << applied << " applied, " << (end - begin) - applied
       << " not applied\n";
    for (; begin != end; ++begin) {
      os << (begin->applied ? "  + " : "  - ") << begin->node << " (" << begin->op
         << "): " << begin->choice;
      if (!begin->reason.empty())
        os << ": " << begin->reason;
      os << "\n";
    }
  }
}

void DecisionLog::printDecisions(llvm::json::OStream &json) const {
  json.attributeArray("decisions", [&] {
    for (const Decision &d : sorted())
      json.object([&] {
        json.attribute("pass", d.pass);
        json.attribute("node", llvm::json::fixUTF8(d.node));
        json.attribute("op", d.op);
        json.attribute("choice", d.choice);
        json.attribute("applied", d.applied);
        json.attribute("reason", llvm::json::fixUTF8(d.reason));
      });
  });
}

void DecisionLog::printJson(llvm::raw_ostream &os) const {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.object([&] { printDecisions(json); });
  os << "\n";
}
