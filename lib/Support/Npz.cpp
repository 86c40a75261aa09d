// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Arrays in a .npz archive, inflated as a stream so that memory does not grow
/// with the array.

#include "NumpyHeader.h"
#include "bitwright/Support/Error.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include <zip.h>

using namespace bitwright;
using namespace bitwright::detail;

/// Deflate cannot do better than 1032 to 1.
static constexpr uint64_t maxRatio = 1100;
static constexpr int64_t maxMembers = 1 << 16;

namespace {
struct ZipCloser {
  void operator()(zip_t *archive) const { zip_discard(archive); }
};
struct MemberCloser {
  void operator()(zip_file_t *member) const { zip_fclose(member); }
};
using ZipPtr = std::unique_ptr<zip_t, ZipCloser>;
using MemberPtr = std::unique_ptr<zip_file_t, MemberCloser>;

struct Member {
  std::string name; // without ".npy"
  zip_uint64_t index;
  int64_t bytes;
};
} // namespace

static llvm::Expected<ZipPtr> openArchive(llvm::StringRef path) {
  llvm::sys::fs::file_status status;
  if (std::error_code error = llvm::sys::fs::status(path, status))
    return makeError("cannot read '" + path + "': " + error.message());
  if (!llvm::sys::fs::is_regular_file(status))
    return makeError("cannot read '" + path + "': it is not a regular file");
  int code = 0;
  ZipPtr archive(zip_open(path.str().c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (archive)
    return archive;
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  std::string reason = zip_error_strerror(&error);
  zip_error_fini(&error);
  return makeError(path + ": not a readable npz archive: " + llvm::StringRef(reason).lower());
}

static llvm::Error checkMember(const zip_stat_t &stat, llvm::StringRef path) {
  constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE |
                                  ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  if ((stat.valid & needed) != needed)
    return makeError(path + ": member without name or size");
  llvm::StringRef name = stat.name;
  if (name.contains("..") || name.starts_with("/") || name.contains('\\'))
    return makeError(path + ": member name '" + name.take_front(80) + "' is a path");
  if (stat.encryption_method != ZIP_EM_NONE)
    return makeError(path + ": member '" + name + "' is encrypted");
  if (stat.comp_method != ZIP_CM_STORE && stat.comp_method != ZIP_CM_DEFLATE)
    return makeError(path + ": member '" + name + "' uses compression method " +
                     llvm::Twine(stat.comp_method) + ", expected stored or deflate");
  if (stat.size / maxRatio > stat.comp_size || stat.size > uint64_t(INT64_MAX))
    return makeError(path + ": member '" + name + "' claims to inflate " +
                     llvm::Twine(stat.comp_size) + " bytes to " + llvm::Twine(stat.size));
  return llvm::Error::success();
}

static llvm::Expected<std::vector<Member>> listMembers(zip_t *archive, llvm::StringRef path) {
  zip_int64_t count = zip_get_num_entries(archive, 0);
  if (count > maxMembers)
    return makeError(path + ": more than " + llvm::Twine(maxMembers) + " members");
  std::vector<Member> members;
  llvm::StringSet<> names;
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat_index(archive, i, 0, &stat) != 0)
      return makeError(path + ": unreadable member " + llvm::Twine(i));
    if (llvm::Error error = checkMember(stat, path))
      return std::move(error);
    llvm::StringRef name = stat.name;
    name.consume_back(".npy");
    if (!names.insert(name).second)
      return makeError(path + ": holds '" + name + "' twice");
    members.push_back({name.str(), static_cast<zip_uint64_t>(i), static_cast<int64_t>(stat.size)});
  }
  if (members.empty())
    return makeError(path + ": holds no array");
  return members;
}

namespace {
class NpzReader final : public ArrayReader {
public:
  NpzReader(ZipPtr archive, Member member, llvm::StringRef path)
      : archive(std::move(archive)), member(std::move(member)) {
    label = (path + ":" + this->member.name).str();
  }

