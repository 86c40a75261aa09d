// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Weights as an ELF object, written directly: through LLVM IR they would cost
/// many times their size.

#include "Descriptor.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/MathExtras.h"

using namespace bitwright;
using namespace bitwright::detail;
namespace elf = llvm::ELF;

/// Beyond this, weights go where they do not push code and data out of reach of
/// 32-bit relative addresses.
static constexpr uint64_t largeBytes = 1u << 30;
static constexpr uint64_t pageBytes = 4096;

namespace {
/// A section name table or symbol name table.
struct StringTable {
  std::string text = std::string(1, '\0');
  uint32_t add(llvm::StringRef name) {
    uint32_t offset = text.size();
    text += name.str() + '\0';
    return offset;
  }
};
} // namespace

template <typename T> static void append(std::string &file, const T &record) {
  file.append(reinterpret_cast<const char *>(&record), sizeof(record));
}

static elf::Elf64_Shdr makeSection(uint32_t name, uint32_t type, uint64_t flags, uint64_t offset,
                                   uint64_t size, uint64_t align) {
  elf::Elf64_Shdr section = {};
  section.sh_name = name;
  section.sh_type = type;
  section.sh_flags = flags;
  section.sh_offset = offset;
  section.sh_size = size;
  section.sh_addralign = align;
  return section;
}

static elf::Elf64_Ehdr makeFileHeader(uint64_t sectionOffset, uint16_t sections) {
  elf::Elf64_Ehdr header = {};
  const unsigned char ident[] = {0x7f,           'E', 'L', 'F', elf::ELFCLASS64, elf::ELFDATA2LSB,
                                 elf::EV_CURRENT};
  std::copy(std::begin(ident), std::end(ident), header.e_ident);
  header.e_type = elf::ET_REL;
  header.e_machine = elf::EM_X86_64;
  header.e_version = elf::EV_CURRENT;
  header.e_shoff = sectionOffset;
  header.e_ehsize = sizeof(elf::Elf64_Ehdr);
  header.e_shentsize = sizeof(elf::Elf64_Shdr);
  header.e_shnum = sections;
  header.e_shstrndx = sections - 1;
  return header;
}

std::string detail::makeWeightObject(const ModelInfo &info) {
  llvm::ArrayRef<char> weights = info.weights.bytes;
  bool isLarge = weights.size() > largeBytes;
  StringTable sectionNames, symbolNames;
  elf::Elf64_Sym symbols[2] = {};
  symbols[1].st_name = symbolNames.add(info.getSymbol("weights"));
  symbols[1].st_info = elf::STB_GLOBAL << 4 | elf::STT_OBJECT;
  symbols[1].st_other = elf::STV_HIDDEN;
  symbols[1].st_shndx = 1;
  symbols[1].st_size = weights.size();

  std::string file(pageBytes, '\0'); // the file header, filled in last
  file.reserve(pageBytes + weights.size() + 2048);
  file.append(weights.data(), weights.size());
  file.resize(llvm::alignTo(file.size(), 8));
  uint64_t symbolOffset = file.size();
  append(file, symbols);
  uint64_t stringOffset = file.size();
  file += symbolNames.text;

  uint64_t flags = elf::SHF_ALLOC | (isLarge ? uint64_t(elf::SHF_X86_64_LARGE) : 0);
  elf::Elf64_Shdr sections[6] = {};
  sections[1] =
      makeSection(sectionNames.add(isLarge ? ".lrodata.bw_weights" : ".rodata.bw_weights"),
                  elf::SHT_PROGBITS, flags, pageBytes, weights.size(), pageBytes);
  sections[2] =
      makeSection(sectionNames.add(".note.GNU-stack"), elf::SHT_PROGBITS, 0, stringOffset, 0, 1);
  sections[3] = makeSection(sectionNames.add(".symtab"), elf::SHT_SYMTAB, 0, symbolOffset,
                            sizeof(symbols), 8);
  sections[3].sh_entsize = sizeof(elf::Elf64_Sym);
  sections[3].sh_link = 4;
  sections[3].sh_info = 1; // the first global symbol
  sections[4] = makeSection(sectionNames.add(".strtab"), elf::SHT_STRTAB, 0, stringOffset,
                            symbolNames.text.size(), 1);
  uint32_t lastName = sectionNames.add(".shstrtab");
  sections[5] = makeSection(lastName, elf::SHT_STRTAB, 0, file.size(), sectionNames.text.size(), 1);
  file += sectionNames.text;
  file.resize(llvm::alignTo(file.size(), 8));
  elf::Elf64_Ehdr header = makeFileHeader(file.size(), std::size(sections));
  append(file, sections);
  std::copy_n(reinterpret_cast<const char *>(&header), sizeof(header), file.begin());
  return file;
}
