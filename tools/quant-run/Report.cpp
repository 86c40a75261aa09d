// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Results for people and for machines.

#include "Options.h"
#include "llvm/Support/Format.h"

using namespace bitwright;

static void printScalar(const llvm::json::Value &value) {
  if (auto text = value.getAsString())
    llvm::outs() << *text;
  else if (auto integer = value.getAsInteger())
    llvm::outs() << *integer;
  else if (auto number = value.getAsNumber())
    llvm::outs() << llvm::format("%.6g", *number);
  else
    llvm::outs() << value;
}

/// The members by name; json::Object itself has no order.
static auto getSorted(const llvm::json::Object &object) {
  llvm::SmallVector<std::pair<llvm::StringRef, const llvm::json::Value *>> members;
  for (const auto &[key, value] : object)
    members.emplace_back(key, &value);
  llvm::sort(members, llvm::less_first());
  return members;
}

/// One line for an object of scalars: "name logits  max_abs_diff 1e-06 ...".
static void printLine(const llvm::json::Object &object) {
  const char *separator = "";
  for (auto [key, value] : getSorted(object)) {
    llvm::outs() << separator << key << " ";
    printScalar(*value);
    separator = "  ";
  }
  llvm::outs() << "\n";
}

static void printEntry(llvm::StringRef key, const llvm::json::Value &value) {
  llvm::outs() << key << ": ";
  if (const llvm::json::Object *object = value.getAsObject())
    return printLine(*object);
  const llvm::json::Array *array = value.getAsArray();
  if (!array) {
    printScalar(value);
    llvm::outs() << "\n";
    return;
  }
  bool hasObjects = !array->empty() && array->front().getAsObject();
  llvm::outs() << (hasObjects ? "\n" : "");
  for (const llvm::json::Value &element : *array) {
    if (const llvm::json::Object *object = element.getAsObject()) {
      llvm::outs() << "  ";
      printLine(*object);
    } else {
      printScalar(element);
      llvm::outs() << " ";
    }
  }
  llvm::outs() << (hasObjects ? "" : "\n");
}

void bitwright::printResult(const llvm::json::Object &result, bool asJson) {
  if (asJson) {
    llvm::outs() << llvm::json::Value(llvm::json::Object(result)) << "\n";
    return;
  }
  for (auto [key, value] : getSorted(result))
    printEntry(key, *value);
}
