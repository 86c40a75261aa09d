// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Parser of options.

#include "passes/Common/Words.h"

#include "bitwright/Support/Error.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>

using namespace bitwright;
using llvm::StringRef;
using llvm::Twine;

bool Words::getSwitch(StringRef name, bool byDefault) const {
  return has(name) ? values.lookup(name) != "off" : byDefault;
}

int64_t Words::getInteger(StringRef name, int64_t byDefault) const {
  int64_t value = byDefault;
  if (has(name))
    StringRef(values.lookup(name)).getAsInteger(10, value);
  return value;
}

double Words::getNumber(StringRef name, double byDefault) const {
  double value = byDefault;
  if (has(name))
    StringRef(values.lookup(name)).getAsDouble(value);
  return value;
}

std::string Words::getText(StringRef name, StringRef byDefault) const {
  return has(name) ? values.lookup(name) : byDefault.str();
}

std::string bitwright::describeOption(const WordOption &option) {
  switch (option.kind) {
  case WordOption::Kind::Flag:
    return option.name;
  case WordOption::Kind::Switch:
    return option.name + "[=on|off]";
  case WordOption::Kind::Integer:
    return option.name + "=N";
  case WordOption::Kind::Number:
    return option.name + "=X";
  case WordOption::Kind::Choice:
    return option.name + "=" + llvm::join(option.choices, "|");
  case WordOption::Kind::Text:
    return option.name + "=REGEX";
  }
  llvm_unreachable("unknown kind of option");
}

std::string bitwright::listOptions(llvm::ArrayRef<WordOption> options) {
  std::vector<std::string> words;
  for (const WordOption &option : options)
    words.push_back(describeOption(option));
  return words.empty() ? "none" : llvm::join(words, ", ");
}

static bool isValid(const WordOption &option, bool hasValue, StringRef value) {
  int64_t integer;
  double number;
  switch (option.kind) {
  case WordOption::Kind::Flag:
    return !hasValue;
  case WordOption::Kind::Switch:
    return !hasValue || value == "on" || value == "off";
  case WordOption::Kind::Integer:
    return hasValue && !value.getAsInteger(10, integer) && integer >= option.least;
  case WordOption::Kind::Number:
    return hasValue && !value.getAsDouble(number) && std::isfinite(number);
  case WordOption::Kind::Choice:
    return hasValue && llvm::is_contained(option.choices, value);
  case WordOption::Kind::Text:
    return hasValue && !value.empty();
  }
  llvm_unreachable("unknown kind of option");
}

llvm::Expected<Words> bitwright::parseWords(StringRef text, bool isGiven,
                                            llvm::ArrayRef<WordOption> options,
                                            const Twine &owner) {
  Words result;
  llvm::SmallVector<StringRef> words;
  if (isGiven)
    text.split(words, ',');
  for (StringRef word : words) {
    auto [key, value] = word.split('=');
    auto option =
        llvm::find_if(options, [key = key](const WordOption &o) { return o.name == key; });
    if (option == options.end())
      return makeError(owner + " has no option '" + key + "', expects: " + listOptions(options));
    if (!isValid(*option, word.contains('='), value))
      return makeError("option '" + word + "' of " + owner + " expects " + describeOption(*option) +
                       (option->kind == WordOption::Kind::Integer
                            ? " with N at least " + Twine(option->least)
                            : Twine("")));
    if (!result.values.try_emplace(key, value.str()).second)
      return makeError(owner + " has option '" + key + "' twice");
  }
  return result;
}
