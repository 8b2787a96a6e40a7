//===- OrderTest.cpp - the k-th, the k largest, sorting -------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Order.h"
#include "dyn/runtime.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

using namespace dyn::rt;

namespace {
template <typename T> constexpr int64_t code = DYN_I64;
template <> constexpr int64_t code<float> = DYN_F32;
template <> constexpr int64_t code<double> = DYN_F64;

template <typename T>
Vectors all(const std::vector<T> &x, bool largest, const std::vector<uint8_t> &live = {}) {
  return {code<T>, 1, int64_t(x.size()), x.data(), live.empty() ? nullptr : live.data(), largest};
}

/// By comparisons: of equal ones the first, NaN last.
template <typename T> std::vector<int64_t> byComparing(const std::vector<T> &x, bool largest) {
  std::vector<int64_t> order(x.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) {
    T a = x[size_t(i)], b = x[size_t(j)];
    if (a != a || b != b)
      return a == a && b != b;
    return largest ? a > b : a < b;
  });
  return order;
}

template <typename T> std::vector<T> numbers(size_t n, uint64_t key, int values) {
  std::vector<T> x(n);
  for (T &number : x) {
    key = key * 6364136223846793005u + 1442695040888963407u;
    number = T(int64_t(key >> 33) % values - values / 2) / (std::is_integral_v<T> ? T(1) : T(7));
  }
  return x;
}

template <typename T> std::vector<T> special() {
  using L = std::numeric_limits<T>;
  std::vector<T> x = {T(0), T(3), L::max(), L::lowest(), T(-0.0), T(3), T(0), L::min(), T(-1)};
  if constexpr (L::has_infinity)
    x.insert(x.begin() + 2, {L::infinity(), L::quiet_NaN(), -L::infinity(), L::denorm_min(),
                             -L::quiet_NaN()});
  return x;
}

template <typename T> void check(const std::vector<T> &x) {
  for (bool largest : {true, false}) {
    std::vector<int64_t> want = byComparing(x, largest), order(x.size()), scratch(x.size());
    sortPositions(all(x, largest), scratch.data(), order.data());
    EXPECT_EQ(order, want);
    for (size_t k = 0; k <= x.size(); k += 1 + x.size() / 50) {
      std::vector<uint8_t> marks(x.size(), 7), wanted(x.size(), 0);
      for (size_t i = 0; i < k; ++i)
        wanted[size_t(want[i])] = 1;
      markFirst(all(x, largest), int64_t(k), marks.data());
      EXPECT_EQ(marks, wanted) << k;
      int64_t at = -1;
      if (k > 0) {
        findKth(all(x, largest), int64_t(k), &at);
        EXPECT_EQ(at, want[k - 1]) << k;
      }
    }
  }
}
} // namespace

TEST(Order, AgreesWithComparisons) {
  check(special<float>());
  check(special<double>());
  check(special<int64_t>());
  for (int values : {3, 1000, 1 << 30}) {
    check(numbers<float>(3000, 1, values));
    check(numbers<double>(3000, 2, values));
    check(numbers<int64_t>(3000, 3, values));
  }
  check(std::vector<float>{5});
}

TEST(Order, OnlyWhatIsLiveCounts) {
  std::vector<float> x = numbers<float>(1000, 4, 50);
  std::vector<uint8_t> live(x.size());
  for (size_t i = 0; i < live.size(); ++i)
    live[i] = i % 3 == 0;
  std::vector<int64_t> order = byComparing(x, true);
  std::erase_if(order, [&](int64_t i) { return !live[size_t(i)]; });
  for (size_t k : {size_t(0), size_t(1), size_t(100), order.size()}) {
    std::vector<uint8_t> marks(x.size()), wanted(x.size(), 0);
    for (size_t i = 0; i < k; ++i)
      wanted[size_t(order[i])] = 1;
    markFirst(all(x, true, live), int64_t(k), marks.data());
    EXPECT_EQ(marks, wanted) << k;
  }
  int64_t at = 0;
  findKth(all(x, true, live), 100, &at);
  EXPECT_EQ(at, order[99]);
}

TEST(Order, RowsAreVectorsOfTheirOwn) {
  std::vector<double> x = {1, 3, 2, 9, 7, 8};
  Vectors v = all(x, true);
  v.rows = 2;
  v.n = 3;
  std::vector<uint8_t> marks(6);
  markFirst(v, 1, marks.data());
  EXPECT_EQ(marks, (std::vector<uint8_t>{0, 1, 0, 1, 0, 0}));
  std::vector<int64_t> at(2), order(6), scratch(3);
  findKth(v, 3, at.data());
  EXPECT_EQ(at, (std::vector<int64_t>{0, 1}));
  sortPositions(v, scratch.data(), order.data());
  EXPECT_EQ(order, (std::vector<int64_t>{1, 2, 0, 0, 2, 1}));
}
