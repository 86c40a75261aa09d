// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The driver of quant-opt: mlir-opt's options, our files.

#ifndef BITWRIGHT_TOOLS_DRIVER_OPTMAIN_H
#define BITWRIGHT_TOOLS_DRIVER_OPTMAIN_H

namespace bitwright {

/// Reads a module, runs the passes of the command line, writes the result.
/// Returns the exit status.
int optMain(int argc, char **argv);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_OPTMAIN_H
