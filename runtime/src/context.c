/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * Planning and running: everything that generated code relies on is checked
 * here, and all memory is in place before it runs.
 */

#include "internal.h"
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct bw_context {
  bw_exec exec; /* first: generated code hands it back */
  int64_t scratch_stride;
  bw_pool *pool;
  bw_observe_fn observe;
  void *observe_user;
  void *arena;
  uint64_t arena_bytes;
  bool owns_arena;
  atomic_bool busy;
  int64_t failed_node;

  /* The last plan. `dims` holds inputs, then outputs; `buffers` likewise. */
  uint64_t planned_serial;
  bool is_planned;
  bw_plan_info planned;
  uint64_t planned_bytes; /* of the arena and of every worker's scratch behind it */
  void *frame;
  int64_t frame_bytes;
  int64_t *dims;
  int64_t *checked; /* dimensions of a call while they are checked */
  void **buffers;
  int64_t capacity; /* values that dims and buffers have room for */
};

/*--- Checks --------------------------------------------------------------------*/

static bw_status check_input(const bw_value_desc *expected, const bw_tensor *tensor) {
  if (tensor->dtype != expected->dtype)
    return bw_fail(BW_ERR_ARGUMENT, "input '%s' expects dtype %d, but got %d", expected->name,
                   (int)expected->dtype, (int)tensor->dtype);
  if (tensor->rank != expected->rank)
    return bw_fail(BW_ERR_ARGUMENT, "input '%s' expects rank %d, but got %d", expected->name,
                   (int)expected->rank, (int)tensor->rank);
  for (int32_t axis = 0; axis < expected->rank; ++axis) {
    int64_t want = expected->dims[axis], got = tensor->dims[axis];
    if (got < 0 || (want >= 0 && want != got))
      return bw_fail(BW_ERR_ARGUMENT, "dimension %d of input '%s' expects %lld, but got %lld",
                     (int)axis, expected->name, (long long)want, (long long)got);
  }
  return BW_OK;
}

/** The size that an earlier dimension of the same name has, or `otherwise`. */
static int64_t find_named(const bw_model_desc *desc, const bw_tensor *inputs, int32_t before,
                          const char *name, int64_t otherwise) {
  for (int32_t i = 0; i <= before; ++i)
    for (int32_t axis = 0; axis < desc->inputs[i].rank; ++axis)
      if (desc->inputs[i].dims[axis] < 0 && strcmp(desc->inputs[i].dim_names[axis], name) == 0)
        return inputs[i].dims[axis];
  return otherwise;
}

static bw_status check_inputs(const bw_model_desc *desc, const bw_tensor *inputs) {
  for (int32_t i = 0; i < desc->num_inputs; ++i) {
    const bw_value_desc *expected = &desc->inputs[i];
    bw_status status = check_input(expected, &inputs[i]);
    if (status != BW_OK)
      return status;
    for (int32_t axis = 0; axis < expected->rank; ++axis) {
      const char *name = expected->dim_names[axis];
      if (expected->dims[axis] >= 0 || name[0] == '\0')
        continue;
      int64_t got = inputs[i].dims[axis], want = find_named(desc, inputs, i, name, got);
      if (want != got)
        return bw_fail(BW_ERR_ARGUMENT,
                       "dimension '%s' is %lld, but dimension %d of input '%s' has %lld", name,
                       (long long)want, (int)axis, expected->name, (long long)got);
    }
  }
  return BW_OK;
}

/** Bytes of a tensor of these dimensions; false where they overflow. */
static bool get_bytes(int32_t dtype, const int64_t *dims, int32_t rank, uint64_t *bytes) {
  uint64_t size = bw_dtype_size(dtype);
  bool is_empty = false;
  for (int32_t axis = 0; axis < rank; ++axis) {
    if (dims[axis] == 0)
      is_empty = true;
    else if (__builtin_mul_overflow(size, (uint64_t)dims[axis], &size))
      return false;
  }
  if (size > INT64_MAX)
    return false;
  *bytes = is_empty ? 0 : size;
  return true;
}

