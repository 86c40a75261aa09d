// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// One-line diagnostics.

#include "tools/Driver/Diagnostics.h"

#include "mlir/IR/Location.h"

using namespace mlir;

namespace bitwright {

namespace {

/// The first file position inside a location.
FileLineColLoc findFile(Location loc) {
  FileLineColLoc file;
  loc->walk([&](Location inner) {
    file = dyn_cast<FileLineColLoc>(inner);
    return file ? WalkResult::interrupt() : WalkResult::advance();
  });
  return file;
}

/// The first user's name inside a location.
StringRef findName(Location loc) {
  StringRef name;
  loc->walk([&](Location inner) {
    auto named = dyn_cast<NameLoc>(inner);
    name = named ? named.getName().getValue() : StringRef();
    return named ? WalkResult::interrupt() : WalkResult::advance();
  });
  return name;
}

StringRef severityName(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Note:
    return "note";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Remark:
    return "remark";
  }
  return "error";
}

void print(llvm::raw_ostream &stream, const Diagnostic &diagnostic) {
  std::string line;
  llvm::raw_string_ostream text(line);
  if (FileLineColLoc file = findFile(diagnostic.getLocation())) {
    text << file.getFilename().getValue();
    if (file.getLine() != 0)
      text << ":" << file.getLine() << ":" << file.getColumn();
    text << ": ";
  }
  text << severityName(diagnostic.getSeverity()) << ": ";
  std::string message = diagnostic.str();
  StringRef name = findName(diagnostic.getLocation());
  if (!name.empty() && !StringRef(message).contains(name))
    text << "node '" << name << "': ";
  text << message;
  // A name or a quoted attribute may hold line breaks; the message stays on its line.
  for (char &c : line)
    if (c == '\n' || c == '\r')
      c = ' ';
  stream << line << "\n";
  for (const Diagnostic &note : diagnostic.getNotes())
    print(stream, note);
}

} // namespace

DiagnosticPrinter::DiagnosticPrinter(MLIRContext *context, llvm::raw_ostream &stream)
    : handler(context, [&stream](Diagnostic &diagnostic) {
        print(stream, diagnostic);
        return success();
      }) {}

} // namespace bitwright
