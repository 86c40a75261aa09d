/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * What compiled models and the runtime agree on. The compiler emits these
 * structures, the runtime reads them; nothing else is shared between the two.
 * Any change of layout or meaning raises BW_ABI_VERSION.
 */

#ifndef BITWRIGHT_RT_ABI_H
#define BITWRIGHT_RT_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BW_ABI_MAGIC 0x54524742u /* "BGRT", little-endian */
#define BW_ABI_VERSION 2u
#define BW_MAX_RANK 8

/** Element types; the numbers are those of ONNX TensorProto.DataType. */
typedef enum bw_dtype {
  BW_F32 = 1,
  BW_U8 = 2,
  BW_I8 = 3,
  BW_U16 = 4,
  BW_I16 = 5,
  BW_I32 = 6,
  BW_I64 = 7,
  BW_BOOL = 9, /* one byte, 0 or 1 */
  BW_F16 = 10,
  BW_F64 = 11,
  BW_U32 = 12,
  BW_U64 = 13,
  BW_BF16 = 16
} bw_dtype;

/** What a call reports. Generated code returns these; it never aborts. */
typedef enum bw_status {
  BW_OK = 0,
  BW_ERR_ARGUMENT = 1, /* null, wrong rank, dtype, dimension or size */
  BW_ERR_INDEX = 2,    /* gather or slice index out of range at run time */
  BW_ERR_SHAPE = 3,    /* dimensions that do not fit together at run time */
  BW_ERR_ABI = 4,      /* wrong magic, ABI version or weights */
  BW_ERR_CPU = 5,      /* another processor than the model was compiled for */
  BW_ERR_MEMORY = 6,   /* allocation failed or size overflow */
  BW_ERR_LOAD = 7      /* a file or symbol could not be opened */
} bw_status;

/** The kind of processor that a model is compiled for (bw_model_desc::arch). */
typedef enum bw_arch {
  BW_ARCH_X86_64 = 1,
  BW_ARCH_X86 = 2, /* 32-bit */
  BW_ARCH_AARCH64 = 3,
  BW_ARCH_ARM = 4,
  BW_ARCH_NVPTX = 5
} bw_arch;

/** What a model may need of its processor: bits of bw_model_desc::features, BW_<arch>_<name>. */
enum {
#define BW_FEATURE(arch, name, bit, text) BW_##arch##_##name = 1u << (bit),
#include "bitwright_rt/features.inc"
#undef BW_FEATURE
};

/** One input or output. dims[i] is -1 where dim_names[i] names a dynamic size. */
typedef struct bw_value_desc {
  const char *name;
  int32_t dtype;
  int32_t rank;
  int64_t dims[BW_MAX_RANK];
  const char *dim_names[BW_MAX_RANK]; /* "" where static or unnamed */
} bw_value_desc;

/**
 * A kernel body: runs iterations [begin, end) of a loop without order.
 * `scratch` is memory that no other running body has: 64-byte aligned and of
 * the planned size, with any content. A body calls none of the services below.
 */
typedef void (*bw_body_fn)(void *args, void *scratch, int64_t begin, int64_t end);

/**
 * Services that generated code calls during an inference; owned by the caller
 * of bw_invoke_fn, one for each concurrent inference.
 */
typedef struct bw_exec {
  /** Runs body over [0, n) in chunks of at least `grain`, on up to `workers`
   *  threads, and returns when all are done. */
  void (*parallel_for)(struct bw_exec *exec, bw_body_fn body, void *args, int64_t n, int64_t grain);
  /** Receives a tensor that the model marks for calibration; may be null. */
  void (*observe)(struct bw_exec *exec, int64_t id, const void *data, const int64_t *dims,
                  int64_t rank);
  /** Starts a kernel of the model on a device, `grid` blocks of `threads` each
   *  (three numbers); null where the model's code runs on the CPU. */
  int32_t (*launch)(struct bw_exec *exec, int64_t kernel, const int64_t *grid,
                    const int64_t *threads, int64_t shared_bytes, void *const *params);
  /** Scratch for bodies that the calling thread runs without parallel_for. */
  void *scratch;
  /** A buffer for each of bw_model_desc::states; it keeps its content from one
   *  call to the next. */
  void *const *state;
  int64_t workers;
  /** Set by generated code before it returns an error: index into node_names. */
  int64_t failed_node;
} bw_exec;