static bw_status check_data(const char *what, const char *name, const bw_tensor *tensor) {
  uint64_t bytes = 0;
  if (!get_bytes(tensor->dtype, tensor->dims, tensor->rank, &bytes))
    return bw_fail(BW_ERR_MEMORY, "the size of %s '%s' overflows", what, name);
  if (tensor->bytes < bytes)
    return bw_fail(BW_ERR_ARGUMENT, "%s '%s' takes %llu bytes, but got %llu", what, name,
                   (unsigned long long)bytes, (unsigned long long)tensor->bytes);
  if (bytes == 0)
    return BW_OK;
  if (tensor->data == NULL)
    return bw_fail(BW_ERR_ARGUMENT, "%s '%s' has no data", what, name);
  if ((uintptr_t)tensor->data % bw_dtype_size(tensor->dtype) != 0)
    return bw_fail(BW_ERR_ARGUMENT, "the data of %s '%s' is misaligned", what, name);
  return BW_OK;
}

static bool overlaps(const bw_tensor *a, const bw_tensor *b) {
  uintptr_t x = (uintptr_t)a->data, y = (uintptr_t)b->data;
  return a->bytes != 0 && b->bytes != 0 && x < y + b->bytes && y < x + a->bytes;
}

static bw_status check_overlap(const bw_model_desc *desc, const bw_tensor *inputs,
                               const bw_tensor *outputs) {
  for (int32_t o = 0; o < desc->num_outputs; ++o) {
    for (int32_t i = 0; i < desc->num_inputs; ++i)
      if (overlaps(&outputs[o], &inputs[i]))
        return bw_fail(BW_ERR_ARGUMENT, "output '%s' overlaps input '%s'", desc->outputs[o].name,
                       desc->inputs[i].name);
    for (int32_t other = 0; other < o; ++other)
      if (overlaps(&outputs[o], &outputs[other]))
        return bw_fail(BW_ERR_ARGUMENT, "output '%s' overlaps output '%s'", desc->outputs[o].name,
                       desc->outputs[other].name);
  }
  return BW_OK;
}

/*--- Planning ------------------------------------------------------------------*/

static int64_t *output_dims(bw_context *context, const bw_model_desc *desc) {
  return context->dims + (int64_t)desc->num_inputs * BW_MAX_RANK;
}

static void store_dims(const bw_model_desc *desc, const bw_tensor *inputs, int64_t *dims) {
  for (int32_t i = 0; i < desc->num_inputs; ++i)
    for (int32_t axis = 0; axis < BW_MAX_RANK; ++axis)
      dims[i * BW_MAX_RANK + axis] = axis < desc->inputs[i].rank ? inputs[i].dims[axis] : 0;
}

/** Cache lines that hold `bytes`, in bytes; 0 where that overflows. */
static uint64_t round_up(int64_t bytes) {
  return bytes < 0 || bytes > INT64_MAX - 64 ? 0 : ((uint64_t)bytes + 63) / 64 * 64;
}

/** What the plan and this number of workers take; false where it overflows. */
static bool get_planned_bytes(bw_context *context) {
  uint64_t arena = round_up(context->planned.arena_bytes),
           scratch = round_up(context->planned.scratch_bytes), all;
  if ((arena == 0 && context->planned.arena_bytes != 0) ||
      (scratch == 0 && context->planned.scratch_bytes != 0) ||
      __builtin_mul_overflow(scratch, (uint64_t)context->exec.workers, &all) ||
      __builtin_add_overflow(all, arena, &all) || all > INT64_MAX || all > SIZE_MAX)
    return false;
  context->planned_bytes = all;
  context->scratch_stride = (int64_t)scratch;
  return true;
}

/** Fills `context->dims` and the frame for these inputs. Calls generated code, allocates nothing.
 */
static bw_status make_plan(const bw_model *model, bw_context *context, const bw_tensor *inputs) {
  const bw_model_desc *desc = model->desc;
  size_t bytes = (size_t)desc->num_inputs * BW_MAX_RANK * sizeof(int64_t);
  bw_status status = check_inputs(desc, inputs);
  if (status != BW_OK)
    return status;
  store_dims(desc, inputs, context->checked);
  if (context->is_planned && memcmp(context->checked, context->dims, bytes) == 0)
    return BW_OK;
  memcpy(context->dims, context->checked, bytes);
  int64_t *results = output_dims(context, desc);
  memset(results, 0, (size_t)desc->num_outputs * BW_MAX_RANK * sizeof(int64_t));
  context->planned = (bw_plan_info){.failed_node = -1};
  context->is_planned = false;
  status = desc->plan(context->dims, results, context->frame, &context->planned);
  if (status != BW_OK) {
    context->failed_node = context->planned.failed_node;
    return bw_fail(status, "%s at node '%s'", bw_status_string(status),
                   bw_model_node_name(model, context->failed_node));
  }
  if (!get_planned_bytes(context))
    return bw_fail(BW_ERR_MEMORY, "the arena of model '%s' overflows", desc->name);
  context->is_planned = true;
  return BW_OK;
}

