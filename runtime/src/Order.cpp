//===- Order.cpp - the k-th, the k largest and the order of numbers -------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Order.h"

#include "dyn/runtime.h"

#include <algorithm>
#include <array>
#include <bit>
#include <type_traits>
#include <utility>

using namespace dyn::rt;

namespace {

constexpr int digitBits = 11;
constexpr uint64_t digits = uint64_t(1) << digitBits;
using Counts = std::array<int64_t, digits>;

/// Whole numbers whose order, from high to low, is the one that is asked for.
template <typename T> struct Keys {
  using Key = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
  static constexpr int bits = int(sizeof(Key) * 8);
  const T *data;
  const uint8_t *live;
  int64_t n;
  bool largest;

  Key operator[](int64_t i) const {
    constexpr Key sign = Key(1) << (bits - 1);
    T x = data[i];
    Key key = 0;
    if constexpr (std::is_floating_point_v<T>) {
      if (x != x)
        return 0; // below the keys of both infinities
      Key b = std::bit_cast<Key>(x == 0 ? T(0) : x);
      key = b & sign ? Key(~b) : Key(b | sign);
    } else {
      key = Key(x) ^ sign;
    }
    return largest ? key : Key(~key);
  }
  bool counts(int64_t i) const { return !live || (live[i] & 1); }
};

/// The key of the k-th entry, and how many entries of this key are among the first k.
template <typename T> std::pair<typename Keys<T>::Key, int64_t> kthKey(Keys<T> keys, int64_t k) {
  using Key = typename Keys<T>::Key;
  Key prefix = 0, mask = 0;
  Counts counts;
  for (int shift = Keys<T>::bits; shift > 0;) {
    int width = std::min(digitBits, shift);
    shift -= width;
    counts.fill(0);
    Key digit = (Key(1) << width) - 1;
    for (int64_t i = 0; i < keys.n; ++i)
      if (Key key = keys[i]; (key & mask) == prefix && keys.counts(i))
        ++counts[size_t(key >> shift & digit)];
    Key d = digit;
    for (; d > 0 && counts[size_t(d)] < k; --d)
      k -= counts[size_t(d)];
    prefix |= d << shift;
    mask |= digit << shift;
  }
  return {prefix, k};
}

template <typename T> void mark(Keys<T> keys, int64_t k, uint8_t *out) {
  if (k <= 0) {
    std::fill_n(out, keys.n, uint8_t(0));
    return;
  }
  auto [key, equal] = kthKey(keys, k);
  for (int64_t i = 0; i < keys.n; ++i) {
    auto at = keys[i];
    bool first = keys.counts(i) && (at > key || (at == key && equal > 0));
    equal -= first && at == key;
    out[i] = first;
  }
}

template <typename T> int64_t find(Keys<T> keys, int64_t k) {
  if (k <= 0)
    return 0;
  auto [key, equal] = kthKey(keys, k);
  for (int64_t i = 0; i < keys.n; ++i)
    if (keys.counts(i) && keys[i] == key && --equal == 0)
      return i;
  return 0;
}

/// From the lowest digit to the highest, keeping the order of equal ones.
template <typename T> void sort(Keys<T> keys, int64_t *scratch, int64_t *out) {
  constexpr int passes = (Keys<T>::bits + digitBits - 1) / digitBits;
  int64_t *from = passes % 2 ? scratch : out, *to = passes % 2 ? out : scratch;
  for (int64_t i = 0; i < keys.n; ++i)
    from[i] = i;
  Counts starts;
  for (int pass = 0; pass < passes; ++pass, std::swap(from, to)) {
    auto digit = [&](int64_t i) { return size_t(keys[i] >> (pass * digitBits) & (digits - 1)); };
    starts.fill(0);
    for (int64_t i = 0; i < keys.n; ++i)
      ++starts[digit(i)];
    int64_t at = 0;
    for (size_t d = digits; d-- > 0;)
      at += std::exchange(starts[d], at);
    for (int64_t i = 0; i < keys.n; ++i)
      to[starts[digit(from[i])]++] = from[i];
  }
}

/// `f` of the keys of each vector and its number.
template <typename F> void each(const Vectors &v, F f) {
  auto typed = [&](auto zero) {
    using T = decltype(zero);
    for (int64_t r = 0; r < v.rows; ++r)
      f(Keys<T>{static_cast<const T *>(v.data) + r * v.n, v.live ? v.live + r * v.n : nullptr, v.n,
                v.largest},
        r);
  };
  if (v.type == DYN_F32)
    typed(0.0f);
  else if (v.type == DYN_F64)
    typed(0.0);
  else
    typed(int64_t(0));
}

} // namespace

void dyn::rt::markFirst(const Vectors &v, int64_t k, uint8_t *out) {
  each(v, [&](auto keys, int64_t r) { mark(keys, k, out + r * v.n); });
}

void dyn::rt::findKth(const Vectors &v, int64_t k, int64_t *out) {
  each(v, [&](auto keys, int64_t r) { out[r] = find(keys, k); });
}

void dyn::rt::sortPositions(const Vectors &v, int64_t *scratch, int64_t *out) {
  each(v, [&](auto keys, int64_t r) { sort(keys, scratch, out + r * v.n); });
}
