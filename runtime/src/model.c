/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * Opening a model: nothing of it runs before its descriptor is checked.
 */

#include "internal.h"
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bw_status check_values(const bw_value_desc *values, int32_t count, const char *what) {
  if (count < 0 || (count > 0 && values == NULL))
    return bw_fail(BW_ERR_ABI, "descriptor without %ss", what);
  for (int32_t i = 0; i < count; ++i) {
    const bw_value_desc *value = &values[i];
    if (value->name == NULL || value->rank < 0 || value->rank > BW_MAX_RANK ||
        bw_dtype_size(value->dtype) == 0)
      return bw_fail(BW_ERR_ABI, "malformed description of %s %d", what, (int)i);
    for (int32_t axis = 0; axis < value->rank; ++axis)
      if (value->dims[axis] < -1 || value->dim_names[axis] == NULL)
        return bw_fail(BW_ERR_ABI, "malformed dimension %d of %s '%s'", (int)axis, what,
                       value->name);
  }
  return BW_OK;
}

static bw_status check_layout(const bw_model_desc *desc) {
  if (desc == NULL)
    return bw_fail(BW_ERR_ARGUMENT, "no descriptor");
  if (desc->magic != BW_ABI_MAGIC)
    return bw_fail(BW_ERR_ABI, "not a compiled model: wrong magic number");
  if (desc->abi_version != BW_ABI_VERSION)
    return bw_fail(
        BW_ERR_ABI,
        "compiled for ABI version %u, but this runtime has version %u: compile the model "
        "again",
        (unsigned)desc->abi_version, BW_ABI_VERSION);
  if (desc->desc_bytes < sizeof(bw_model_desc) || desc->name == NULL || desc->plan == NULL ||
      desc->invoke == NULL || desc->target == NULL || desc->scheme == NULL ||
      desc->frame_bytes < 0 || desc->num_nodes < 0 || desc->num_observers < 0 ||
      (desc->num_nodes > 0 && desc->node_names == NULL) ||
      (desc->num_observers > 0 && desc->observer_names == NULL))
    return bw_fail(BW_ERR_ABI, "incomplete descriptor");
  if (desc->num_states != 0)
    return bw_fail(BW_ERR_ABI, "model '%s' declares state, which this runtime does not keep",
                   desc->name);
  bw_status status = check_values(desc->inputs, desc->num_inputs, "input");
  return status != BW_OK ? status : check_values(desc->outputs, desc->num_outputs, "output");
}

/** The names of `bits`: "avx2, fma"; what has no name comes last, once. */
static void list_features(uint32_t arch, uint64_t bits, char *text, size_t bytes) {
  bool is_unknown = false;
  text[0] = 0;
  for (uint64_t bit; bits != 0 || is_unknown; bits &= ~bit) {
    bit = bits & (~bits + 1);
    const char *name = bits != 0 ? bw_feature_name(arch, bit) : "an unknown feature";
    size_t used = strlen(text);
    if (name != NULL)
      snprintf(text + used, bytes - used, "%s%s", used != 0 ? ", " : "", name);
    is_unknown = bits != 0 && (is_unknown || name == NULL);
  }
}

static bw_status check_cpu(const bw_model_desc *desc) {
  if (desc->arch != bw_cpu_arch()) {
    const char *wanted = bw_arch_name(desc->arch), *here = bw_arch_name(bw_cpu_arch());
    return bw_fail(BW_ERR_CPU, "model '%s' is compiled for %s, but this CPU is %s", desc->name,
                   wanted != NULL ? wanted : "an unknown processor",
                   here != NULL ? here : "of an unknown kind");
  }
  uint64_t missing = desc->features & ~bw_cpu_features();
  char names[128];
  if (missing != 0) {
    list_features(desc->arch, missing, names, sizeof(names));
    return bw_fail(BW_ERR_CPU,
                   "model '%s' needs %s, which this CPU lacks; compile it on this machine, or with "
                   "'quant-compile --mcpu=x86-64-v2' for any",
                   desc->name, names);
  }
  const char *refused = bw_cpu_enable(desc->features);
  if (refused != NULL)
    return bw_fail(BW_ERR_CPU, "model '%s' needs %s, which the system refuses", desc->name,
                   refused);
  return BW_OK;
}

bw_status bw_weights_check(const bw_model_desc *desc, const void *weights, uint64_t bytes) {
  if (bytes != desc->weights_bytes)
    return bw_fail(BW_ERR_ABI, "model '%s' has %llu bytes of weights, but got %llu", desc->name,
                   (unsigned long long)desc->weights_bytes, (unsigned long long)bytes);
  if ((uintptr_t)weights % 64 != 0)
    return bw_fail(BW_ERR_ABI, "the weights of model '%s' are not 64-byte aligned", desc->name);
  if (bw_hash_weights(weights, bytes) != desc->weights_hash)
    return bw_fail(BW_ERR_ABI, "the weights do not belong to model '%s' or are damaged",
                   desc->name);
  return BW_OK;
}

bw_status bw_model_open(const bw_model_desc *desc, void *library, bw_model **model) {
  static _Atomic uint64_t serial;
  bw_status status = check_layout(desc);
  if (status == BW_OK)
    status = check_cpu(desc);
  if (status == BW_OK && desc->weights != NULL)
    status = bw_weights_check(desc, desc->weights, desc->weights_bytes);
  if (status != BW_OK)
    return status;
  bw_model *created = malloc(sizeof(*created));
  if (created == NULL)
    return bw_fail(BW_ERR_MEMORY, "no memory for a model");
  *created = (bw_model){.desc = desc,
                        .weights = desc->weights,
                        .serial = atomic_fetch_add(&serial, 1) + 1,
                        .library = library};
  *model = created;
  return BW_OK;
}

bw_status bw_model_from_desc(const bw_model_desc *desc, bw_model **model) {
  if (model == NULL)
    return bw_fail(BW_ERR_ARGUMENT, "no place for the model");
  *model = NULL;
  return bw_model_open(desc, NULL, model);
}

const bw_model_desc *bw_model_get_desc(const bw_model *model) {
  return model != NULL ? model->desc : NULL;
}

const char *bw_model_node_name(const bw_model *model, int64_t node) {
  if (model == NULL || node < 0 || node >= model->desc->num_nodes)
    return "";
  const char *name = model->desc->node_names[node];
  return name != NULL ? name : "";
}
