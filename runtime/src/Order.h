//===- Order.h - the k-th, the k largest and the order of numbers ---------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// By radix: no comparison of two entries, nothing allocated, one result whatever
// the machine. Of equal entries the first comes first; "not a number" comes last.
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_ORDER_H
#define DYN_RUNTIME_ORDER_H

#include <cstdint>

namespace dyn::rt {

/// `rows` vectors of `n` numbers of type f32, f64 or i64, one behind the other.
struct Vectors {
  int64_t type, rows, n;
  const void *data;
  const uint8_t *live; ///< which entries count; null: all
  bool largest;        ///< the largest come first, else the smallest
};

/// Marks the first `k` of each vector; all that count when there are fewer.
void markFirst(const Vectors &v, int64_t k, uint8_t *out);
/// Where the `k`-th of each vector is, counted from 1; 0 when there is none.
void findKth(const Vectors &v, int64_t k, int64_t *out);
/// The positions of each vector in order. `scratch` has room for `n` numbers.
void sortPositions(const Vectors &v, int64_t *scratch, int64_t *out);

} // namespace dyn::rt

#endif // DYN_RUNTIME_ORDER_H
