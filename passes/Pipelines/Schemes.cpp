// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Parser and description of schemes.

#include "passes/Pipelines/Schemes.h"

#include "bitwright/Support/Error.h"

using namespace bitwright;
using llvm::StringRef;

Algorithms::Algorithms() {
  for (Scheme &scheme : makeBuiltinSchemes(transforms))
    schemes.add(std::make_shared<Scheme>(std::move(scheme)));
}

/// Cuts `text` at each '+' of a name, and at those in options that a scheme's name follows: a
/// regular expression may hold others.
static std::vector<StringRef> splitParts(StringRef text, const Algorithms &algorithms) {
  std::vector<StringRef> parts;
  bool inName = true;
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':')
      inName = false;
    if (text[i] != '+')
      continue;
    StringRef next = text.drop_front(i + 1);
    next = next.take_until([](char c) { return c == ':' || c == '+'; });
    if (!inName && !algorithms.schemes.lookup(next))
      continue;
    parts.push_back(text.slice(begin, i));
    begin = i + 1;
    inName = true;
  }
  parts.push_back(text.drop_front(begin));
  return parts;
}

/// Transforms and rounders as words, with the options of transforms.
static void addParts(std::vector<WordOption> &options, const Algorithms &algorithms) {
  for (const Transform *transform : algorithms.transforms.getAll()) {
    options.push_back({transform->getName().str(),
                       WordOption::Kind::Switch,
                       {},
                       transform->getSummary().str(),
                       0});
    for (const WordOption &option : transform->getOptions())
      options.push_back(option);
  }
  for (const Rounder *rounder : algorithms.rounders.getAll())
    options.push_back(
        {rounder->getName().str(), WordOption::Kind::Flag, {}, rounder->getSummary().str(), 0});
}

/// What all schemes take.
static void addFilters(std::vector<WordOption> &options) {
  options.push_back(
      {"keep", WordOption::Kind::Text, {}, "nodes whose name matches stay as they are", 0});
  options.push_back({"only", WordOption::Kind::Text, {}, "no other nodes than these", 0});
}

static std::vector<WordOption> getOptions(const Scheme &scheme, const Algorithms &algorithms) {
  std::vector<WordOption> options = scheme.options;
  if (scheme.takesParts)
    addParts(options, algorithms);
  addFilters(options);
  return options;
}

static llvm::Expected<SchemePart> parsePart(StringRef text, const Algorithms &algorithms) {
  auto [name, rest] = text.split(':');
  SchemePart part;
  part.scheme = algorithms.schemes.lookup(name);
  if (!part.scheme)
    return makeError("unknown scheme '" + name + "', expects one of " +
                     algorithms.schemes.listNames());
  auto words = parseWords(rest, text.contains(':'), getOptions(*part.scheme, algorithms),
                          "scheme '" + name + "'");
  if (!words)
    return words.takeError();
  part.recipe.words = *words;
  part.recipe.assign.keep = words->getText("keep");
  part.recipe.assign.only = words->getText("only");
  if (llvm::Error error = part.scheme->build(*words, algorithms, part.recipe))
    return std::move(error);
  return part;
}

llvm::Expected<std::vector<SchemePart>> bitwright::parseScheme(StringRef text,
                                                               const Algorithms &algorithms) {
  std::vector<SchemePart> result;
  for (StringRef part : splitParts(text, algorithms)) {
    auto parsed = parsePart(part, algorithms);
    if (!parsed)
      return parsed.takeError();
    result.push_back(std::move(*parsed));
  }
  return result;
}

static void describeOptions(std::string &text, llvm::ArrayRef<WordOption> options) {
  for (const WordOption &option : options)
    text += "\n    " + describeOption(option) + ": " + option.help;
}

std::string bitwright::describeSchemes(const Algorithms &algorithms) {
  std::string text;
  std::string withParts;
  for (const Scheme *scheme : algorithms.schemes.getAll()) {
    text += "\n  " + scheme->name + ": " + scheme->summary;
    describeOptions(text, scheme->options);
    if (scheme->takesParts)
      withParts += (withParts.empty() ? "" : ", ") + scheme->name;
  }
  std::vector<WordOption> parts, filters;
  addParts(parts, algorithms);
  addFilters(filters);
  text += "\n  transforms and rounders, options of " + withParts + ":";
  describeOptions(text, parts);
  text += "\n  options of all schemes:";
  describeOptions(text, filters);
  return text;
}
