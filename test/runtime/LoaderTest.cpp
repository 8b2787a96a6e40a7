// Threads, random orders, batches.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Loader.h"
#include "Philox.h"
#include "Threads.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

using namespace dyn::rt;

namespace {

TEST(Philox, KnownAnswers) {
  // The vectors published with the generator.
  std::array<uint32_t, 4> zero = philox({0, 0, 0, 0}, 0, 0);
  EXPECT_EQ(zero, (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  uint32_t f = 0xffffffff;
  std::array<uint32_t, 4> ones = philox({f, f, f, f}, f, f);
  EXPECT_EQ(ones, (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

TEST(Pool, EveryTaskOnce) {
  for (unsigned threads : {1u, 2u, 3u})
    for (int64_t tasks : {0, 1, 2, 7, 100}) {
      Pool pool(threads);
      std::vector<int> hits(size_t(tasks) + 1);
      for (int round = 0; round < 50; ++round)
        pool.run(tasks, [](void *e, int64_t i) { ++static_cast<int *>(e)[i]; }, hits.data());
      for (int64_t i = 0; i < tasks; ++i)
        EXPECT_EQ(hits[size_t(i)], 50);
    }
}

struct Numbers {
  Column column;
  Dataset data;
  explicit Numbers(int64_t n) {
    column.type = 3;
    column.count = data.count = n;
    column.data.resize(size_t(n) * 8);
    for (int64_t i = 0; i < n; ++i)
      std::memcpy(column.data.data() + 8 * i, &i, 8);
    data.columns = {&column};
  }
};

std::vector<int64_t> all(Loader &l, int64_t batches, int64_t batch) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < batches; ++i) {
    int64_t n = l.next(i);
    auto *rows = static_cast<int64_t *>(l.column(0));
    EXPECT_LE(n, batch);
    out.insert(out.end(), rows, rows + n);
    std::fill(rows, rows + n, -1); // the program may write to its batch
  }
  return out;
}

TEST(Loader, DropsNothing) {
  Numbers d(103);
  Loader inOrder(d.data, 10, false, 0);
  std::vector<int64_t> a = all(inOrder, 11, 10);
  ASSERT_EQ(a.size(), 103u);
  EXPECT_TRUE(std::is_sorted(a.begin(), a.end()));
  Loader shuffled(d.data, 10, true, 42);
  std::vector<int64_t> b = all(shuffled, 11, 10);
  EXPECT_FALSE(std::is_sorted(b.begin(), b.end()));
  std::sort(b.begin(), b.end());
  EXPECT_EQ(a, b);
}

TEST(Loader, AnyBatchAtAnyTime) {
  Numbers d(103);
  Loader one(d.data, 10, true, 7), two(d.data, 10, true, 7);
  std::vector<int64_t> whole = all(one, 11, 10);
  for (int64_t i : {5, 2, 10, 3, 4, 4}) {
    int64_t n = two.next(i);
    auto *rows = static_cast<int64_t *>(two.column(0));
    EXPECT_EQ(n, i == 10 ? 3 : 10);
    EXPECT_TRUE(std::equal(rows, rows + n, whole.begin() + 10 * i));
    rows[0] = -1;
  }
}

TEST(Loader, StartsAgainInAnotherOrder) {
  Numbers d(103);
  Loader one(d.data, 10, true, 7), two(d.data, 10, true, 8);
  all(one, 4, 10);
  one.restart(true, 8);
  EXPECT_EQ(all(one, 11, 10), all(two, 11, 10));
}

template <typename Real> void expectPixels(int64_t type) {
  Column column;
  column.type = type;
  column.count = 2;
  column.shape = {128};
  column.bytesToReal = true;
  for (int i = 0; i < 256; ++i)
    column.data += char(i);
  Dataset data;
  data.columns = {&column};
  data.count = 2;
  Loader l(data, 2, false, 0);
  ASSERT_EQ(l.next(0), 2);
  for (int i = 0; i < 256; ++i)
    EXPECT_EQ(static_cast<Real *>(l.column(0))[i], Real(i) / Real(255)) << i;
}

TEST(Loader, PixelsAreQuotientsToTheBit) {
  expectPixels<float>(0);
  expectPixels<double>(1);
}

} // namespace
