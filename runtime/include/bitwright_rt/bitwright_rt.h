/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * Loading and running compiled models. Plain C11, no C++, no libm; nothing is
 * allocated while a model runs and nothing here aborts.
 *
 *   bw_model *model;
 *   bw_context *context;
 *   bw_model_load("net.so", NULL, &model);
 *   bw_context_create(NULL, &context);
 *   bw_plan(model, context, inputs, 1, outputs, 1);   // shapes, sizes, arena
 *   outputs[0].data = malloc(outputs[0].bytes);
 *   bw_invoke(model, context, inputs, 1, outputs, 1);
 *
 * A model may be shared by threads. A context serves one call at a time; make
 * one for each concurrent inference. Release contexts and models in any order,
 * after the last call that uses them.
 */

#ifndef BITWRIGHT_RT_BITWRIGHT_RT_H
#define BITWRIGHT_RT_BITWRIGHT_RT_H

#include "bitwright_rt/abi.h"

#if defined(__GNUC__)
#define BW_API __attribute__((visibility("default")))
#else
#define BW_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bw_model bw_model;
typedef struct bw_context bw_context;

/** A contiguous row-major tensor; the caller owns the data. */
typedef struct bw_tensor {
  void *data;
  int32_t dtype; /* bw_dtype */
  int32_t rank;
  int64_t dims[BW_MAX_RANK];
  uint64_t bytes; /* size of data */
} bw_tensor;

/*--- Models ------------------------------------------------------------------*/

/**
 * Opens a model that is linked into the program. Checks ABI, signature, CPU
 * features, and the weights where they are embedded. `*model` is null on error.
 */
BW_API bw_status bw_model_from_desc(const bw_model_desc *desc, bw_model **model);

/**
 * Opens a model in a shared library. `symbol` is the name of its descriptor,
 * bw_<model>_desc; null where the library holds only one. The file's structure
 * is checked before it is mapped as code. A path without a slash is looked up
 * in the working directory, never in the library path.
 */
BW_API bw_status bw_model_load(const char *path, const char *symbol, bw_model **model);

/**
 * Maps the weights of a model compiled with --weights=file. Must come before
 * the first bw_plan. Size and hash are checked.
 */
BW_API bw_status bw_model_set_weights(bw_model *model, const char *path);

BW_API void bw_model_release(bw_model *model);
BW_API const bw_model_desc *bw_model_get_desc(const bw_model *model);
/** The user's name of a node; "" where there is none. */
BW_API const char *bw_model_node_name(const bw_model *model, int64_t node);

/*--- Contexts ----------------------------------------------------------------*/

/** Receives a tensor that the model marks for calibration. */
typedef void (*bw_observe_fn)(void *user, int64_t id, const void *data, const int64_t *dims,
                              int64_t rank);

typedef struct bw_context_options {
  int32_t threads; /* including the calling one; 0 means 1 */
  int32_t spin;    /* rounds a worker polls before it sleeps; 0 means the default */
  void *arena;     /* memory to work in, 64-byte aligned, with every thread's scratch;
                      null: allocated by bw_plan */
  uint64_t arena_bytes;
  bw_observe_fn observe; /* may be null */
  void *observe_user;
} bw_context_options;

/** `options` may be null. Starts threads - 1 threads, of 128 KiB of stack each. */
BW_API bw_status bw_context_create(const bw_context_options *options, bw_context **context);
BW_API void bw_context_release(bw_context *context);

/** Makes the arena at least `bytes` long, so that later plans need not. */
BW_API bw_status bw_context_reserve(bw_context *context, uint64_t bytes);
BW_API uint64_t bw_context_arena_bytes(const bw_context *context);
/** The node at which the last call failed; -1 where it was none. */
BW_API int64_t bw_context_failed_node(const bw_context *context);

/*--- Running -----------------------------------------------------------------*/

/**
 * Checks dtype, rank and dimensions of `inputs` (data and bytes may be unset),
 * fills dtype, rank, dims and bytes of `outputs` (data stays), and grows the
 * arena. Needed once before bw_invoke and whenever the arena may have to grow.
 */
BW_API bw_status bw_plan(const bw_model *model, bw_context *context, const bw_tensor *inputs,
                         int32_t num_inputs, bw_tensor *outputs, int32_t num_outputs);

/**
 * Runs the model. Inputs may have other dimensions than in bw_plan as long as
 * the arena suffices (BW_ERR_MEMORY otherwise). Outputs must be of the planned
 * shape and overlap neither inputs nor each other. Allocates nothing.
 */
BW_API bw_status bw_invoke(const bw_model *model, bw_context *context, const bw_tensor *inputs,
                           int32_t num_inputs, const bw_tensor *outputs, int32_t num_outputs);

/*--- Errors and facts --------------------------------------------------------*/

/** A few words for a status. */
BW_API const char *bw_status_string(bw_status status);
/** What went wrong in this thread's last failed call; valid until the next one. */
BW_API const char *bw_last_error(void);
/** The bw_arch that this runtime is built for; 0 where it has no number. */
BW_API uint32_t bw_cpu_arch(void);
/** BW_<arch>_* bits that this CPU and operating system offer. */
BW_API uint64_t bw_cpu_features(void);
/** "x86-64" for BW_ARCH_X86_64; null for a number that is no architecture. */
BW_API const char *bw_arch_name(uint32_t arch);
/** "avx512vnni" for BW_X86_64_AVX512VNNI; null for a bit without a name. */
BW_API const char *bw_feature_name(uint32_t arch, uint64_t bit);
/** Bytes of one element; 0 for a number that is no dtype. */
BW_API uint64_t bw_dtype_size(int32_t dtype);

#ifdef __cplusplus
}
#endif

#endif /* BITWRIGHT_RT_BITWRIGHT_RT_H */