static bw_status check_call(const bw_model *model, const bw_context *context,
                            const bw_tensor *inputs, int32_t num_inputs, const bw_tensor *outputs,
                            int32_t num_outputs) {
  if (model == NULL || context == NULL)
    return bw_fail(BW_ERR_ARGUMENT, "no model or no context");
  const bw_model_desc *desc = model->desc;
  if (num_inputs != desc->num_inputs || num_outputs != desc->num_outputs)
    return bw_fail(BW_ERR_ARGUMENT, "model '%s' has %d inputs and %d outputs, but got %d and %d",
                   desc->name, (int)desc->num_inputs, (int)desc->num_outputs, (int)num_inputs,
                   (int)num_outputs);
  if ((num_inputs > 0 && inputs == NULL) || (num_outputs > 0 && outputs == NULL))
    return bw_fail(BW_ERR_ARGUMENT, "no inputs or no outputs");
  return BW_OK;
}

/** Room for the sizes of a plan. */
static bw_status grow_frame(bw_context *context, int64_t bytes) {
  if (bytes <= context->frame_bytes)
    return BW_OK;
  void *frame = (uint64_t)bytes <= SIZE_MAX ? malloc((size_t)bytes) : NULL;
  if (frame == NULL)
    return bw_fail(BW_ERR_MEMORY, "no memory for a plan");
  free(context->frame);
  context->frame = frame;
  context->frame_bytes = bytes;
  context->is_planned = false;
  return BW_OK;
}

/** Room for the frame, the dimensions and the pointers of a model's values. */
static bw_status prepare(const bw_model *model, bw_context *context) {
  bw_status status = grow_frame(context, model->desc->frame_bytes);
  if (status != BW_OK)
    return status;
  int64_t values = (int64_t)model->desc->num_inputs + model->desc->num_outputs;
  if (values > context->capacity) {
    size_t dim_bytes = (size_t)values * BW_MAX_RANK * sizeof(int64_t);
    int64_t *dims = malloc(dim_bytes), *checked = malloc(dim_bytes);
    void **buffers = malloc((size_t)values * sizeof(void *));
    if (dims == NULL || checked == NULL || buffers == NULL) {
      free(dims);
      free(checked);
      free(buffers);
      return bw_fail(BW_ERR_MEMORY, "no memory for a plan");
    }
    free(context->dims);
    free(context->checked);
    free(context->buffers);
    context->dims = dims;
    context->checked = checked;
    context->buffers = buffers;
    context->capacity = values;
    context->is_planned = false;
  }
  if (context->planned_serial != model->serial)
    context->is_planned = false;
  context->planned_serial = model->serial;
  return BW_OK;
}

static bw_status grow_arena(bw_context *context, uint64_t bytes) {
  if (bytes <= context->arena_bytes)
    return BW_OK;
  if (!context->owns_arena)
    return bw_fail(BW_ERR_MEMORY, "the arena needs %llu bytes, but has %llu",
                   (unsigned long long)bytes, (unsigned long long)context->arena_bytes);
  void *arena = NULL;
  if (bytes <= INT64_MAX - 64 && bytes <= SIZE_MAX - 64)
    arena = aligned_alloc(64, ((size_t)bytes + 63) / 64 * 64);
  if (arena == NULL)
    return bw_fail(BW_ERR_MEMORY, "no memory for an arena of %llu bytes",
                   (unsigned long long)bytes);
  free(context->arena);
  context->arena = arena;
  context->arena_bytes = bytes;
  return BW_OK;
}

