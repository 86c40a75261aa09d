// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Target, CPU and feature names to a checked set of features.

#include "bitwright/Target/Target.h"
#include "bitwright/Support/Error.h"
#include "bitwright_rt/abi.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace bitwright;

static constexpr llvm::StringLiteral baselineCpu = "x86-64-v2";
static constexpr llvm::StringLiteral supportedTriple = "x86_64-unknown-linux-gnu";

namespace {
struct Feature {
  llvm::StringLiteral name;
  uint64_t bit;     // BW_CPU_*
  uint64_t implies; // BW_CPU_* that it builds on, directly
};
} // namespace

/// In the order of what builds on what.
static constexpr Feature knownFeatures[] = {
    {"sse4.2", BW_CPU_SSE42, 0},
    {"f16c", BW_CPU_F16C, BW_CPU_SSE42},
    {"avx2", BW_CPU_AVX2, BW_CPU_SSE42},
    {"fma", BW_CPU_FMA, BW_CPU_SSE42},
    {"avx512f", BW_CPU_AVX512F, BW_CPU_AVX2 | BW_CPU_FMA | BW_CPU_F16C},
    {"avx512bw", BW_CPU_AVX512BW, BW_CPU_AVX512F},
    {"avx512dq", BW_CPU_AVX512DQ, BW_CPU_AVX512F},
    {"avx512vl", BW_CPU_AVX512VL, BW_CPU_AVX512F},
    {"avx512vnni", BW_CPU_AVX512VNNI, BW_CPU_AVX512BW | BW_CPU_AVX512DQ | BW_CPU_AVX512VL},
    {"amx-tile", BW_CPU_AMX_TILE, BW_CPU_SSE42},
    {"amx-int8", BW_CPU_AMX_INT8, BW_CPU_AMX_TILE},
};

static uint64_t addImplied(uint64_t bits) {
  for (const Feature &feature : llvm::reverse(knownFeatures))
    if (bits & feature.bit)
      bits |= feature.implies;
  return bits;
}

static uint64_t removeDependent(uint64_t bits) {
  for (const Feature &feature : knownFeatures)
    if ((feature.implies & bits) != feature.implies)
      bits &= ~feature.bit;
  return bits;
}

std::string bitwright::listTargetFeatures() {
  return llvm::join(llvm::map_range(knownFeatures, [](const Feature &f) { return f.name.str(); }),
                    ", ");
}

/// The level of x86-64 that has the widest of these registers: code is tuned for the first CPUs
/// that have them. The baseline's tuning, for one, splits each unaligned access of 32 bytes in two.
static llvm::StringRef getTuneCpu(uint64_t bits) {
  if (bits & BW_CPU_AVX512F)
    return "x86-64-v4";
  return bits & BW_CPU_AVX2 ? "x86-64-v3" : baselineCpu;
}

static llvm::Expected<std::string> parseTriple(llvm::StringRef text) {
  if (text.empty())
    return supportedTriple.str();
  llvm::Triple triple(llvm::Triple::normalize(text));
  bool isLinux = triple.isOSLinux() && triple.isOSBinFormatELF() && !triple.isX32() &&
                 (triple.getEnvironment() == llvm::Triple::GNU ||
                  triple.getEnvironment() == llvm::Triple::UnknownEnvironment);
  std::string error;
  if (triple.getArch() != llvm::Triple::x86_64 || !isLinux ||
      !llvm::TargetRegistry::lookupTarget(triple, error))
    return makeError("target '" + text + "' is not supported; supported: x86_64-linux-gnu");
  return supportedTriple.str();
}

static uint64_t getHostBits() {
  uint64_t bits = 0;
  llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  for (const Feature &feature : knownFeatures)
    if (host.lookup(feature.name))
      bits |= feature.bit;
  return removeDependent(bits);
}

/// The known features of a CPU that LLVM has a name for.
static llvm::Expected<uint64_t> getCpuBits(llvm::StringRef cpu, const std::string &triple) {
  if (cpu.empty())
    cpu = baselineCpu;
  if (cpu == "native")
    return getHostBits();
  std::string message;
  llvm::Triple parsed(triple);
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(parsed, message);
  std::unique_ptr<llvm::MCSubtargetInfo> info(target->createMCSubtargetInfo(parsed, "", ""));
  if (!info || !info->isCPUStringValid(cpu))
    return makeError("unknown CPU '" + cpu +
                     "'; expected native, x86-64-v2, x86-64-v3, x86-64-v4 or a name that "
                     "'llc -mtriple=x86_64 -mcpu=help' lists");
  info.reset(target->createMCSubtargetInfo(parsed, cpu, ""));
  uint64_t bits = 0;
  for (const Feature &feature : knownFeatures)
    if (info->checkFeatures(("+" + feature.name).str()))
      bits |= feature.bit;
  if (!(bits & BW_CPU_SSE42))
    return makeError("CPU '" + cpu + "' is older than x86-64-v2, the oldest that is supported");
  return removeDependent(bits);
}

static llvm::Error applyAttributes(llvm::StringRef attrs, uint64_t &bits) {
  for (llvm::StringRef attr : llvm::split(attrs, ',')) {
    attr = attr.trim();
    if (attr.empty())
      continue;
    bool isAdded = !attr.starts_with("-");
    llvm::StringRef name = attr.ltrim("+-");
    const Feature *feature = llvm::find_if(
        knownFeatures, [&](const Feature &candidate) { return candidate.name == name; });
    if (feature == std::end(knownFeatures) || attr.size() - name.size() > 1)
      return makeError("unknown target feature '" + attr + "'; known: " + listTargetFeatures());
    if (!isAdded && feature->bit == BW_CPU_SSE42)
      return makeError("feature 'sse4.2' is the baseline and cannot be taken away");
    bits = isAdded ? addImplied(bits | feature->bit) : removeDependent(bits & ~feature->bit);
  }
  return llvm::Error::success();
}

llvm::Expected<TargetSpec> bitwright::parseTarget(llvm::StringRef triple, llvm::StringRef cpu,
                                                  llvm::StringRef attrs) {
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargets();
  llvm::InitializeAllTargetMCs();
  llvm::InitializeAllAsmPrinters();
  TargetSpec spec;
  llvm::Expected<std::string> parsed = parseTriple(triple);
  if (!parsed)
    return parsed.takeError();
  spec.triple = *parsed;
  llvm::Expected<uint64_t> bits = getCpuBits(cpu, spec.triple);
  if (!bits)
    return bits.takeError();
  spec.cpuBits = *bits;
  if (llvm::Error error = applyAttributes(attrs, spec.cpuBits))
    return std::move(error);
  spec.cpu = baselineCpu.str();
  spec.tuneCpu = getTuneCpu(spec.cpuBits).str();
  for (const Feature &feature : knownFeatures)
    if (spec.cpuBits & feature.bit & ~uint64_t(BW_CPU_SSE42))
      spec.features += (spec.features.empty() ? "+" : ",+") + feature.name.str();
  return spec;
}
