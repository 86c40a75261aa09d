// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// A linear scan of MLIR text for nesting.

#include "TextScan.h"

#include "bitwright/Support/Error.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace bitwright;

namespace {

constexpr unsigned maxDepth = 256;
constexpr unsigned maxAffineOperators = 512;

class Scanner {
public:
  Scanner(llvm::StringRef text, llvm::StringRef path) : text(text), path(path) {}

  llvm::Error scan();

private:
  llvm::Error fail(const llvm::Twine &reason) const {
    return makeError(path + ":" + llvm::Twine(line) + ": " + reason);
  }
  char peek(size_t distance) const {
    return at + distance < text.size() ? text[at + distance] : '\0';
  }
  void skipString();
  llvm::Error bracket(char c);
  llvm::Error word();
  llvm::Error affineOperator();

  llvm::StringRef text, path;
  size_t at = 0;
  unsigned line = 1;
  unsigned depth = 0;
  unsigned deepest = 0; ///< Deepest nesting inside that definition.
  std::string defining; ///< The alias being defined at depth 0, with its sigil.
  llvm::StringMap<unsigned> aliases;
  unsigned affineDepth = 0; ///< Bracket depth at which an affine map or set started, or 0.
  unsigned affineOperators = 0;
};

void Scanner::skipString() {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    at += text[at] == '\\';
    line += at < text.size() && text[at] == '\n';
  }
}

llvm::Error Scanner::bracket(char c) {
  bool opens = c == '(' || c == '[' || c == '{' || (c == '<' && peek(1) != '=');
  bool closes = c == ')' || c == ']' || c == '}' ||
                (c == '>' && peek(1) != '=' && (at == 0 || text[at - 1] != '-'));
  if (opens && ++depth > maxDepth)
    return fail("nests deeper than " + llvm::Twine(maxDepth) + " levels");
  if (closes && depth > 0)
    --depth;
  if (affineDepth && depth < affineDepth)
    affineDepth = 0;
  deepest = std::max(deepest, depth);
  return llvm::Error::success();
}

llvm::Error Scanner::affineOperator() {
  if (affineDepth && ++affineOperators > maxAffineOperators)
    return fail("has an affine expression of more than " + llvm::Twine(maxAffineOperators) +
                " operators");
  return llvm::Error::success();
}

/// A word, with the sigil of an alias where it has one.
llvm::Error Scanner::word() {
  size_t start = at;
  for (++at; at < text.size() &&
             (llvm::isAlnum(text[at]) || llvm::StringRef("_.$-").contains(text[at])) &&
             !(text[at] == '-' && peek(1) == '>');
       ++at)
    ;
  llvm::StringRef word = text.slice(start, at--);
  if (word == "affine_map" || word == "affine_set") {
    affineDepth = depth + 1;
    affineOperators = 0;
    return llvm::Error::success();
  }
  if (word == "floordiv" || word == "ceildiv" || word == "mod")
    return affineOperator();
  if (word[0] != '#' && word[0] != '!')
    return llvm::Error::success();
  llvm::StringRef rest = text.substr(at + 1).ltrim(" \t");
  if (depth == 0 && rest.starts_with("=") && !rest.starts_with("==")) {
    defining = word.str();
    deepest = 0;
    return llvm::Error::success();
  }
  auto it = aliases.find(word);
  unsigned nested = it == aliases.end() ? 0 : it->second;
  if (depth + nested > maxDepth)
    return fail("nests deeper than " + llvm::Twine(maxDepth) + " levels through aliases");
  deepest = std::max(deepest, depth + nested);
  return llvm::Error::success();
}

llvm::Error Scanner::scan() {
  for (; at < text.size(); ++at) {
    char c = text[at];
    llvm::Error error = llvm::Error::success();
    if (c == '\n') {
      ++line;
      if (depth == 0 && !defining.empty()) {
        aliases[defining] = deepest + 1;
        defining.clear();
        deepest = 0;
      }
    } else if (c == '"') {
      skipString();
    } else if (c == '/' && peek(1) == '/') {
      at = std::min(text.find('\n', at), text.size()) - 1;
    } else if (llvm::isAlpha(c) || c == '_' || c == '#' || c == '!') {
      error = word();
    } else if (llvm::StringRef("()[]{}<>").contains(c)) {
      error = bracket(c);
    } else if (c == '+' || c == '*' || (c == '-' && peek(1) != '>')) {
      error = affineOperator();
    }
    if (error)
      return error;
  }
  return llvm::Error::success();
}

} // namespace

llvm::Error bitwright::scanText(llvm::StringRef text, llvm::StringRef path) {
  return Scanner(text, path).scan();
}
