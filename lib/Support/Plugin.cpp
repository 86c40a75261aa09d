// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Loading plug-ins: the file is looked at first, so that one of another release is refused in a
/// line of ours and not by the dynamic linker.

#include "bitwright/Support/Plugin.h"
#include "bitwright/Support/Error.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include <dlfcn.h>

using namespace bitwright;
using llvm::StringRef;

static llvm::Error refuse(StringRef path, const llvm::Twine &why) {
  return makeError("cannot load plug-in '" + path + "': " + why);
}

/// The text that the symbol stands for in the file; nullopt where there is none.
static llvm::Expected<std::optional<std::string>> readText(const llvm::object::ObjectFile &file,
                                                           StringRef name) {
  auto *elf = llvm::dyn_cast<llvm::object::ELFObjectFileBase>(&file);
  if (!elf)
    return std::nullopt;
  for (const llvm::object::ELFSymbolRef symbol : elf->getDynamicSymbolIterators()) {
    auto found = symbol.getName();
    if (!found)
      return found.takeError();
    if (*found != name)
      continue;
    auto section = symbol.getSection();
    if (!section)
      return section.takeError();
    auto address = symbol.getAddress();
    if (!address)
      return address.takeError();
    if (*section == file.section_end())
      return std::nullopt;
    auto contents = (*section)->getContents();
    if (!contents)
      return contents.takeError();
    uint64_t offset = *address - (*section)->getAddress();
    if (*address < (*section)->getAddress() || offset >= contents->size())
      return std::nullopt;
    return contents->drop_front(offset).take_until([](char c) { return c == 0; }).str();
  }
  return std::nullopt;
}

static llvm::Error checkFile(StringRef path) {
  if (!llvm::sys::fs::exists(path))
    return refuse(path, "there is no such file");
  auto binary = llvm::object::ObjectFile::createObjectFile(path);
  if (!binary)
    return refuse(path, llvm::toString(binary.takeError()));
  auto builtFor = readText(*binary->getBinary(), "bitwrightPluginBuiltFor");
  if (!builtFor)
    return refuse(path, llvm::toString(builtFor.takeError()));
  if (!*builtFor)
    return refuse(path, "it is no plug-in of Bitwright (it has no BITWRIGHT_PLUGIN)");
  if (**builtFor != BITWRIGHT_PLUGIN_BUILT_FOR)
    return refuse(path, "it was built for " + StringRef(**builtFor).take_front(80) +
                            ", but this is " BITWRIGHT_PLUGIN_BUILT_FOR);
  return llvm::Error::success();
}

llvm::Error bitwright::loadPlugin(StringRef path, mlir::DialectRegistry &registry,
                                  Algorithms &algorithms) {
  if (llvm::Error error = checkFile(path))
    return error;
  // Without a slash, dlopen would look elsewhere than the check did.
  std::string place = path.contains('/') ? path.str() : ("./" + path).str();
  // Never closed: what it registers lives in registries until the process ends.
  void *handle = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!handle)
    return refuse(path, ::dlerror());
  auto *info = static_cast<const PluginInfo *>(::dlsym(handle, "bitwrightPluginInfo"));
  if (!info || !info->registerAll)
    return refuse(path, "it registers nothing");
  info->registerAll(registry, algorithms);
  return llvm::Error::success();
}
