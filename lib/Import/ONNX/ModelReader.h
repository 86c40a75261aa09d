// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reads the bytes of an ONNX file into its messages, within bounds.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_MODELREADER_H
#define BITWRIGHT_LIB_IMPORT_ONNX_MODELREADER_H

#include "Schema.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

namespace bitwright::onnximport {

/// The opsets of the default domain that the importer knows.
constexpr int64_t minOpset = 7;
constexpr int64_t maxOpset = 28;

/// Parses the file at `path` ("-" is standard input) into `message`; errors call it an ONNX `what`.
llvm::Error readMessage(llvm::StringRef path, llvm::StringRef what,
                        google::protobuf::Message &message);

/// As readMessage, and checks what the model says of itself.
llvm::Error readModel(llvm::StringRef path, onnx::ModelProto &model);

using OpsetImports = google::protobuf::RepeatedPtrField<onnx::OperatorSetIdProto>;

/// The opset of each domain that `what` imports; the default domain is "". com.microsoft, which has
/// one version and is often left out, is always there.
llvm::Expected<llvm::StringMap<int64_t>> readOpsets(const OpsetImports &imports,
                                                    llvm::StringRef what);

/// Fails where `message` has a field that the schema we were built with does not know, other than
/// the `allowed` ones.
llvm::Error checkUnknownFields(const google::protobuf::Message &message, llvm::StringRef what,
                               llvm::ArrayRef<int> allowed);

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_MODELREADER_H
