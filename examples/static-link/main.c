/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * A program with a model linked into it. Build it with the archive and header
 * that quant-compile writes:
 *
 *   quant-compile model.onnx --name=net -o net.a
 *   cc main.c net.a -I. -I<prefix>/include <prefix>/lib/libbitwright_rt.a -lpthread -ldl
 *
 * It runs the model once on ones (dynamic dimensions are 1) and prints the sum
 * of each output.
 */

#include "net.h"
#include <stdio.h>
#include <stdlib.h>

static int fail(void) {
  fprintf(stderr, "error: %s\n", bw_last_error());
  return 1;
}

/** An input of the model's type, filled with ones; its data is null where memory is short. */
static bw_tensor make_input(const bw_value_desc *value) {
  bw_tensor tensor = {.dtype = value->dtype, .rank = value->rank};
  tensor.bytes = bw_dtype_size(value->dtype);
  for (int axis = 0; axis < value->rank; ++axis) {
    tensor.dims[axis] = value->dims[axis] < 0 ? 1 : value->dims[axis];
    tensor.bytes *= (uint64_t)tensor.dims[axis];
  }
  tensor.data = calloc(1, tensor.bytes);
  if (tensor.data != NULL && value->dtype == BW_F32)
    for (uint64_t i = 0; i < tensor.bytes / 4; ++i)
      ((float *)tensor.data)[i] = 1.0f;
  return tensor;
}

int main(void) {
  bw_model *model;
  bw_context *context;
  bw_tensor inputs[BW_NET_NUM_INPUTS], outputs[BW_NET_NUM_OUTPUTS] = {{0}};
  if (bw_model_from_desc(&bw_net_desc, &model) != BW_OK ||
      bw_context_create(NULL, &context) != BW_OK)
    return fail();
  for (int i = 0; i < BW_NET_NUM_INPUTS; ++i)
    inputs[i] = make_input(&bw_net_desc.inputs[i]);
  if (bw_plan(model, context, inputs, BW_NET_NUM_INPUTS, outputs, BW_NET_NUM_OUTPUTS) != BW_OK)
    return fail();
  for (int i = 0; i < BW_NET_NUM_OUTPUTS; ++i)
    outputs[i].data = malloc(outputs[i].bytes);
  if (bw_invoke(model, context, inputs, BW_NET_NUM_INPUTS, outputs, BW_NET_NUM_OUTPUTS) != BW_OK)
    return fail();
  for (int i = 0; i < BW_NET_NUM_OUTPUTS; ++i) {
    double sum = 0;
    for (uint64_t j = 0; outputs[i].dtype == BW_F32 && j < outputs[i].bytes / 4; ++j)
      sum += ((float *)outputs[i].data)[j];
    printf("%s: %llu bytes, sum %g\n", bw_net_desc.outputs[i].name,
           (unsigned long long)outputs[i].bytes, sum);
    free(outputs[i].data);
  }
  for (int i = 0; i < BW_NET_NUM_INPUTS; ++i)
    free(inputs[i].data);
  bw_context_release(context);
  bw_model_release(model);
  return 0;
}