  llvm::Error open() {
    if (llvm::Error error = rewind())
      return error;
    std::string bytes(std::min(member.bytes, npyPreludeBytes), '\0');
    if (llvm::Error error = readNext(bytes.data(), bytes.size()))
      return error;
    llvm::Expected<int64_t> offset = getNpyDataOffset(bytes, label);
    if (!offset)
      return offset.takeError();
    if (*offset > member.bytes || *offset < npyPreludeBytes)
      return makeError(label + ": truncated in its header");
    bytes.resize(*offset);
    if (llvm::Error error = readNext(bytes.data() + npyPreludeBytes, *offset - npyPreludeBytes))
      return error;
    llvm::Expected<NpyHeader> header = parseNpyHeader(bytes, label);
    if (!header)
      return header.takeError();
    if (header->dataBytes > member.bytes - *offset)
      return makeError(label + ": truncated");
    dtype = header->dtype;
    dims = header->dims;
    dataOffset = *offset;
    return header->fortranOrder && dims.size() > 1 ? convert(header->dataBytes)
                                                   : llvm::Error::success();
  }

protected:
  llvm::Error readBytes(int64_t offset, char *data, int64_t size) override {
    if (isConverted) {
      std::copy_n(converted.begin() + offset, size, data);
      return llvm::Error::success();
    }
    offset += dataOffset;
    if (offset < position)
      if (llvm::Error error = rewind())
        return error;
    char skipped[4096];
    while (position < offset)
      if (llvm::Error error =
              readNext(skipped, std::min<int64_t>(sizeof(skipped), offset - position)))
        return error;
    return readNext(data, size);
  }

private:
  llvm::Error rewind() {
    stream.reset(zip_fopen_index(archive.get(), member.index, 0));
    position = 0;
    if (stream)
      return llvm::Error::success();
    return makeError(label + ": " + llvm::StringRef(zip_strerror(archive.get())).lower());
  }

  llvm::Error readNext(char *data, int64_t size) {
    while (size > 0) {
      zip_int64_t got = zip_fread(stream.get(), data, size);
      if (got < 0)
        return makeError(label + ": " + llvm::StringRef(zip_file_strerror(stream.get())).lower());
      if (got == 0)
        return makeError(label + ": truncated");
      data += got;
      size -= got;
      position += got;
    }
    return llvm::Error::success();
  }

  llvm::Error convert(int64_t dataBytes) {
    std::vector<char> columns(dataBytes);
    if (llvm::Error error = readNext(columns.data(), dataBytes))
      return error;
    converted = fortranToC(columns, dims, getDTypeSize(dtype));
    isConverted = true;
    return llvm::Error::success();
  }

  ZipPtr archive;
  Member member;
  MemberPtr stream; // closed before the archive
  int64_t position = 0;
  int64_t dataOffset = 0;
  bool isConverted = false;
  std::vector<char> converted;
};
} // namespace

llvm::Expected<std::vector<std::string>> detail::listNpz(llvm::StringRef path) {
  llvm::Expected<ZipPtr> archive = openArchive(path);
  if (!archive)
    return archive.takeError();
  llvm::Expected<std::vector<Member>> members = listMembers(archive->get(), path);
  if (!members)
    return members.takeError();
  std::vector<std::string> names;
  for (Member &member : *members)
    names.push_back(std::move(member.name));
  return names;
}

llvm::Expected<std::unique_ptr<ArrayReader>> detail::openNpz(llvm::StringRef path,
                                                             llvm::StringRef name) {
  llvm::Expected<ZipPtr> archive = openArchive(path);
  if (!archive)
    return archive.takeError();
  llvm::Expected<std::vector<Member>> members = listMembers(archive->get(), path);
  if (!members)
    return members.takeError();
  if (name.empty() && members->size() != 1)
    return makeError(path + ": holds " + llvm::Twine(members->size()) +
                     " arrays, expected one or a name");
  for (Member &member : *members) {
    if (!name.empty() && member.name != name)
      continue;
    auto reader = std::make_unique<NpzReader>(std::move(*archive), std::move(member), path);
    if (llvm::Error error = reader->open())
      return std::move(error);
    return reader;
  }
  return makeError(path + ": holds no array called '" + name + "'");
}
