// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Printing of JSON.

#include "bitwright/Support/Json.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <charconv>

using namespace bitwright;

std::string bitwright::formatNumber(double value) {
  char text[32];
  auto [end, error] = std::to_chars(text, text + sizeof(text), value);
  return std::string(text, error == std::errc() ? end : text);
}

static void printObject(const llvm::json::Object &object, llvm::json::OStream &json);

static void printValue(const llvm::json::Value &value, llvm::json::OStream &json) {
  if (const llvm::json::Object *object = value.getAsObject())
    return json.object([&] { printObject(*object, json); });
  if (const llvm::json::Array *array = value.getAsArray())
    return json.array([&] {
      for (const llvm::json::Value &element : *array)
        printValue(element, json);
    });
  if (value.kind() == llvm::json::Value::Number && !value.getAsInteger())
    return json.rawValue(formatNumber(*value.getAsNumber()));
  json.value(value);
}

static void printObject(const llvm::json::Object &object, llvm::json::OStream &json) {
  llvm::SmallVector<std::pair<llvm::StringRef, const llvm::json::Value *>> members;
  for (const auto &[key, value] : object)
    members.emplace_back(key, &value);
  llvm::sort(members, llvm::less_first());
  for (auto [key, value] : members) {
    json.attributeBegin(key);
    printValue(*value, json);
    json.attributeEnd();
  }
}

void bitwright::printJson(const llvm::json::Value &value, llvm::raw_ostream &os) {
  llvm::json::OStream json(os);
  printValue(value, json);
}
