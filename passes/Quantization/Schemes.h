// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The scheme language: `NAME[:OPTION[,OPTION...]]`, where an option is a word or
/// `word=value`. A scheme is registered once, by the family that implements it or by a
/// plug-in; `--help` and error messages list schemes and options from there.

#ifndef BITWRIGHT_PASSES_QUANTIZATION_SCHEMES_H
#define BITWRIGHT_PASSES_QUANTIZATION_SCHEMES_H

#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace bitwright {

/// An option that a scheme knows.
struct SchemeOption {
  enum class Kind { Flag, Integer, Number, Choice, Text };
  std::string name;
  Kind kind = Kind::Flag;
  /// Choice: what it may be.
  std::vector<std::string> choices;
  std::string help;
  /// Integer: the least value.
  int64_t least = 0;
};

/// The options that a user gave, checked against what the scheme knows.
class SchemeArguments {
public:
  bool has(llvm::StringRef name) const { return values.contains(name); }
  bool getFlag(llvm::StringRef name) const { return has(name); }
  /// A choice of on and off.
  bool getSwitch(llvm::StringRef name, bool byDefault) const;
  int64_t getInteger(llvm::StringRef name, int64_t byDefault) const;
  double getNumber(llvm::StringRef name, double byDefault) const;
  std::string getText(llvm::StringRef name, llvm::StringRef byDefault = "") const;

  llvm::StringMap<std::string> values;
};

struct Scheme {
  std::string name;
  /// One line for `--help`.
  std::string summary;
  std::vector<SchemeOption> options;
  /// Adds the scheme's passes for modules; the pipeline around them simplifies before and
  /// removes observers after. Options that exclude each other are an error here.
  std::function<llvm::Error(const SchemeArguments &, mlir::OpPassManager &)> build;
};

/// Adds a scheme; one of the same name is replaced.
void registerScheme(Scheme scheme);
/// All schemes, by name.
std::vector<const Scheme *> getSchemes();
/// The schemes of this family. Idempotent.
void registerBuiltinSchemes();

/// The scheme that `text` names, and its options. Errors are one line and list what exists.
llvm::Expected<std::pair<const Scheme *, SchemeArguments>> parseScheme(llvm::StringRef text);

/// Several lines: each scheme with its options.
std::string describeSchemes();

} // namespace bitwright

#endif // BITWRIGHT_PASSES_QUANTIZATION_SCHEMES_H
