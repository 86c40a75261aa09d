/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * Every iteration runs once, whatever the sizes; workers that sleep wake up;
 * loops inside loops run.
 */

#include "../src/internal.h"
#include "check.h"
#include <stdatomic.h>
#include <unistd.h>

enum { most = 1000 };
static int hits[most];

static void hit(void *args, int64_t begin, int64_t end) {
  int *array = args;
  for (int64_t i = begin; i < end; ++i)
    ++array[i];
}

typedef struct {
  bw_pool *pool;
  _Atomic int64_t total;
} nested_args;

static void count(void *opaque, int64_t begin, int64_t end) {
  atomic_fetch_add(&((nested_args *)opaque)->total, end - begin);
}

static void nest(void *opaque, int64_t begin, int64_t end) {
  nested_args *args = opaque;
  for (int64_t i = begin; i < end; ++i)
    bw_pool_run(args->pool, count, args, 10, 1);
}

static void run_all(bw_pool *pool, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    int64_t n = (round * 37) % most, grain = 1 + round % 11;
    for (int i = 0; i < most; ++i)
      hits[i] = 0;
    bw_pool_run(pool, hit, hits, n, grain);
    for (int i = 0; i < most; ++i)
      CHECK(hits[i] == (i < n));
  }
}

int main(void) {
  for (int32_t threads = 1; threads <= 8; threads *= 2)
    for (int32_t spin = 1; spin <= 1000; spin += 999) {
      bw_pool *pool = bw_pool_create(threads, spin);
      CHECK(pool != NULL);
      run_all(pool, 3000);
      usleep(2000);
      run_all(pool, 10);
      nested_args args = {.pool = pool};
      bw_pool_run(pool, nest, &args, 100, 1);
      CHECK(atomic_load(&args.total) == 1000);
      bw_pool_release(pool);
    }
  run_all(NULL, 10);
  CHECK(bw_pool_create(1 << 20, 0) == NULL);
  return 0;
}
