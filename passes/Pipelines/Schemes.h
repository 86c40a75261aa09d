// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The scheme language: `PART[+PART...]`, a part being `NAME[:WORD[,WORD]...]`. A name is a number
/// format ("int4:group=32,awq") or the name of such a recipe ("int4-awq:group=32"); words are
/// options, transforms and rounders. Each part assigns its precision to the ops that can have it,
/// over what parts before it assigned.

#ifndef BITWRIGHT_PASSES_PIPELINES_SCHEMES_H
#define BITWRIGHT_PASSES_PIPELINES_SCHEMES_H

#include "bitwright/Numerics/NumberFormat.h"
#include "passes/Assign/Passes.h"
#include "passes/Calibration/Statistic.h"
#include "passes/Common/Words.h"
#include "passes/Round/Rounder.h"
#include "passes/Transform/Transform.h"
#include <functional>

namespace bitwright {

struct Algorithms;

/// What a part asks for.
struct Recipe {
  AssignPassOptions assign;
  /// The words that its transforms take their options from.
  Words words;
  /// It can do little without measurements.
  bool needsMeasurements = false;
  /// Adds passes that the simplified model goes through first; empty for none.
  std::function<void(mlir::OpPassManager &)> prepare;
};

struct Scheme {
  std::string name;
  /// One line for `--help`.
  std::string summary;
  /// What it takes, beside `keep` and `only`, which all take.
  std::vector<WordOption> options;
  /// True where it takes transforms, their options and rounders as words, too.
  bool takesParts = false;
  /// Fills in the recipe. Words that exclude each other are an error here.
  std::function<llvm::Error(const Words &, const Algorithms &, Recipe &)> build;

  llvm::StringRef getName() const { return name; }
};

/// Everything that is found by name when a model is quantized: one object of a tool, which a
/// plug-in adds to before the pipelines are registered.
struct Algorithms {
  /// Holds those of this project.
  Algorithms();

  FormatRegistry formats;
  StatisticRegistry statistics;
  TransformRegistry transforms;
  RounderRegistry rounders;
  Registry<Scheme> schemes;
};

/// A part as it was written.
struct SchemePart {
  const Scheme *scheme = nullptr;
  Recipe recipe;
};

/// The parts that `text` names. Errors are one line and list what exists.
llvm::Expected<std::vector<SchemePart>> parseScheme(llvm::StringRef text,
                                                    const Algorithms &algorithms);

/// Several lines: each scheme with its options.
std::string describeSchemes(const Algorithms &algorithms);

/// The schemes of this project.
std::vector<Scheme> makeBuiltinSchemes(const TransformRegistry &transforms);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_PIPELINES_SCHEMES_H
