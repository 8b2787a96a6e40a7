//===- Array.h - the host's own memory ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_HOST_ARRAY_H
#define DYN_HOST_ARRAY_H

#include "dyn/host/Error.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <vector>

namespace dyn::host {

/// Element types, in the order of dyn_rt_type.
enum class Type : uint8_t { F32, F64, I32, I64, U8, Bool };
DYN_HOST_API const char *name(Type type);
DYN_HOST_API size_t widthOf(Type type);

template <typename T> constexpr bool isElement = false;
template <> inline constexpr bool isElement<float> = true;
template <> inline constexpr bool isElement<double> = true;
template <> inline constexpr bool isElement<int32_t> = true;
template <> inline constexpr bool isElement<int64_t> = true;
template <> inline constexpr bool isElement<uint8_t> = true;
template <> inline constexpr bool isElement<bool> = true;

template <typename T> constexpr Type typeOf() {
  static_assert(isElement<T>, "elements are float, double, int32_t, int64_t, uint8_t or bool");
  return std::is_same_v<T, float>     ? Type::F32
         : std::is_same_v<T, double>  ? Type::F64
         : std::is_same_v<T, int32_t> ? Type::I32
         : std::is_same_v<T, int64_t> ? Type::I64
         : std::is_same_v<T, uint8_t> ? Type::U8
                                      : Type::Bool;
}

/// A view of memory that belongs to somebody else. Strides count elements.
struct Array {
  static constexpr int maxRank = 8;

  void *data = nullptr;
  Type type = Type::F32;
  bool writable = false;
  int rank = -1; ///< below 0, or beyond maxRank: no array
  int64_t shape[maxRank] = {};
  int64_t strides[maxRank] = {};

  Array() = default;
  /// Row-major without gaps.
  template <typename T>
  Array(T *data, std::initializer_list<int64_t> extents)
      : data(const_cast<std::remove_const_t<T> *>(data)),
        type(typeOf<std::remove_const_t<T>>()), writable(!std::is_const_v<T>),
        rank(extents.size() <= maxRank ? int(extents.size()) : -1) {
    std::copy_n(extents.begin(), rank < 0 ? 0 : rank, shape);
    pack();
  }
  template <typename T>
  Array(T *data, std::initializer_list<int64_t> extents, std::initializer_list<int64_t> steps)
      : Array(data, extents) {
    if (steps.size() == extents.size())
      std::copy_n(steps.begin(), rank < 0 ? 0 : rank, strides);
    else
      rank = -1;
  }
  template <typename T, size_t N> Array(std::span<T, N> s) : Array(s.data(), {int64_t(s.size())}) {}
  template <typename T> Array(std::vector<T> &v) : Array(v.data(), {int64_t(v.size())}) {}
  template <typename T>
  Array(const std::vector<T> &v) : Array(v.data(), {int64_t(v.size())}) {}

  int64_t elements() const {
    int64_t n = 1;
    for (int i = 0; i < rank; ++i)
      n *= shape[i];
    return n;
  }
  size_t bytes() const { return size_t(elements()) * widthOf(type); }
  bool contiguous() const {
    int64_t step = 1;
    for (int i = rank; i-- > 0; step *= shape[i])
      if (shape[i] > 1 && strides[i] != step)
        return false;
    return true;
  }

private:
  void pack() {
    int64_t step = 1;
    for (int i = rank; i-- > 0; step *= shape[i])
      strides[i] = step;
  }
};

} // namespace dyn::host

#endif // DYN_HOST_ARRAY_H
