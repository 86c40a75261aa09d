/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * Planning, running and every refusal of a statically linked model. malloc is
 * counted: bw_invoke must not call it.
 */

#include "bitwright_rt/bitwright_rt.h"
#include "check.h"
#include <math.h>
#include <string.h>

extern bw_model_desc bw_toy_desc;
extern const float bw_toy_weights[16];

static long allocations;
extern void *__libc_malloc(size_t size); // NOLINT(readability-identifier-naming): glibc's name
void *malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}

static float x[3000], bias[1000], y[3000];

static void set_inputs(bw_tensor *in, int64_t rows) {
  in[0] = (bw_tensor){x, BW_F32, 2, {rows, 3}, 12 * (uint64_t)rows};
  in[1] = (bw_tensor){bias, BW_F32, 1, {rows}, 4 * (uint64_t)rows};
}

static bw_model *open_toy(void) {
  bw_model *model;
  CHECK(bw_model_from_desc(&bw_toy_desc, &model) == BW_OK);
  return model;
}

static bw_context *make_context(int32_t threads) {
  bw_context *context;
  bw_context_options options = {.threads = threads};
  CHECK(bw_context_create(&options, &context) == BW_OK);
  return context;
}

static void test_run(int32_t threads) {
  bw_model *model = open_toy();
  bw_context *context = make_context(threads);
  bw_tensor in[2], out[1] = {{0}};
  for (int64_t rows = 0; rows <= 1000; rows += 125) {
    set_inputs(in, rows);
    for (int64_t i = 0; i < 3 * rows; ++i)
      x[i] = (float)i;
    for (int64_t i = 0; i < rows; ++i)
      bias[i] = (float)(1000 * i);
    CHECK(bw_plan(model, context, in, 2, out, 1) == BW_OK);
    CHECK(out[0].dtype == BW_F32 && out[0].rank == 2 && out[0].dims[0] == rows &&
          out[0].bytes == 12 * (uint64_t)rows);
    CHECK(bw_context_arena_bytes(context) >= 64 * (uint64_t)(rows + threads));
    out[0].data = y;
    long before = allocations;
    CHECK(bw_invoke(model, context, in, 2, out, 1) == BW_OK);
    CHECK(allocations == before);
    for (int64_t i = 0; i < 3 * rows; ++i)
      CHECK(y[i] == 2.0f * (float)i + (float)(1000 * (i / 3)));
  }
  bw_context_release(context);
  bw_model_release(model);
}

static void expect_invoke(bw_tensor *in, bw_tensor *out, bw_status status, const char *words) {
  bw_model *model = open_toy();
  bw_context *context = make_context(1);
  bw_tensor good[2], planned[1] = {{0}};
  set_inputs(good, 10);
  CHECK(bw_plan(model, context, good, 2, planned, 1) == BW_OK);
  CHECK(bw_invoke(model, context, in, 2, out, 1) == status);
  if (strstr(bw_last_error(), words) == NULL)
    fprintf(stderr, "expected '%s' in '%s'\n", words, bw_last_error());
  CHECK(strstr(bw_last_error(), words) != NULL);
  bw_context_release(context);
  bw_model_release(model);
}

static void test_refusals(void) {
  bw_tensor in[2], out[1] = {{y, BW_F32, 2, {10, 3}, 120}}, bad[1];
#define EXPECT(change, status, words)                                                              \
  set_inputs(in, 10);                                                                              \
  bad[0] = out[0];                                                                                 \
  change;                                                                                          \
  expect_invoke(in, bad, status, words)
  EXPECT(in[0].dtype = BW_I8, BW_ERR_ARGUMENT, "input 'x' expects dtype 1, but got 3");
  EXPECT(in[0].rank = 1, BW_ERR_ARGUMENT, "input 'x' expects rank 2, but got 1");
  EXPECT(in[0].dims[1] = 4, BW_ERR_ARGUMENT, "dimension 1 of input 'x' expects 3, but got 4");
  EXPECT(in[0].dims[0] = -5, BW_ERR_ARGUMENT, "dimension 0 of input 'x'");
  EXPECT(in[1].dims[0] = 9, BW_ERR_ARGUMENT, "dimension 'rows' is 10");
  EXPECT(in[0].data = NULL, BW_ERR_ARGUMENT, "has no data");
  EXPECT(in[0].data = (char *)x + 1, BW_ERR_ARGUMENT, "misaligned");
  EXPECT(in[0].bytes = 119, BW_ERR_ARGUMENT, "takes 120 bytes, but got 119");
  EXPECT(bad[0].dims[0] = 11, BW_ERR_ARGUMENT, "another type than bw_plan gave");
  EXPECT(bad[0].bytes = 8, BW_ERR_ARGUMENT, "output 'y' takes 120 bytes");
  EXPECT(bad[0].data = x, BW_ERR_ARGUMENT, "overlaps input 'x'");
  EXPECT(set_inputs(in, 20); bad[0].dims[0] = 20;
         bad[0].bytes = 240, BW_ERR_MEMORY, "call bw_plan");
  EXPECT(set_inputs(in, 2000), BW_ERR_SHAPE, "at node 'add'");
#undef EXPECT
}

static void test_failing_node(void) {
  bw_model *model = open_toy();
  bw_context *context = make_context(1);
  bw_tensor in[2], out[1] = {{0}};
  set_inputs(in, 13);
  CHECK(bw_plan(model, context, in, 2, out, 1) == BW_OK);
  out[0].data = y;
  CHECK(bw_invoke(model, context, in, 2, out, 1) == BW_ERR_INDEX);
  CHECK(bw_context_failed_node(context) == 0);
  CHECK(strcmp(bw_model_node_name(model, 0), "scale") == 0);
  CHECK(strcmp(bw_last_error(), "index out of range at node 'scale'") == 0);
  CHECK(bw_invoke(model, context, in, 1, out, 1) == BW_ERR_ARGUMENT);
  bw_context_release(context);
  bw_model_release(model);
}

