// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The options of schemes and of their parts, as a user writes them: words and `word=value`.

#ifndef BITWRIGHT_PASSES_COMMON_WORDS_H
#define BITWRIGHT_PASSES_COMMON_WORDS_H

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace bitwright {

/// An option that is known.
struct WordOption {
  enum class Kind { Flag, Switch, Integer, Number, Choice, Text };
  std::string name;
  Kind kind = Kind::Flag;
  /// Choice: what it may be.
  std::vector<std::string> choices;
  std::string help;
  /// Integer: the least value.
  int64_t least = 0;
};

/// The options that were given, checked against what is known.
class Words {
public:
  bool has(llvm::StringRef name) const { return values.contains(name); }
  bool getFlag(llvm::StringRef name) const { return has(name); }
  /// A switch, or a choice of on and off.
  bool getSwitch(llvm::StringRef name, bool byDefault) const;
  int64_t getInteger(llvm::StringRef name, int64_t byDefault) const;
  double getNumber(llvm::StringRef name, double byDefault) const;
  std::string getText(llvm::StringRef name, llvm::StringRef byDefault = "") const;

  llvm::StringMap<std::string> values;
};

/// "group=N", "act=float|int8", "sym".
std::string describeOption(const WordOption &option);
/// All of them with commas, or "none".
std::string listOptions(llvm::ArrayRef<WordOption> options);

/// The words of `text`, which are separated by commas; nothing where it is empty and `isGiven` is
/// false. Errors say "`owner` has no option ...", and list what it has.
llvm::Expected<Words> parseWords(llvm::StringRef text, bool isGiven,
                                 llvm::ArrayRef<WordOption> options, const llvm::Twine &owner);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_COMMON_WORDS_H
