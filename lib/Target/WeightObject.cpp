// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Weights as an ELF object, written directly: through LLVM IR they would cost
/// many times their size. The linker needs their place only: what it writes has a
/// hole there, into which the weights go on their way to the artifact.

#include "Descriptor.h"
#include "bitwright/Support/Error.h"
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

namespace {
/// The records of ELF files with addresses of one width.
template <typename Elf> struct Writer {
  using Section = typename Elf::Shdr;
  using Symbol = typename Elf::Sym;
  using Header = typename Elf::Ehdr;

  static Section makeSection(uint32_t name, uint32_t type, uint64_t flags, uint64_t offset,
                             uint64_t size, uint64_t align) {
    Section section = {};
    section.sh_name = name;
    section.sh_type = type;
    section.sh_flags = flags;
    section.sh_offset = offset;
    section.sh_size = size;
    section.sh_addralign = align;
    return section;
  }

  static Header makeFileHeader(const ElfFormat &format, uint64_t sectionOffset, uint16_t sections) {
    Header header = {};
    const unsigned char ident[] = {0x7f,           'E', 'L', 'F', Elf::fileClass, elf::ELFDATA2LSB,
                                   elf::EV_CURRENT};
    std::copy(std::begin(ident), std::end(ident), header.e_ident);
    header.e_type = elf::ET_REL;
    header.e_machine = format.machine;
    header.e_flags = format.flags;
    header.e_version = elf::EV_CURRENT;
    header.e_shoff = sectionOffset;
    header.e_ehsize = sizeof(Header);
    header.e_shentsize = sizeof(Section);
    header.e_shnum = sections;
    header.e_shstrndx = sections - 1;
    return header;
  }

  static std::string write(llvm::ArrayRef<char> weights, llvm::StringRef symbol,
                           const ElfFormat &format, bool isPlaceholder);
};

struct Elf32 {
  using Shdr = elf::Elf32_Shdr;
  using Sym = elf::Elf32_Sym;
  using Ehdr = elf::Elf32_Ehdr;
  static constexpr unsigned char fileClass = elf::ELFCLASS32;
};
struct Elf64 {
  using Shdr = elf::Elf64_Shdr;
  using Sym = elf::Elf64_Sym;
  using Ehdr = elf::Elf64_Ehdr;
  static constexpr unsigned char fileClass = elf::ELFCLASS64;
};
} // namespace

template <typename Elf>
std::string Writer<Elf>::write(llvm::ArrayRef<char> weights, llvm::StringRef symbol,
                               const ElfFormat &format, bool isPlaceholder) {
  bool isLarge = weights.size() > largeBytes && format.largeFlag != 0;
  StringTable sectionNames, symbolNames;
  Symbol symbols[2] = {};
  symbols[1].st_name = symbolNames.add(symbol);
  symbols[1].st_info = elf::STB_GLOBAL << 4 | elf::STT_OBJECT;
  symbols[1].st_other = elf::STV_HIDDEN;
  symbols[1].st_shndx = isPlaceholder ? 2 : 1;
  symbols[1].st_size = weights.size();

  std::string file(pageBytes, '\0'); // the file header, filled in last
  uint64_t bytes = isPlaceholder ? 0 : weights.size();
  file.reserve(pageBytes + bytes + 2048);
  file.append(weights.data(), bytes);
  file.resize(llvm::alignTo(file.size(), 8));
  uint64_t symbolOffset = file.size();
  append(file, symbols);
  uint64_t stringOffset = file.size();
  file += symbolNames.text;

  uint64_t flags = elf::SHF_ALLOC | (isLarge ? format.largeFlag : 0);
  uint32_t name = sectionNames.add(isLarge ? ".lrodata.bw_weights" : ".rodata.bw_weights");
  std::vector<Section> sections(1);
  auto add = [&](uint32_t name, uint32_t type, uint64_t flags, uint64_t offset, uint64_t size,
                 uint64_t align) {
    sections.push_back(makeSection(name, type, flags, offset, size, align));
  };
  add(name, elf::SHT_PROGBITS, flags, pageBytes, bytes, pageBytes);
  // Of one name with the empty section before it: the two become one with a place in the file.
  if (isPlaceholder)
    add(name, elf::SHT_NOBITS, flags, pageBytes, weights.size(), pageBytes);
  add(sectionNames.add(".note.GNU-stack"), elf::SHT_PROGBITS, 0, stringOffset, 0, 1);
  add(sectionNames.add(".symtab"), elf::SHT_SYMTAB, 0, symbolOffset, sizeof(symbols), 8);
  sections.back().sh_entsize = sizeof(Symbol);
  sections.back().sh_link = sections.size(); // the section after it
  sections.back().sh_info = 1;               // the first global symbol
  add(sectionNames.add(".strtab"), elf::SHT_STRTAB, 0, stringOffset, symbolNames.text.size(), 1);
  uint32_t lastName = sectionNames.add(".shstrtab");
  add(lastName, elf::SHT_STRTAB, 0, file.size(), sectionNames.text.size(), 1);
  file += sectionNames.text;
  file.resize(llvm::alignTo(file.size(), 8));
  Header header = makeFileHeader(format, file.size(), sections.size());
  for (const Section &section : sections)
    append(file, section);
  std::copy_n(reinterpret_cast<const char *>(&header), sizeof(header), file.begin());
  return file;
}

llvm::Expected<std::string> detail::makeWeightObject(const ModelInfo &info, bool isPlaceholder) {
  const ElfFormat &format = info.target.elf;
  llvm::ArrayRef<char> weights = info.weights.bytes;
  if (format.is64Bit)
    return Writer<Elf64>::write(weights, info.getSymbol("weights"), format, isPlaceholder);
  if (weights.size() > llvm::maxUIntN(31))
    return makeError("the weights take " + llvm::Twine(weights.size()) +
                     " bytes, more than target '" + info.target.triple + "' can address");
  return Writer<Elf32>::write(weights, info.getSymbol("weights"), format, isPlaceholder);
}
