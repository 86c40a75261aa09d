// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The command line of quant-compile, checked.

#ifndef BITWRIGHT_TOOLS_QUANT_COMPILE_OPTIONS_H
#define BITWRIGHT_TOOLS_QUANT_COMPILE_OPTIONS_H

#include "passes/Pipelines/Schemes.h"
#include "tools/Driver/Calibration.h"
#include "tools/Driver/Compile.h"
#include "tools/Driver/ModuleIO.h"
#include <optional>
#include <string>

namespace bitwright {

struct CompileToolOptions {
  std::string input, output, name, report, header;
  LoadOptions load;
  TargetSpec target;
  bool isDefaultTarget = false; ///< Nothing was said: it is this machine.
  std::string scheme;           ///< "int4-awq:group=32"; "" leaves the model as it is.
  CalibrationRequest calibration;
  EmitOptions emit;
  /// What to write; nullopt stands for the LLVM dialect, as text.
  std::optional<ArtifactKind> kind;
};

/// Reads the command line, whose help names some of `algorithms`; prints help and errors of syntax
/// itself.
llvm::Expected<CompileToolOptions> parseCompileOptions(int argc, char **argv,
                                                       const Algorithms &algorithms);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_QUANT_COMPILE_OPTIONS_H
