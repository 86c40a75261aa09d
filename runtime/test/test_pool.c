/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * Every iteration runs once, whatever the sizes; workers that sleep wake up; no
 * two bodies share scratch; workers have the stack that they are promised.
 */

#include "../src/internal.h"
#include "check.h"
#include <stdatomic.h>
#include <unistd.h>

enum { most = 1000, most_threads = 8 };
static int hits[most];
typedef struct {
  _Alignas(64) _Atomic int users;
} slot;
static slot slots[most_threads];

/** Deep in the stack of a worker, as far as generated code and its callers may go. */
static int use_stack(void) {
  volatile char frame[96 << 10];
  for (unsigned i = 0; i < sizeof(frame); i += 512)
    frame[i] = 1;
  return frame[0];
}

static void hit(void *args, void *scratch, int64_t begin, int64_t end) {
  int *array = args;
  slot *mine = scratch;
  CHECK(mine >= slots && mine < slots + most_threads);
  CHECK(atomic_fetch_add(&mine->users, 1) == 0);
  CHECK(use_stack() == 1);
  for (int64_t i = begin; i < end; ++i)
    ++array[i];
  atomic_fetch_sub(&mine->users, 1);
}

static void run_all(bw_pool *pool, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    int64_t n = (round * 37) % most, grain = 1 + round % 11;
    for (int i = 0; i < most; ++i)
      hits[i] = 0;
    bw_pool_run(pool, hit, hits, (bw_scratch){(char *)slots, sizeof(slot)}, n, grain);
    for (int i = 0; i < most; ++i)
      CHECK(hits[i] == (i < n));
  }
}

int main(void) {
  for (int32_t threads = 1; threads <= most_threads; threads *= 2)
    for (int32_t spin = 1; spin <= 1000; spin += 999) {
      bw_pool *pool = bw_pool_create(threads, spin);
      CHECK(pool != NULL);
      run_all(pool, 3000);
      usleep(2000);
      run_all(pool, 10);
      bw_pool_release(pool);
    }
  run_all(NULL, 10);
  CHECK(bw_pool_create(1 << 20, 0) == NULL);
  return 0;
}
