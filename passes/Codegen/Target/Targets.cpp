// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The table of targets, the only file that knows which there are.

#include "passes/Codegen/Target/X86/X86Target.h"

using namespace bitwright::codegen;

namespace {
struct Entry {
  llvm::StringLiteral arch; // as in a triple
  std::unique_ptr<Target> (*create)(uint64_t features);
};
} // namespace

static constexpr Entry targets[] = {
    {"x86_64", x86::createTarget},
};

std::unique_ptr<Target> bitwright::codegen::createTarget(llvm::StringRef arch, uint64_t features) {
  for (const Entry &entry : targets)
    if (entry.arch == arch)
      return entry.create(features);
  return nullptr;
}

static llvm::StringRef getName(ElementKind kind) {
  switch (kind) {
  case ElementKind::F32:
    return "f32";
  case ElementKind::S8:
    return "s8";
  case ElementKind::U8:
    return "u8";
  case ElementKind::U4:
    return "u4";
  }
  llvm_unreachable("covered switch");
}

std::string bitwright::codegen::getName(const ContractionSpec &spec) {
  llvm::StringRef lhs = ::getName(spec.lhs), rhs = ::getName(spec.rhs);
  return spec.isInteger() || spec.lhs != spec.rhs ? (lhs + rhs).str() : lhs.str();
}

const TileKernel *Target::select(const ContractionSpec &spec) const {
  for (const TileKernel *kernel : llvm::reverse(getTileKernels()))
    if (kernel->supports(spec))
      return kernel;
  return nullptr;
}
