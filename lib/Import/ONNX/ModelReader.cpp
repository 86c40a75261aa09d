// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// File to ModelProto, with limits on size and depth.

#include "ModelReader.h"
#include "Text.h"
#include "dialects/QNN/ScratchFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <climits>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream.h>
#include <google/protobuf/unknown_field_set.h>

using namespace llvm;

namespace bitwright::onnximport {

static Expected<std::unique_ptr<MemoryBuffer>> openModel(StringRef path) {
  if (path != "-") {
    sys::fs::file_status status;
    if (std::error_code code = sys::fs::status(path, status))
      return createStringError("cannot read: " + code.message());
    if (sys::fs::is_directory(status))
      return createStringError("cannot read: is a directory");
    if (!sys::fs::is_regular_file(status))
      return createStringError("cannot read: not a regular file");
    if (status.getSize() > INT_MAX)
      return createStringError("larger than 2 GiB; weights of this size go to external data");
  }
  auto buffer = path == "-" ? MemoryBuffer::getSTDIN()
                            : MemoryBuffer::getFile(path, /*IsText=*/false,
                                                    /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError("cannot read: " + buffer.getError().message());
  if ((*buffer)->getBufferSize() > INT_MAX)
    return createStringError("larger than 2 GiB; weights of this size go to external data");
  return std::move(*buffer);
}

Error checkUnknownFields(const google::protobuf::Message &message, StringRef what,
                         ArrayRef<int> allowed) {
  const auto &fields = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto &field = fields.field(i);
    bool isEmpty = field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED &&
                   field.length_delimited().empty();
    if (!isEmpty && !is_contained(allowed, field.number()))
      return createStringError(what + " has the unknown field " + std::to_string(field.number()));
  }
  return Error::success();
}

namespace {

/// Hands the parser, which copies what it keeps, a file piece by piece: pages of pieces that it has
/// read leave memory.
class PiecewiseInput final : public google::protobuf::io::ZeroCopyInputStream {
public:
  explicit PiecewiseInput(const MemoryBuffer &buffer)
      : bytes(buffer.getBufferStart(), buffer.getBufferSize()), drops(isMapped(buffer)) {}

  bool Next(const void **data, int *size) override {
    constexpr size_t pieceBytes = size_t(1) << 20;
    if (drops)
      dropPages(bytes.take_front(position));
    bytes = bytes.drop_front(position);
    read += int64_t(position);
    position = std::min(bytes.size(), pieceBytes);
    *data = bytes.data();
    *size = int(position);
    return position > 0;
  }
  void BackUp(int count) override { position -= count; }
  bool Skip(int count) override {
    size_t left = bytes.size() - position;
    position += std::min<size_t>(count, left);
    return size_t(count) <= left;
  }
  int64_t ByteCount() const override { return read + int64_t(position); }

private:
  ArrayRef<char> bytes; ///< From the last piece on.
  size_t position = 0;  ///< What of them the parser has.
  int64_t read = 0;     ///< What was there before them.
  bool drops;
};

} // namespace

Error readMessage(StringRef path, StringRef what, google::protobuf::Message &message) {
  auto buffer = openModel(path);
  if (!buffer)
    return buffer.takeError();
  StringRef bytes = (*buffer)->getBuffer();
  if (bytes.empty())
    return createStringError("not an ONNX " + what + ": the file is empty");
  PiecewiseInput input(**buffer);
  google::protobuf::io::CodedInputStream stream(&input);
  stream.SetRecursionLimit(100);
  stream.SetTotalBytesLimit(INT_MAX);
  if (!message.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
    return createStringError(
        "not an ONNX " + what + ": truncated, corrupt or too deeply nested near byte " +
        std::to_string(stream.CurrentPosition()) + " of " + std::to_string(bytes.size()));
  return Error::success();
}

Error readModel(StringRef path, onnx::ModelProto &model) {
  if (Error error = readMessage(path, "model", model))
    return error;
  // 26 is `configuration`, which tells where to run nodes, not what they compute.
  if (Error error = checkUnknownFields(model, "the model", {26}))
    return error;
  if (!model.has_graph())
    return createStringError("not an ONNX model: it has no graph");
  if (model.ir_version() < 1 || model.ir_version() > 14)
    return createStringError("IR version " + std::to_string(model.ir_version()) +
                             " is not supported (supported: 1 to 14)");
  return Error::success();
}

Expected<StringMap<int64_t>> readOpsets(const OpsetImports &imports, StringRef what) {
  StringMap<int64_t> opsets;
  for (const auto &opset : imports) {
    StringRef domain = opset.domain() == "ai.onnx" ? "" : StringRef(opset.domain());
    if (!opsets.try_emplace(domain, opset.version()).second)
      return createStringError("opset_import names the domain '" + printable(domain) + "' twice");
  }
  if (opsets.empty())
    return createStringError(what + " has no opset_import");
  auto found = opsets.find("");
  if (found != opsets.end() && (found->second < minOpset || found->second > maxOpset))
    return createStringError("opset " + std::to_string(found->second) +
                             " of the default domain is not supported (supported: " +
                             std::to_string(minOpset) + " to " + std::to_string(maxOpset) + ")");
  opsets.try_emplace("com.microsoft", 1);
  return opsets;
}

} // namespace bitwright::onnximport