/** The memory that an inference works in, beside its inputs and outputs. */
typedef struct bw_plan_info {
  int64_t arena_bytes;   /* holds tensors between kernels */
  int64_t scratch_bytes; /* for each thread that runs bodies */
  int64_t failed_node;   /* set with an error: index into node_names */
} bw_plan_info;

/**
 * Computes output shapes and what memory an inference needs. `in_dims` and
 * `out_dims` hold BW_MAX_RANK entries for each input and output. `frame` is
 * memory of bw_model_desc::frame_bytes, 8-byte aligned, that receives every
 * size that bw_invoke_fn needs. Returns BW_OK, BW_ERR_SHAPE or BW_ERR_MEMORY.
 */
typedef int32_t (*bw_plan_fn)(const int64_t *in_dims, int64_t *out_dims, void *frame,
                              bw_plan_info *info);

/**
 * Runs the model with the `frame` that bw_plan_fn filled. Inputs are read only;
 * outputs are contiguous buffers of the planned sizes that alias nothing;
 * `arena` is 64-byte aligned and of the planned size. `weights` points to the
 * 64-byte-aligned weight block.
 */
typedef int32_t (*bw_invoke_fn)(bw_exec *exec, const void *frame, const void *const *inputs,
                                void *const *outputs, void *arena, const void *weights);

/** Everything about a compiled model; exported as bw_<model>_desc. */
typedef struct bw_model_desc {
  uint32_t magic;
  uint32_t abi_version;
  uint64_t desc_bytes;    /* sizeof(bw_model_desc) where it was compiled for */
  uint32_t arch;          /* bw_arch */
  uint32_t reserved;      /* 0 */
  uint64_t features;      /* BW_<arch>_* bits that must be present */
  uint64_t weights_bytes; /* size of the weight block */
  uint64_t weights_hash;  /* bw_hash_weights of the weight block */
  const char *name;
  const char *target; /* triple and features, for people */
  const char *scheme; /* how it was quantized, for people: "int8"; "" for a float model */
  int32_t num_inputs;
  int32_t num_outputs;
  const bw_value_desc *inputs;
  const bw_value_desc *outputs;
  int64_t num_states;
  const bw_value_desc *states; /* what outlives a call, as a KV cache: bw_exec::state */
  int64_t num_nodes;
  const char *const *node_names; /* for failed_node; the user's names */
  int64_t num_observers;
  const char *const *observer_names;
  int64_t frame_bytes; /* of the memory that plan fills and invoke reads */
  bw_plan_fn plan;
  bw_invoke_fn invoke;
  const void *weights; /* null where the weights are in a file of their own */
} bw_model_desc;

/**
 * Hash of a weight block: FNV-1a 64 on little-endian 64-bit words, word i in
 * lane i % 8, a short tail padded with zero bytes; then the lanes and the size,
 * hashed the same way in one lane. Every flipped bit changes the result; eight
 * lanes keep up with memory.
 */
static inline uint64_t bw_hash_weights(const void *data, uint64_t bytes) {
  const uint64_t prime = 0x100000001b3u, basis = 0xcbf29ce484222325u;
  const unsigned char *source = (const unsigned char *)data;
  uint64_t lanes[8], word, hash = basis, i, byte;
  for (i = 0; i < 8; ++i)
    lanes[i] = basis + i;
  for (i = 0; i < bytes / 64; ++i, source += 64)
    for (int lane = 0; lane < 8; ++lane) {
      __builtin_memcpy(&word, source + 8 * (int64_t)lane, 8);
      lanes[lane] = (lanes[lane] ^ word) * prime;
    }
  for (i = 0; i < (bytes % 64 + 7) / 8; ++i) {
    for (word = 0, byte = 0; byte < 8 && 8 * i + byte < bytes % 64; ++byte)
      word |= (uint64_t)source[8 * i + byte] << (8 * byte);
    lanes[i] = (lanes[i] ^ word) * prime;
  }
  for (i = 0; i < 8; ++i)
    hash = (hash ^ lanes[i]) * prime;
  return (hash ^ bytes) * prime;
}

#ifdef __cplusplus
}
#endif

#endif /* BITWRIGHT_RT_ABI_H */
