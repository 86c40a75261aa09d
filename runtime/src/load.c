/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * Models and weights in files. A library is read as data first: the system's
 * loader trusts its sizes and would die of a truncated file.
 */

#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64
#include "internal.h"
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  const unsigned char *data;
  uint64_t bytes;
} file_view;

/** Maps a regular file read-only; an empty one gives null data. */
static bw_status map_file(const char *path, file_view *view) {
  struct stat status;
  *view = (file_view){0};
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return bw_fail(BW_ERR_LOAD, "cannot open '%s': %s", path, strerror(errno));
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(fd);
    return bw_fail(BW_ERR_LOAD, "cannot open '%s': not a regular file", path);
  }
  void *data = NULL;
  if ((uint64_t)status.st_size > SIZE_MAX) {
    close(fd);
    return bw_fail(BW_ERR_LOAD, "cannot map '%s': the file is too large", path);
  }
  if (status.st_size > 0)
    data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  if (data == MAP_FAILED)
    return bw_fail(BW_ERR_LOAD, "cannot map '%s': %s", path, strerror(errno));
  *view = (file_view){.data = data, .bytes = (uint64_t)status.st_size};
  return BW_OK;
}

static void unmap_file(file_view view) {
  if (view.data != NULL)
    munmap((void *)(uintptr_t)view.data, (size_t)view.bytes);
}

static bool is_inside(file_view file, uint64_t offset, uint64_t bytes) {
  return offset <= file.bytes && bytes <= file.bytes - offset;
}

#if defined(__x86_64__)
#define BW_ELF_MACHINE EM_X86_64
#elif defined(__i386__)
#define BW_ELF_MACHINE EM_386
#elif defined(__aarch64__)
#define BW_ELF_MACHINE EM_AARCH64
#elif defined(__arm__)
#define BW_ELF_MACHINE EM_ARM
#else
#define BW_ELF_MACHINE EM_NONE
#endif

#if UINTPTR_MAX > UINT32_MAX
#define BW_ELF_CLASS ELFCLASS64
typedef Elf64_Ehdr elf_header;
typedef Elf64_Phdr elf_segment;
typedef Elf64_Shdr elf_section;
typedef Elf64_Sym elf_symbol;
#else
#define BW_ELF_CLASS ELFCLASS32
typedef Elf32_Ehdr elf_header;
typedef Elf32_Phdr elf_segment;
typedef Elf32_Shdr elf_section;
typedef Elf32_Sym elf_symbol;
#endif

/** A shared library of this machine whose parts lie inside the file. */
static bw_status check_elf(file_view file, const char *path) {
  elf_header header;
  if (file.bytes < sizeof(header) || memcmp(file.data, ELFMAG, SELFMAG) != 0)
    return bw_fail(BW_ERR_LOAD, "'%s' is not a shared library", path);
  memcpy(&header, file.data, sizeof(header));
  if (header.e_ident[EI_CLASS] != BW_ELF_CLASS || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_type != ET_DYN || header.e_machine != BW_ELF_MACHINE)
    return bw_fail(BW_ERR_LOAD, "'%s' is not a shared library for this machine", path);
  if (header.e_phentsize != sizeof(elf_segment) || header.e_shentsize != sizeof(elf_section) ||
      !is_inside(file, header.e_phoff, (uint64_t)header.e_phnum * sizeof(elf_segment)) ||
      !is_inside(file, header.e_shoff, (uint64_t)header.e_shnum * sizeof(elf_section)))
    return bw_fail(BW_ERR_LOAD, "'%s' is truncated or damaged", path);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    elf_segment segment;
    memcpy(&segment, file.data + header.e_phoff + i * sizeof(segment), sizeof(segment));
    if (!is_inside(file, segment.p_offset, segment.p_filesz) || segment.p_filesz > segment.p_memsz)
      return bw_fail(BW_ERR_LOAD, "'%s' is truncated or damaged", path);
  }
  return BW_OK;
}

static bool is_descriptor_name(const char *name, size_t length) {
  return length > 8 && memcmp(name, "bw_", 3) == 0 && memcmp(name + length - 5, "_desc", 5) == 0;
}

