// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Target, CPU and feature names to a checked set of features.

#include "bitwright/Target/Target.h"
#include "bitwright/Support/Error.h"
#include "bitwright_rt/abi.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/TargetParser/X86TargetParser.h"

using namespace bitwright;

namespace {
struct Feature {
  uint32_t arch;
  llvm::StringLiteral name;
  uint64_t bit; // BW_<arch>_*
};

/// A line of the table of targets.
struct Machine {
  llvm::Triple::ArchType type;
  uint32_t arch; // bw_arch
  llvm::StringLiteral triple, baselineCpu;
  ElfFormat elf;
};
} // namespace

/// What builds on others comes after them.
static constexpr Feature knownFeatures[] = {
#define BW_FEATURE(arch, name, bit, text) {BW_ARCH_##arch, text, BW_##arch##_##name},
#include "bitwright_rt/features.inc"
#undef BW_FEATURE
};

static constexpr Machine machines[] = {
    {llvm::Triple::x86_64,
     BW_ARCH_X86_64,
     "x86_64-unknown-linux-gnu",
     "x86-64-v2",
     {/*is64Bit=*/true, llvm::ELF::EM_X86_64, /*flags=*/0, llvm::ELF::SHF_X86_64_LARGE,
      "elf_x86_64"}},
};

/// Features that kernels use together, where LLVM does not know one to bring the others.
static constexpr std::pair<uint64_t, uint64_t> usedTogether[] = {
    {BW_X86_64_AVX512VNNI, BW_X86_64_AVX512BW | BW_X86_64_AVX512DQ | BW_X86_64_AVX512VL},
};

/// Everything that the features `bits` build on, themselves included.
static uint64_t addImplied(uint64_t bits) {
  for (auto [feature, others] : usedTogether)
    if (bits & feature)
      bits |= others;
  llvm::StringMap<bool> implied;
  for (const Feature &feature : knownFeatures)
    if (bits & feature.bit)
      llvm::X86::updateImpliedFeatures(feature.name, /*Enabled=*/true, implied);
  for (const Feature &feature : knownFeatures)
    if (implied.lookup(feature.name))
      bits |= feature.bit;
  return bits;
}

/// `bits` without those that build on something that is not there.
static uint64_t removeDependent(uint64_t bits) {
  uint64_t kept = bits;
  for (const Feature &feature : knownFeatures)
    if ((bits & feature.bit) && (addImplied(feature.bit) & ~bits))
      kept &= ~feature.bit;
  return kept;
}

std::string bitwright::listTargetFeatures() {
  return llvm::join(llvm::map_range(knownFeatures, [](const Feature &f) { return f.name.str(); }),
                    ", ");
}

/// The level of x86-64 that has the widest of these registers: code is tuned for the first CPUs
/// that have them. The baseline's tuning, for one, splits each unaligned access of 32 bytes in two.
static llvm::StringRef getTuneCpu(const Machine &machine, uint64_t bits) {
  if (machine.arch != BW_ARCH_X86_64)
    return machine.baselineCpu;
  if (bits & BW_X86_64_AVX512F)
    return "x86-64-v4";
  return bits & BW_X86_64_AVX2 ? "x86-64-v3" : machine.baselineCpu;
}

std::string bitwright::describeTarget(const TargetSpec &target) {
  return target.triple + " " + target.cpu + (target.features.empty() ? "" : "," + target.features) +
         (target.isHost ? " (native)" : "");
}

static llvm::Expected<const Machine *> findMachine(llvm::StringRef text) {
  if (text.empty())
    return &machines[0];
  llvm::Triple triple(llvm::Triple::normalize(text));
  bool isLinux = triple.isOSLinux() && triple.isOSBinFormatELF() && !triple.isX32() &&
                 (triple.getEnvironment() == llvm::Triple::GNU ||
                  triple.getEnvironment() == llvm::Triple::UnknownEnvironment);
  const Machine *found = llvm::find_if(
      machines, [&](const Machine &machine) { return machine.type == triple.getArch(); });
  std::string error;
  if (!isLinux || found == std::end(machines) || !llvm::TargetRegistry::lookupTarget(triple, error))
    return makeError("target '" + text + "' is not supported; supported: x86_64-linux-gnu");
  return found;
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
static llvm::Expected<uint64_t> getCpuBits(llvm::StringRef cpu, const Machine &machine) {
  if (cpu.empty())
    cpu = machine.baselineCpu;
  if (cpu == "native")
    return getHostBits();
  std::string message;
  llvm::Triple parsed(machine.triple);
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
  if (!(bits & BW_X86_64_SSE42))
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
    if (!isAdded && feature->bit == BW_X86_64_SSE42)
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
  llvm::Expected<const Machine *> found = findMachine(triple);
  if (!found)
    return found.takeError();
  const Machine &machine = **found;
  llvm::Expected<uint64_t> bits = getCpuBits(cpu, machine);
  if (!bits)
    return bits.takeError();
  TargetSpec spec;
  spec.triple = machine.triple.str();
  spec.cpu = machine.baselineCpu.str();
  spec.arch = machine.arch;
  spec.isHost = cpu == "native";
  spec.cpuBits = *bits;
  spec.dataLayout = llvm::Triple(spec.triple).computeDataLayout();
  spec.elf = machine.elf;
  if (llvm::Error error = applyAttributes(attrs, spec.cpuBits))
    return std::move(error);
  spec.tuneCpu = getTuneCpu(machine, spec.cpuBits).str();
  for (const Feature &feature : knownFeatures)
    if (spec.cpuBits & feature.bit & ~uint64_t(BW_X86_64_SSE42))
      spec.features += (spec.features.empty() ? "+" : ",+") + feature.name.str();
  return spec;
}

qnn::TargetAttr bitwright::makeTargetAttr(mlir::MLIRContext *context, const TargetSpec &target) {
  return qnn::TargetAttr::get(context, target.triple, target.cpu, target.features);
}

llvm::Expected<TargetSpec> bitwright::getTarget(mlir::ModuleOp module) {
  mlir::Attribute attribute = module->getAttr("qnn.target");
  if (!attribute)
    return parseTarget("", "", "");
  auto target = llvm::dyn_cast<qnn::TargetAttr>(attribute);
  if (!target)
    return makeError("'qnn.target' expects a #qnn.target");
  return parseTarget(target.getTriple(), target.getCpu(), target.getFeatures());
}