static bw_status fill_outputs(const bw_model_desc *desc, bw_context *context, bw_tensor *outputs) {
  const int64_t *dims = output_dims(context, desc);
  for (int32_t o = 0; o < desc->num_outputs; ++o, dims += BW_MAX_RANK) {
    const bw_value_desc *value = &desc->outputs[o];
    outputs[o].dtype = value->dtype;
    outputs[o].rank = value->rank;
    memset(outputs[o].dims, 0, sizeof(outputs[o].dims));
    memcpy(outputs[o].dims, dims, (size_t)value->rank * sizeof(int64_t));
    if (!get_bytes(value->dtype, dims, value->rank, &outputs[o].bytes))
      return bw_fail(BW_ERR_MEMORY, "the size of output '%s' overflows", value->name);
  }
  return BW_OK;
}

static bw_status plan(const bw_model *model, bw_context *context, const bw_tensor *inputs,
                      bw_tensor *outputs) {
  context->failed_node = -1;
  bw_status status = prepare(model, context);
  if (status == BW_OK)
    status = make_plan(model, context, inputs);
  if (status == BW_OK)
    status = grow_arena(context, context->planned_bytes);
  return status != BW_OK ? status : fill_outputs(model->desc, context, outputs);
}

static bw_status enter(bw_context *context) {
  if (atomic_exchange_explicit(&context->busy, true, memory_order_acquire))
    return bw_fail(BW_ERR_ARGUMENT, "the context is in use by another call");
  return BW_OK;
}

static void leave(bw_context *context) {
  atomic_store_explicit(&context->busy, false, memory_order_release);
}

bw_status bw_plan(const bw_model *model, bw_context *context, const bw_tensor *inputs,
                  int32_t num_inputs, bw_tensor *outputs, int32_t num_outputs) {
  bw_status status = check_call(model, context, inputs, num_inputs, outputs, num_outputs);
  if (status == BW_OK)
    status = enter(context);
  if (status != BW_OK)
    return status;
  status = plan(model, context, inputs, outputs);
  leave(context);
  return status;
}

/*--- Running -------------------------------------------------------------------*/

static bw_status check_outputs(const bw_model_desc *desc, bw_context *context,
                               const bw_tensor *outputs) {
  const int64_t *dims = output_dims(context, desc);
  for (int32_t o = 0; o < desc->num_outputs; ++o, dims += BW_MAX_RANK) {
    const bw_value_desc *value = &desc->outputs[o];
    if (outputs[o].dtype != value->dtype || outputs[o].rank != value->rank ||
        memcmp(outputs[o].dims, dims, (size_t)value->rank * sizeof(int64_t)) != 0)
      return bw_fail(BW_ERR_ARGUMENT, "output '%s' has another type than bw_plan gave",
                     value->name);
    bw_status status = check_data("output", value->name, &outputs[o]);
    if (status != BW_OK)
      return status;
  }
  return BW_OK;
}

static bw_status check_invoke(const bw_model *model, bw_context *context, const bw_tensor *inputs,
                              const bw_tensor *outputs) {
  const bw_model_desc *desc = model->desc;
  if (model->weights == NULL && desc->weights_bytes != 0)
    return bw_fail(BW_ERR_ARGUMENT, "model '%s' has no weights: call bw_model_set_weights",
                   desc->name);
  if (context->planned_serial != model->serial)
    return bw_fail(BW_ERR_ARGUMENT, "bw_plan was not called for model '%s'", desc->name);
  bw_status status = make_plan(model, context, inputs);
  if (status != BW_OK)
    return status;
  if (context->planned_bytes > context->arena_bytes)
    return bw_fail(BW_ERR_MEMORY, "the arena needs %llu bytes, but has %llu: call bw_plan",
                   (unsigned long long)context->planned_bytes,
                   (unsigned long long)context->arena_bytes);
  for (int32_t i = 0; i < desc->num_inputs && status == BW_OK; ++i)
    status = check_data("input", desc->inputs[i].name, &inputs[i]);
  if (status == BW_OK)
    status = check_outputs(desc, context, outputs);
  return status != BW_OK ? status : check_overlap(desc, inputs, outputs);
}

