// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Registry and parser of schemes.

#include "passes/Quantization/Schemes.h"

#include "bitwright/Support/Error.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>
#include <map>
#include <mutex>

using namespace bitwright;
using llvm::StringRef;
using llvm::Twine;

static std::map<std::string, Scheme> &getRegistry() {
  static std::map<std::string, Scheme> registry;
  return registry;
}

void bitwright::registerScheme(Scheme scheme) {
  std::string name = scheme.name;
  getRegistry()[name] = std::move(scheme);
}

std::vector<const Scheme *> bitwright::getSchemes() {
  std::vector<const Scheme *> result;
  for (const auto &[name, scheme] : getRegistry())
    result.push_back(&scheme);
  return result;
}

bool SchemeArguments::getSwitch(StringRef name, bool byDefault) const {
  return has(name) ? values.lookup(name) == "on" : byDefault;
}

int64_t SchemeArguments::getInteger(StringRef name, int64_t byDefault) const {
  int64_t value = byDefault;
  if (has(name))
    StringRef(values.lookup(name)).getAsInteger(10, value);
  return value;
}

double SchemeArguments::getNumber(StringRef name, double byDefault) const {
  double value = byDefault;
  if (has(name))
    StringRef(values.lookup(name)).getAsDouble(value);
  return value;
}

std::string SchemeArguments::getText(StringRef name, StringRef byDefault) const {
  return has(name) ? values.lookup(name) : byDefault.str();
}

/// "group=N", "act=float|int8", "sym".
static std::string describeOption(const SchemeOption &option) {
  switch (option.kind) {
  case SchemeOption::Kind::Flag:
    return option.name;
  case SchemeOption::Kind::Integer:
    return option.name + "=N";
  case SchemeOption::Kind::Number:
    return option.name + "=X";
  case SchemeOption::Kind::Choice:
    return option.name + "=" + llvm::join(option.choices, "|");
  case SchemeOption::Kind::Text:
    return option.name + "=REGEX";
  }
  llvm_unreachable("unknown kind of option");
}

static std::string listOptions(const Scheme &scheme) {
  std::vector<std::string> words;
  for (const SchemeOption &option : scheme.options)
    words.push_back(describeOption(option));
  return words.empty() ? "none" : llvm::join(words, ", ");
}

static bool isValid(const SchemeOption &option, bool hasValue, StringRef value) {
  int64_t integer;
  double number;
  switch (option.kind) {
  case SchemeOption::Kind::Flag:
    return !hasValue;
  case SchemeOption::Kind::Integer:
    return hasValue && !value.getAsInteger(10, integer) && integer >= option.least;
  case SchemeOption::Kind::Number:
    return hasValue && !value.getAsDouble(number) && std::isfinite(number);
  case SchemeOption::Kind::Choice:
    return hasValue && llvm::is_contained(option.choices, value);
  case SchemeOption::Kind::Text:
    return hasValue && !value.empty();
  }
  llvm_unreachable("unknown kind of option");
}

llvm::Expected<std::pair<const Scheme *, SchemeArguments>> bitwright::parseScheme(StringRef text) {
  auto [name, rest] = text.split(':');
  auto it = getRegistry().find(name.str());
  if (it == getRegistry().end()) {
    std::vector<std::string> names;
    for (const Scheme *scheme : getSchemes())
      names.push_back(scheme->name);
    return makeError("unknown scheme '" + name + "', expects one of " + llvm::join(names, ", "));
  }
  const Scheme &scheme = it->second;
  SchemeArguments arguments;
  llvm::SmallVector<StringRef> words;
  if (text.contains(':'))
    rest.split(words, ',');
  for (StringRef word : words) {
    auto [key, value] = word.split('=');
    auto option =
        llvm::find_if(scheme.options, [key = key](const SchemeOption &o) { return o.name == key; });
    if (option == scheme.options.end())
      return makeError("scheme '" + name + "' has no option '" + key +
                       "', expects: " + listOptions(scheme));
    if (!isValid(*option, word.contains('='), value))
      return makeError(
          "option '" + word + "' of scheme '" + name + "' expects " + describeOption(*option) +
          (option->kind == SchemeOption::Kind::Integer ? " with N at least " + Twine(option->least)
                                                       : Twine("")));
    if (!arguments.values.try_emplace(key, value.str()).second)
      return makeError("scheme '" + name + "' has option '" + key + "' twice");
  }
  return std::make_pair(&scheme, std::move(arguments));
}

std::string bitwright::describeSchemes() {
  std::string text;
  for (const Scheme *scheme : getSchemes()) {
    text += "\n  " + scheme->name + ": " + scheme->summary;
    for (const SchemeOption &option : scheme->options)
      text += "\n    " + describeOption(option) + ": " + option.help;
  }
  return text;
}
