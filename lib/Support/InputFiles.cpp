// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Which files a run reads, told apart by what they are on disk.

#include "bitwright/Support/InputFiles.h"
#include "bitwright/Support/Error.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace bitwright;
namespace fs = llvm::sys::fs;

std::string bitwright::getRealPath(llvm::StringRef path) {
  llvm::SmallString<256> real;
  if (!fs::real_path(path, real))
    return real.str().str();
  // The file is not there yet, but its folder is.
  llvm::StringRef folder = llvm::sys::path::parent_path(path);
  if (fs::real_path(folder.empty() ? llvm::StringRef(".") : folder, real))
    return path.str();
  llvm::sys::path::append(real, llvm::sys::path::filename(path));
  return real.str().str();
}

void InputFiles::add(llvm::StringRef path) {
  if (!path.empty() && path != "-" && fs::exists(path))
    paths.push_back(path.str());
}

void InputFiles::addSamples(llvm::StringRef path) {
  if (!fs::is_directory(path))
    return add(path);
  std::error_code code;
  for (fs::directory_iterator it(path, code), end; it != end && !code; it.increment(code)) {
    llvm::StringRef name = llvm::sys::path::filename(it->path());
    llvm::StringRef ending = llvm::sys::path::extension(name);
    if (name.starts_with("test_data_set_") && fs::is_directory(it->path()))
      addSamples(it->path());
    else if (ending == ".npy" || ending == ".npz" || ending == ".pb")
      add(it->path());
  }
}

llvm::Error InputFiles::check(llvm::StringRef path) const {
  fs::file_status status;
  if (path.empty() || path == "-" || fs::status(path, status) || !fs::is_regular_file(status))
    return llvm::Error::success();
  for (const std::string &input : paths) {
    fs::UniqueID id;
    if (!fs::getUniqueID(input, id) && id == status.getUniqueID())
      return makeError("cannot write '" + path + "': it is the input '" + input + "' of this run");
  }
  return llvm::Error::success();
}

llvm::Error InputFiles::checkOutputs(llvm::ArrayRef<std::string> outputs) const {
  llvm::StringMap<llvm::StringRef> seen;
  for (llvm::StringRef output : outputs) {
    if (output.empty())
      continue;
    if (llvm::Error error = check(output))
      return error;
    fs::file_status status;
    bool isDevice = output != "-" && !fs::status(output, status) && fs::exists(status) &&
                    !fs::is_regular_file(status);
    std::string real = output == "-" ? "-" : getRealPath(output);
    if (!isDevice && !seen.try_emplace(real, output).second)
      return makeError("cannot write '" + output + "': it is the name of another output");
  }
  return llvm::Error::success();
}
