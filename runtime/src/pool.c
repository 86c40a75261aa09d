/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * A thread pool for loops whose iterations have no order.
 *
 * A loop is cut into chunks; caller and workers take them one by one from a
 * ticket (generation, chunks, next chunk) in one atomic word. A worker reads
 * the loop's fields, then takes a chunk by compare-and-swap: that succeeds only
 * while a chunk of that generation is left, hence while the fields still belong
 * to it. Nobody waits for a worker that took no chunk, so a worker that the
 * system does not schedule, or that a fork lost, costs nothing.
 */

#define _POSIX_C_SOURCE 200809L
#include "internal.h"
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
  default_spin = 2000,
  chunks_per_thread = 4,
  max_threads = 1024,
  stack_bytes = 128 << 10 /* no generated function has a frame of more than 16 KiB */
};

typedef struct {
  bw_pool *pool;
  pthread_t thread;
  int64_t number; /* the calling thread is 0 */
} worker;

struct bw_pool {
  _Alignas(64) _Atomic uint64_t ticket; /* generation << 32 | chunks << 16 | next */
  _Alignas(64) _Atomic int64_t done;    /* chunks finished */
  _Atomic(bw_body_fn) body;
  _Atomic(void *) args;
  _Atomic(char *) scratch;
  _Atomic int64_t scratch_bytes;
  _Atomic int64_t n;
  _Alignas(64) _Atomic int32_t sleepers;
  atomic_bool stop;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  int32_t spin;
  int32_t num_workers;
  worker workers[];
};

static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static inline bool has_chunk(uint64_t ticket) {
  return (ticket & 0xffff) < (ticket >> 16 & 0xffff);
}

/** Takes one chunk and runs it as worker `number`; false where none is left. */
static bool run_chunk(bw_pool *pool, int64_t number) {
  uint64_t ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
  for (;;) {
    if (!has_chunk(ticket))
      return false;
    bw_body_fn body = atomic_load_explicit(&pool->body, memory_order_relaxed);
    void *args = atomic_load_explicit(&pool->args, memory_order_relaxed);
    char *scratch = atomic_load_explicit(&pool->scratch, memory_order_relaxed);
    int64_t scratch_bytes = atomic_load_explicit(&pool->scratch_bytes, memory_order_relaxed);
    int64_t n = atomic_load_explicit(&pool->n, memory_order_relaxed);
    if (!atomic_compare_exchange_weak_explicit(&pool->ticket, &ticket, ticket + 1,
                                               memory_order_acq_rel, memory_order_acquire))
      continue;
    int64_t chunk = (int64_t)(ticket & 0xffff), chunks = (int64_t)(ticket >> 16 & 0xffff);
    int64_t size = n / chunks, rest = n % chunks;
    int64_t begin = chunk * size + (chunk < rest ? chunk : rest);
    body(args, scratch + number * scratch_bytes, begin, begin + size + (chunk < rest));
    atomic_fetch_add_explicit(&pool->done, 1, memory_order_release);
    return true;
  }
}

/** Polls for a while, then sleeps until there is work or the end. */
static void wait_for_work(bw_pool *pool) {
  for (int32_t i = 0; i < pool->spin; ++i) {
    if (has_chunk(atomic_load_explicit(&pool->ticket, memory_order_relaxed)))
      return;
    relax();
  }
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleepers, 1);
  while (!has_chunk(atomic_load(&pool->ticket)) && !atomic_load(&pool->stop))
    pthread_cond_wait(&pool->wake, &pool->mutex);
  atomic_fetch_sub(&pool->sleepers, 1);
  pthread_mutex_unlock(&pool->mutex);
}

static void *work(void *argument) {
  const worker *self = argument;
  bw_pool *pool = self->pool;
  bw_fp_enter();
  while (!atomic_load_explicit(&pool->stop, memory_order_relaxed))
    if (!run_chunk(pool, self->number))
      wait_for_work(pool);
  return NULL;
}

void bw_pool_run(bw_pool *pool, bw_body_fn body, void *args, bw_scratch scratch, int64_t n,
                 int64_t grain) {
  if (n <= 0)
    return;
  if (grain < 1)
    grain = 1;
  if (pool == NULL || n <= grain) {
    body(args, scratch.base, 0, n);
    return;
  }
  int64_t most = (int64_t)(pool->num_workers + 1) * chunks_per_thread;
  int64_t chunks = n / grain < most ? n / grain : most;
  uint64_t generation = (atomic_load_explicit(&pool->ticket, memory_order_relaxed) >> 32) + 1;
  atomic_store_explicit(&pool->body, body, memory_order_relaxed);
  atomic_store_explicit(&pool->args, args, memory_order_relaxed);
  atomic_store_explicit(&pool->scratch, scratch.base, memory_order_relaxed);
  atomic_store_explicit(&pool->scratch_bytes, scratch.bytes, memory_order_relaxed);
  atomic_store_explicit(&pool->n, n, memory_order_relaxed);
  atomic_store_explicit(&pool->done, 0, memory_order_relaxed);
  atomic_store(&pool->ticket, generation << 32 | (uint64_t)chunks << 16);
  if (atomic_load(&pool->sleepers) > 0) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
  }
  while (run_chunk(pool, 0)) {
  }
  for (int32_t i = 0; atomic_load_explicit(&pool->done, memory_order_acquire) != chunks; ++i) {
    relax();
    if (i >= default_spin)
      sched_yield();
  }
}

/** Starts one worker on a stack as small as generated code and this system allow. */
static bool start_worker(worker *self) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0)
    return false;
  size_t bytes = stack_bytes > PTHREAD_STACK_MIN ? (size_t)stack_bytes : (size_t)PTHREAD_STACK_MIN;
  pthread_attr_setstacksize(&attributes, bytes);
  int error = pthread_create(&self->thread, &attributes, work, self);
  pthread_attr_destroy(&attributes);
  /* A program with many thread-local variables needs a larger one. */
  return error == 0 || pthread_create(&self->thread, NULL, work, self) == 0;
}

bw_pool *bw_pool_create(int32_t threads, int32_t spin) {
  if (threads > max_threads)
    return NULL;
  size_t bytes = sizeof(bw_pool) + (size_t)(threads - 1) * sizeof(worker);
  bw_pool *pool = aligned_alloc(_Alignof(bw_pool), (bytes + 63) / 64 * 64);
  if (pool == NULL)
    return NULL;
  *pool = (bw_pool){.spin = spin > 0 ? spin : default_spin};
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->wake, NULL);
  for (; pool->num_workers < threads - 1; ++pool->num_workers) {
    worker *next = &pool->workers[pool->num_workers];
    next->pool = pool;
    next->number = pool->num_workers + 1;
    if (!start_worker(next)) {
      bw_pool_release(pool);
      return NULL;
    }
  }
  return pool;
}

void bw_pool_release(bw_pool *pool) {
  if (pool == NULL)
    return;
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->stop, true);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
  for (int32_t i = 0; i < pool->num_workers; ++i)
    pthread_join(pool->workers[i].thread, NULL);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->mutex);
  free(pool);
}
