/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * A model written by hand the way the compiler writes them:
 * y[n, 3] = scale * x[n, 3] + bias[n], scale in the weights.
 */

#include "bitwright_rt/abi.h"
#include <stddef.h>

typedef struct {
  const float *x, *bias;
  float *y;
  float scale;
} body_args;

typedef struct {
  int64_t rows;
} toy_frame;

static void body(void *opaque, void *scratch, int64_t begin, int64_t end) {
  body_args *args = opaque;
  volatile float *row = scratch; /* another thread's writes would show */
  for (int64_t i = begin; i < end; ++i) {
    for (int64_t c = 0; c < 3; ++c)
      row[c] = args->scale * args->x[3 * i + c];
    for (int64_t c = 0; c < 3; ++c)
      args->y[3 * i + c] = row[c] + args->bias[i];
  }
}

static int32_t plan(const int64_t *in_dims, int64_t *out_dims, void *frame, bw_plan_info *info) {
  if (in_dims[0] > 1000) {
    info->failed_node = 1;
    return BW_ERR_SHAPE;
  }
  out_dims[0] = in_dims[0];
  out_dims[1] = 3;
  ((toy_frame *)frame)->rows = in_dims[0];
  info->arena_bytes = 64 * in_dims[0];
  info->scratch_bytes = 3 * (int64_t)sizeof(float);
  return BW_OK;
}

static int32_t invoke(bw_exec *exec, const void *frame, const void *const *inputs,
                      void *const *outputs, void *arena, const void *weights) {
  body_args args = {inputs[0], inputs[1], outputs[0], *(const float *)weights};
  int64_t rows = ((const toy_frame *)frame)->rows;
  for (int64_t i = 0; i < 64 * rows; ++i)
    ((char *)arena)[i] = 1;
  if (rows == 13) {
    exec->failed_node = 0;
    return BW_ERR_INDEX;
  }
  exec->parallel_for(exec, body, &args, rows, 4);
  if (exec->observe != NULL) {
    int64_t dims[2] = {rows, 3};
    exec->observe(exec, 0, outputs[0], dims, 2);
  }
  return BW_OK;
}

_Alignas(64) const float bw_toy_weights[16] = {2.0f};

static const bw_value_desc inputs[] = {
    {"x", BW_F32, 2, {-1, 3}, {"rows", "", "", "", "", "", "", ""}},
    {"bias", BW_F32, 1, {-1}, {"rows", "", "", "", "", "", "", ""}}};
static const bw_value_desc outputs[] = {
    {"y", BW_F32, 2, {-1, 3}, {"rows", "", "", "", "", "", "", ""}}};
static const char *const nodes[] = {"scale", "add"};
static const char *const observers[] = {"y"};

#if defined(__x86_64__)
#define TOY_ARCH BW_ARCH_X86_64
#elif defined(__i386__)
#define TOY_ARCH BW_ARCH_X86
#elif defined(__aarch64__)
#define TOY_ARCH BW_ARCH_AARCH64
#else
#define TOY_ARCH BW_ARCH_ARM
#endif

__attribute__((visibility("default"))) bw_model_desc bw_toy_desc = {
    .magic = BW_ABI_MAGIC,
    .abi_version = BW_ABI_VERSION,
    .desc_bytes = sizeof(bw_model_desc),
    .arch = TOY_ARCH,
    .weights_bytes = 64,
    .name = "toy",
    .target = "any",
    .scheme = "by hand",
    .num_inputs = 2,
    .num_outputs = 1,
    .inputs = inputs,
    .outputs = outputs,
    .num_nodes = 2,
    .node_names = nodes,
    .num_observers = 1,
    .observer_names = observers,
    .frame_bytes = sizeof(toy_frame),
    .plan = plan,
    .invoke = invoke,
    .weights = bw_toy_weights};

/* The compiler knows the hash; here it is computed when the library is loaded. */
__attribute__((constructor)) static void set_hash(void) {
  bw_toy_desc.weights_hash = bw_hash_weights(bw_toy_weights, 64);
}