static bw_status invoke(const bw_model *model, bw_context *context, const bw_tensor *inputs,
                        const bw_tensor *outputs) {
  const bw_model_desc *desc = model->desc;
  context->failed_node = -1;
  bw_status status = check_invoke(model, context, inputs, outputs);
  if (status != BW_OK)
    return status;
  void **results = context->buffers + desc->num_inputs;
  for (int32_t i = 0; i < desc->num_inputs; ++i)
    context->buffers[i] = inputs[i].data;
  for (int32_t o = 0; o < desc->num_outputs; ++o)
    results[o] = outputs[o].data;
  context->exec.failed_node = -1;
  context->exec.scratch = (char *)context->arena + round_up(context->planned.arena_bytes);
  uint32_t state = bw_fp_enter();
  status = desc->invoke(&context->exec, context->frame, (const void *const *)context->buffers,
                        results, context->arena, model->weights);
  bw_fp_leave(state);
  if (status == BW_OK)
    return BW_OK;
  context->failed_node = context->exec.failed_node;
  return bw_fail(status, "%s at node '%s'", bw_status_string(status),
                 bw_model_node_name(model, context->failed_node));
}

bw_status bw_invoke(const bw_model *model, bw_context *context, const bw_tensor *inputs,
                    int32_t num_inputs, const bw_tensor *outputs, int32_t num_outputs) {
  bw_status status = check_call(model, context, inputs, num_inputs, outputs, num_outputs);
  if (status == BW_OK)
    status = enter(context);
  if (status != BW_OK)
    return status;
  status = invoke(model, context, inputs, outputs);
  leave(context);
  return status;
}

/*--- The context itself --------------------------------------------------------*/

static void run_parallel(bw_exec *exec, bw_body_fn body, void *args, int64_t n, int64_t grain) {
  const bw_context *context = (bw_context *)exec;
  bw_scratch scratch = {exec->scratch, context->scratch_stride};
  bw_pool_run(context->pool, body, args, scratch, n, grain);
}

static void run_observer(bw_exec *exec, int64_t id, const void *data, const int64_t *dims,
                         int64_t rank) {
  bw_context *context = (bw_context *)exec;
  context->observe(context->observe_user, id, data, dims, rank);
}

bw_status bw_context_create(const bw_context_options *options, bw_context **context) {
  bw_context_options chosen = options != NULL ? *options : (bw_context_options){0};
  if (context == NULL)
    return bw_fail(BW_ERR_ARGUMENT, "no place for the context");
  *context = NULL;
  if (chosen.threads < 0 || (uintptr_t)chosen.arena % 64 != 0)
    return bw_fail(BW_ERR_ARGUMENT, "negative number of threads or misaligned arena");
  bw_context *created = calloc(1, sizeof(*created));
  if (created == NULL)
    return bw_fail(BW_ERR_MEMORY, "no memory for a context");
  created->exec.parallel_for = run_parallel;
  created->exec.observe = chosen.observe != NULL ? run_observer : NULL;
  created->exec.failed_node = -1;
  created->exec.workers = chosen.threads > 1 ? chosen.threads : 1;
  created->observe = chosen.observe;
  created->observe_user = chosen.observe_user;
  created->arena = chosen.arena;
  created->arena_bytes = chosen.arena != NULL ? chosen.arena_bytes : 0;
  created->owns_arena = chosen.arena == NULL;
  created->failed_node = -1;
  if (chosen.threads > 1) {
    created->pool = bw_pool_create(chosen.threads, chosen.spin);
    if (created->pool == NULL) {
      free(created);
      return bw_fail(BW_ERR_MEMORY, "cannot start %d threads", (int)chosen.threads - 1);
    }
  }
  *context = created;
  return BW_OK;
}

void bw_context_release(bw_context *context) {
  if (context == NULL)
    return;
  bw_pool_release(context->pool);
  if (context->owns_arena)
    free(context->arena);
  free(context->frame);
  free(context->dims);
  free(context->checked);
  free(context->buffers);
  free(context);
}

bw_status bw_context_reserve(bw_context *context, uint64_t bytes) {
  if (context == NULL)
    return bw_fail(BW_ERR_ARGUMENT, "no context");
  bw_status status = enter(context);
  if (status != BW_OK)
    return status;
  status = grow_arena(context, bytes);
  leave(context);
  return status;
}

uint64_t bw_context_arena_bytes(const bw_context *context) {
  return context != NULL ? context->arena_bytes : 0;
}

int64_t bw_context_failed_node(const bw_context *context) {
  return context != NULL ? context->failed_node : -1;
}