static void expect_refused(const bw_model_desc *desc, bw_status status, const char *words) {
  bw_model *model;
  CHECK(bw_model_from_desc(desc, &model) == status && model == NULL);
  if (strstr(bw_last_error(), words) == NULL)
    fprintf(stderr, "expected '%s' in '%s'\n", words, bw_last_error());
  CHECK(strstr(bw_last_error(), words) != NULL);
}

static void test_descriptor(void) {
  bw_value_desc value = *bw_toy_desc.inputs;
  value.rank = 9;
  expect_refused(NULL, BW_ERR_ARGUMENT, "no descriptor");
#define EXPECT(change, status, words)                                                              \
  {                                                                                                \
    bw_model_desc desc = bw_toy_desc;                                                              \
    change;                                                                                        \
    expect_refused(&desc, status, words);                                                          \
  }
  EXPECT(desc.magic = 7, BW_ERR_ABI, "not a compiled model");
  EXPECT(desc.abi_version = 1, BW_ERR_ABI,
         "compiled for ABI version 1, but this runtime has version 2: compile the model again");
  EXPECT(desc.abi_version = 99, BW_ERR_ABI, "compiled for ABI version 99");
  EXPECT(desc.desc_bytes -= 4, BW_ERR_ABI, "incomplete descriptor");
  EXPECT(desc.scheme = NULL, BW_ERR_ABI, "incomplete descriptor");
  EXPECT(desc.frame_bytes = -1, BW_ERR_ABI, "incomplete descriptor");
  EXPECT(desc.num_states = 1, BW_ERR_ABI, "model 'toy' declares state");
  EXPECT(desc.arch = BW_ARCH_NVPTX, BW_ERR_CPU, "model 'toy' is compiled for nvptx, but this CPU");
  EXPECT(desc.arch = 77, BW_ERR_CPU, "is compiled for an unknown processor");
  EXPECT(desc.features = 1ull << 63, BW_ERR_CPU, "needs an unknown feature, which this CPU lacks");
  /* Every feature that this CPU lacks is named, and how to compile for it. */
  for (uint64_t bit = 1; bit != 0; bit <<= 1) {
    const char *name = bw_feature_name(bw_cpu_arch(), bit);
    if (name != NULL && (bw_cpu_features() & bit) == 0)
      EXPECT(desc.features = ~bw_cpu_features(), BW_ERR_CPU, name);
  }
  EXPECT(desc.features = 1ull << 63, BW_ERR_CPU, "--mcpu=");
  EXPECT(desc.weights_hash ^= 1, BW_ERR_ABI, "the weights do not belong to model 'toy'");
  EXPECT(desc.inputs = &value; desc.num_inputs = 1, BW_ERR_ABI, "malformed description of input");
#undef EXPECT
}

static void test_names(void) {
  CHECK(strcmp(bw_feature_name(BW_ARCH_X86_64, BW_X86_64_AVX512VNNI), "avx512vnni") == 0);
  CHECK(bw_feature_name(BW_ARCH_AARCH64, BW_X86_64_AVX512VNNI) == NULL);
  CHECK(bw_feature_name(BW_ARCH_X86_64, BW_X86_64_AVX2 | BW_X86_64_FMA) == NULL);
  CHECK(strcmp(bw_arch_name(BW_ARCH_X86_64), "x86-64") == 0 && bw_arch_name(0) == NULL);
}

static void count_observed(void *user, int64_t id, const void *data, const int64_t *dims,
                           int64_t rank) {
  CHECK(id == 0 && data == y && rank == 2 && dims[0] == 10 && dims[1] == 3);
  ++*(int *)user;
}

static void test_observer_and_arena(void) {
  static _Alignas(64) char arena[640 + 64]; /* and the scratch of one thread */
  int observed = 0;
  bw_context *context;
  bw_context_options options = {.arena = arena,
                                .arena_bytes = sizeof(arena),
                                .observe = count_observed,
                                .observe_user = &observed};
  CHECK(bw_context_create(&options, &context) == BW_OK);
  bw_model *model = open_toy();
  bw_tensor in[2], out[1] = {{0}};
  set_inputs(in, 11);
  CHECK(bw_plan(model, context, in, 2, out, 1) == BW_ERR_MEMORY);
  set_inputs(in, 10);
  CHECK(bw_plan(model, context, in, 2, out, 1) == BW_OK);
  out[0].data = y;
  CHECK(bw_invoke(model, context, in, 2, out, 1) == BW_OK && observed == 1 && arena[639] == 1);
  CHECK(bw_context_reserve(context, sizeof(arena) + 1) == BW_ERR_MEMORY);
  bw_context_release(context);
  bw_model_release(model);
}

static void test_hash(void) {
  unsigned char bytes[200];
  for (int i = 0; i < 200; ++i)
    bytes[i] = (unsigned char)(7 * i);
  for (int size = 0; size < 200; ++size) {
    uint64_t hash = bw_hash_weights(bytes, size);
    CHECK(hash != bw_hash_weights(bytes, size + 1));
    for (int bit = 0; bit < 8 * size; ++bit) {
      bytes[bit / 8] ^= 1 << bit % 8;
      CHECK(hash != bw_hash_weights(bytes, size));
      bytes[bit / 8] ^= 1 << bit % 8;
    }
  }
}

int main(void) {
  test_run(1);
  test_run(2);
  test_run(5);
  test_refusals();
  test_failing_node();
  test_descriptor();
  test_names();
  test_observer_and_arena();
  test_hash();
  return 0;
}
