/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * Loading a library, whole and cut off everywhere. Arguments: the toy model's
 * library and a folder to write to.
 */

#include "bitwright_rt/bitwright_rt.h"
#include "check.h"
#include <string.h>

static char *contents;
static long size;
static char path[4096];

static void read_library(const char *name) {
  FILE *file = fopen(name, "rb");
  CHECK(file != NULL && fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) > 0);
  CHECK(fseek(file, 0, SEEK_SET) == 0);
  contents = malloc((size_t)size);
  CHECK(contents != NULL && fread(contents, 1, (size_t)size, file) == (size_t)size);
  fclose(file);
}

static void write_prefix(long bytes) {
  FILE *file = fopen(path, "wb");
  CHECK(file != NULL && fwrite(contents, 1, (size_t)bytes, file) == (size_t)bytes);
  CHECK(fclose(file) == 0);
}

static bw_status try_load(const char *name, const char *symbol) {
  bw_model *model;
  bw_status status = bw_model_load(name, symbol, &model);
  CHECK((status == BW_OK) == (model != NULL));
  bw_model_release(model);
  return status;
}

int main(int argc, char **argv) {
  CHECK(argc == 3);
  read_library(argv[1]);
  snprintf(path, sizeof(path), "%s/cut.so", argv[2]);

  CHECK(try_load(argv[1], NULL) == BW_OK);
  CHECK(try_load(argv[1], "bw_toy_desc") == BW_OK);
  CHECK(try_load(argv[1], "bw_other_desc") == BW_ERR_LOAD);
  CHECK(strstr(bw_last_error(), "exports no 'bw_other_desc'") != NULL);
  CHECK(try_load("/nonexistent.so", NULL) == BW_ERR_LOAD);
  CHECK(try_load("/dev/zero", NULL) == BW_ERR_LOAD);
  CHECK(try_load(argv[2], NULL) == BW_ERR_LOAD);
  CHECK(try_load(argv[0], NULL) == BW_ERR_LOAD);     /* a program, not a model */
  CHECK(try_load("libm.so.6", NULL) == BW_ERR_LOAD); /* no search path */

  for (long cut = 0; cut < size; cut += 1 + size / 997) {
    write_prefix(cut);
    CHECK(try_load(path, NULL) == BW_ERR_LOAD);
  }
  write_prefix(size);
  CHECK(try_load(path, NULL) == BW_OK);
  remove(path);
  return 0;
}
