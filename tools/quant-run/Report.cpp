// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Results for people and for machines.

#include "Options.h"
#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Json.h"
#include "tools/Driver/Measure.h"
#include "llvm/Support/Format.h"

using namespace bitwright;

static void printScalar(const llvm::json::Value &value, llvm::raw_ostream &os);

/// "[0.1, 0.2]"
static void printList(const llvm::json::Array &array, llvm::raw_ostream &os) {
  os << "[";
  llvm::interleaveComma(array, os,
                        [&](const llvm::json::Value &element) { printScalar(element, os); });
  os << "]";
}

static void printScalar(const llvm::json::Value &value, llvm::raw_ostream &os) {
  if (auto text = value.getAsString())
    os << *text;
  else if (auto integer = value.getAsInteger())
    os << *integer;
  else if (auto number = value.getAsNumber())
    os << llvm::format("%.6g", *number);
  else if (const llvm::json::Array *array = value.getAsArray())
    printList(*array, os);
  else
    printJson(value, os);
}

/// What JSON can only say by a stand-in, people read as it is.
static void printMember(llvm::StringRef key, const llvm::json::Value &value,
                        llvm::raw_ostream &os) {
  if (key == "sqnr_db" && value.getAsNumber() == exactSqnr)
    os << "inf";
  else if (key == "sqnr_db" && value.getAsNumber() == -exactSqnr)
    os << "-inf";
  else
    printScalar(value, os);
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
static void printLine(const llvm::json::Object &object, llvm::raw_ostream &os) {
  const char *separator = "";
  for (auto [key, value] : getSorted(object)) {
    os << separator << key << " ";
    printMember(key, *value, os);
    separator = "  ";
  }
  os << "\n";
}

static void printEntry(llvm::StringRef key, const llvm::json::Value &value, llvm::raw_ostream &os) {
  os << key << ": ";
  if (const llvm::json::Object *object = value.getAsObject())
    return printLine(*object, os);
  const llvm::json::Array *array = value.getAsArray();
  if (!array) {
    printScalar(value, os);
    os << "\n";
    return;
  }
  bool hasObjects = !array->empty() && array->front().getAsObject();
  os << (hasObjects ? "\n" : "");
  for (const llvm::json::Value &element : *array) {
    if (const llvm::json::Object *object = element.getAsObject()) {
      os << "  ";
      printLine(*object, os);
    } else {
      printScalar(element, os);
      os << " ";
    }
  }
  os << (hasObjects ? "" : "\n");
}

llvm::Error bitwright::printResult(const llvm::json::Object &result, bool asJson) {
  return writeFileAtomically("-", [&](llvm::raw_ostream &os) {
    if (asJson) {
      printJson(llvm::json::Object(result), os);
      os << "\n";
      return llvm::Error::success();
    }
    for (auto [key, value] : getSorted(result))
      printEntry(key, *value, os);
    return llvm::Error::success();
  });
}
