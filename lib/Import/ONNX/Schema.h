// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The message classes of ONNX, as Debian builds them.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_SCHEMA_H
#define BITWRIGHT_LIB_IMPORT_ONNX_SCHEMA_H

#ifdef __clang__
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wunused-parameter"
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
#endif
#include <onnx/onnx_pb.h>
#ifdef __clang__
#pragma clang diagnostic pop
#endif

#endif // BITWRIGHT_LIB_IMPORT_ONNX_SCHEMA_H
