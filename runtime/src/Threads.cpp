//===- Threads.cpp - a fixed pool with a fixed partition ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Threads.h"

#include "Subnormals.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace dyn::rt;

static void relax() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}
constexpr int spins = 4000;

/// The failure that a task of this thread would record.
static thread_local Failure *current = nullptr;

Pool::Pool(unsigned threads) : count(threads ? threads : 1), failures(count) {
  for (unsigned i = 1; i < count; ++i)
    workers.emplace_back([this, i] { work(i); });
}

Pool::Pool(Host host, void *user) : host(host), user(user), failures(1) {}

Pool::~Pool() {
  stop = true;
  round.fetch_add(1, std::memory_order_release);
  round.notify_all();
  for (std::thread &t : workers)
    t.join();
}

Failure *Pool::here() { return current; }

void Pool::share(unsigned self) {
  Failure &mine = failures[self], *outer = current;
  current = &mine;
  mine.error.status = 0;
  if (setjmp(mine.escape) == 0) {
    int64_t from = tasks * self / count, to = tasks * (self + 1) / count;
    for (int64_t i = from; i < to; ++i)
      task(environment, i);
  }
  current = outer;
}

void Pool::work(unsigned self) {
  FlushSubnormals flush;
  uint32_t seen = 0;
  while (true) {
    int spin = 0;
    while (round.load(std::memory_order_acquire) == seen)
      if (++spin < spins)
        relax();
      else
        round.wait(seen, std::memory_order_acquire);
    ++seen;
    if (stop)
      return;
    share(self);
    if (busy.fetch_sub(1, std::memory_order_acq_rel) == 1)
      busy.notify_one();
  }
}

Failure *Pool::run(int64_t n, Task fn, void *env) {
  if (host && n > 1)
    return runOnHost(n, fn, env);
  if (count == 1 || n == 1) {
    for (int64_t i = 0; i < n; ++i)
      fn(env, i);
    return nullptr;
  }
  task = fn;
  environment = env;
  tasks = n;
  busy.store(count - 1, std::memory_order_relaxed);
  round.fetch_add(1, std::memory_order_release);
  round.notify_all();
  share(0);
  int spin = 0;
  while (uint32_t left = busy.load(std::memory_order_acquire))
    if (++spin < spins)
      relax();
    else
      busy.wait(left, std::memory_order_acquire);
  for (Failure &f : failures)
    if (f.error.status)
      return &f;
  return nullptr;
}

/// One task on a thread of the host, which has its own mode of arithmetic.
void Pool::hosted(void *environment, int64_t i) {
  auto &pool = *static_cast<Pool *>(environment);
  FlushSubnormals flush;
  Failure mine, *outer = current;
  current = &mine;
  if (setjmp(mine.escape) == 0)
    pool.task(pool.environment, i);
  current = outer;
  if (!mine.error.status)
    return;
  std::lock_guard lock(pool.mutex);
  Failure &first = pool.failures[0];
  if (first.error.status && first.task < i)
    return;
  first.error = std::move(mine.error);
  first.task = i;
}

Failure *Pool::runOnHost(int64_t n, Task fn, void *env) {
  task = fn;
  environment = env;
  failures[0].error.status = 0;
  host(user, n, &hosted, this);
  return failures[0].error.status ? &failures[0] : nullptr;
}
