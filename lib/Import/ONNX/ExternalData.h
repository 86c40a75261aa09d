// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The one place that opens files a model names. A path must lead to a regular
/// file inside the model's folder without passing a symbolic link.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_EXTERNALDATA_H
#define BITWRIGHT_LIB_IMPORT_ONNX_EXTERNALDATA_H

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <functional>
#include <memory>
#include <string>

namespace bitwright::onnximport {

/// Maps the files that a model's tensors refer to, each once.
class ExternalFiles {
public:
  /// `folder` is the folder of the model; empty where there is none (standard input).
  explicit ExternalFiles(std::string folder, bool hasFolder)
      : folder(std::move(folder)), hasFolder(hasFolder) {}

  llvm::Expected<std::shared_ptr<llvm::MemoryBuffer>> open(llvm::StringRef location);

  /// Takes the pages of all files out of memory; they come back when they are read.
  void dropPages() const;

  /// Learns of each file that is opened; may be empty.
  std::function<void(llvm::StringRef path)> onOpen;

private:
  std::string folder;
  bool hasFolder;
  llvm::StringMap<std::shared_ptr<llvm::MemoryBuffer>> files;
};

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_EXTERNALDATA_H
