//===- Curve.h - a series in little memory ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_CURVE_H
#define DYN_RUNTIME_CURVE_H

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

namespace dyn::rt {

/// The means of at most 240 equal spans of a series, whatever its length: enough
/// for a picture of it. The series itself is in metrics.jsonl.
class Curve {
public:
  void add(double v);
  int64_t count() const { return values; }
  double last() const { return latest; }
  double low() const { return least; }
  double high() const { return most; }
  /// One row of characters, scaled to the range.
  std::string draw(bool unicode) const;

private:
  struct Span {
    double sum = 0;
    int64_t count = 0;
  };
  std::array<Span, 240> spans;
  size_t used = 0;
  int64_t each = 1; ///< values in a span
  int64_t values = 0;
  double latest = std::nan(""), least = HUGE_VAL, most = -HUGE_VAL;
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_CURVE_H