/** Counts the descriptors among the symbols of one table; `found` gets the last. */
static int scan_symbols(file_view file, const elf_section *symbols, const elf_section *strings,
                        const char **found) {
  int count = 0;
  if (!is_inside(file, symbols->sh_offset, symbols->sh_size) ||
      !is_inside(file, strings->sh_offset, strings->sh_size))
    return 0;
  for (uint64_t i = 0; i < symbols->sh_size / sizeof(elf_symbol); ++i) {
    elf_symbol symbol;
    memcpy(&symbol, file.data + symbols->sh_offset + i * sizeof(symbol), sizeof(symbol));
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= strings->sh_size)
      continue;
    const char *name = (const char *)file.data + strings->sh_offset + symbol.st_name;
    const char *end = memchr(name, 0, strings->sh_size - symbol.st_name);
    if (end == NULL || !is_descriptor_name(name, (size_t)(end - name)))
      continue;
    *found = name;
    ++count;
  }
  return count;
}

/** The name of the only descriptor that the library exports. */
static bw_status find_descriptor(file_view file, const char *path, const char **name) {
  elf_header header;
  memcpy(&header, file.data, sizeof(header));
  int count = 0;
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    elf_section symbols, strings;
    memcpy(&symbols, file.data + header.e_shoff + i * sizeof(symbols), sizeof(symbols));
    if (symbols.sh_type != SHT_DYNSYM || symbols.sh_link >= header.e_shnum)
      continue;
    memcpy(&strings, file.data + header.e_shoff + symbols.sh_link * sizeof(strings),
           sizeof(strings));
    count += scan_symbols(file, &symbols, &strings, name);
  }
  if (count == 0)
    return bw_fail(BW_ERR_LOAD, "'%s' holds no compiled model", path);
  if (count > 1)
    return bw_fail(BW_ERR_LOAD, "'%s' holds %d models, expected the name of one", path, count);
  return BW_OK;
}

static bw_status open_library(const char *path, const char *symbol, bw_model **model) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    return bw_fail(BW_ERR_LOAD, "cannot load '%s': %s", path, dlerror());
  const bw_model_desc *desc = dlsym(library, symbol);
  bw_status status = BW_OK;
  if (desc == NULL)
    status = bw_fail(BW_ERR_LOAD, "'%s' exports no '%s'", path, symbol);
  else
    status = bw_model_open(desc, library, model);
  if (status != BW_OK)
    dlclose(library);
  return status;
}

bw_status bw_model_load(const char *path, const char *symbol, bw_model **model) {
  if (path == NULL || model == NULL)
    return bw_fail(BW_ERR_ARGUMENT, "no path or no place for the model");
  *model = NULL;
  file_view file;
  bw_status status = map_file(path, &file);
  if (status != BW_OK)
    return status;
  char *local = NULL;
  status = check_elf(file, path);
  if (status == BW_OK && symbol == NULL)
    status = find_descriptor(file, path, &symbol);
  if (status == BW_OK && strchr(path, '/') == NULL) {
    size_t bytes = strlen(path) + 3;
    local = malloc(bytes);
    if (local == NULL)
      status = bw_fail(BW_ERR_MEMORY, "no memory for a path");
    else
      snprintf(local, bytes, "./%s", path);
  }
  if (status == BW_OK)
    status = open_library(local != NULL ? local : path, symbol, model);
  free(local);
  unmap_file(file);
  return status;
}

bw_status bw_model_set_weights(bw_model *model, const char *path) {
  if (model == NULL || path == NULL)
    return bw_fail(BW_ERR_ARGUMENT, "no model or no path");
  if (model->weights != NULL)
    return bw_fail(BW_ERR_ARGUMENT, "model '%s' has its weights", model->desc->name);
  file_view file;
  bw_status status = map_file(path, &file);
  if (status != BW_OK)
    return status;
  status = bw_weights_check(model->desc, file.data, file.bytes);
  if (status != BW_OK) {
    unmap_file(file);
    return status;
  }
  model->weights = file.data;
  model->mapping = (void *)(uintptr_t)file.data;
  model->mapping_bytes = (size_t)file.bytes;
  return BW_OK;
}

void bw_model_release(bw_model *model) {
  if (model == NULL)
    return;
  if (model->mapping != NULL)
    munmap(model->mapping, model->mapping_bytes);
  if (model->library != NULL)
    dlclose(model->library);
  free(model);
}
