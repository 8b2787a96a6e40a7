// Nothing is allocated while a program trains.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Loader.h"
#include "Metrics.h"
#include "Threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

static std::atomic<int64_t> allocations{0};
static thread_local int64_t here = 0; // of this thread

// The thread sanitizer brings its own operators; there the counts stay 0.
#if !__has_feature(thread_sanitizer)
void *operator new(size_t n) {
  ++allocations;
  ++here;
  if (void *p = std::malloc(n ? n : 1))
    return p;
  throw std::bad_alloc();
}
void *operator new(size_t n, const std::nothrow_t &) noexcept {
  ++allocations;
  ++here;
  return std::malloc(n ? n : 1);
}
void operator delete(void *p) noexcept { std::free(p); }
void operator delete(void *p, size_t) noexcept { std::free(p); }
#endif

using namespace dyn::rt;

namespace {

TEST(Allocation, NoneInPoolAndLoaderOnAnyThread) {
  Column column;
  column.type = 0;
  column.count = 103;
  column.shape = {5};
  column.bytesToReal = true;
  column.data.assign(515, 'x');
  Dataset data;
  data.columns = {&column};
  data.count = 103;
  Pool pool(3);
  Loader loader(data, 10, true, 1);
  int64_t before = 0;
  for (int64_t i = 0; i < 1011; ++i) {
    if (i == 11)
      before = allocations;
    if (i % 11 == 0)
      loader.restart(true, uint64_t(i));
    loader.next(i % 11);
    pool.run(8, [](void *e, int64_t k) { static_cast<float *>(e)[k] += 1; }, loader.column(0));
  }
  EXPECT_EQ(allocations - before, 0);
}

TEST(Allocation, NoneOnTheTrainingThreadThatLogs) {
  Console console;
  Metrics metrics({"loss", "accuracy"}, "", console, Progress::Kind::none, true);
  metrics.begin();
  int64_t before = here;
  for (int64_t i = 0; i < 1000; ++i) {
    metrics.log(0, double(i));
    metrics.log(1, 0.5);
    metrics.step();
    metrics.progress.tick(true, true, i, 1000);
  }
  EXPECT_EQ(here - before, 0);
  EXPECT_EQ(metrics.last(0), 999);
}

} // namespace
