//===- Curve.cpp - a series in little memory ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Curve.h"

#include <algorithm>

using namespace dyn::rt;

void Curve::add(double v) {
  ++values;
  latest = v;
  if (std::isfinite(v))
    least = std::min(least, v), most = std::max(most, v);
  if (used == 0 || spans[used - 1].count == each) {
    if (used == spans.size()) {
      used /= 2;
      each *= 2;
      for (size_t i = 0; i < used; ++i)
        spans[i] = {spans[2 * i].sum + spans[2 * i + 1].sum, each};
    }
    spans[used++] = {};
  }
  spans[used - 1].sum += v;
  ++spans[used - 1].count;
}

std::string Curve::draw(bool unicode) const {
  static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static const char *const plain[] = {"_", ".", "-", ":", "=", "+", "*", "#"};
  constexpr size_t columns = 60;
  std::string row;
  for (size_t i = 0; i < columns && used; ++i) {
    size_t from = used * i / columns, to = std::max(from + 1, used * (i + 1) / columns);
    Span s;
    for (size_t k = from; k < to; ++k)
      s = {s.sum + spans[k].sum, s.count + spans[k].count};
    double mean = s.sum / double(s.count);
    int level =
        most > least && std::isfinite(mean) ? int((mean - least) / (most - least) * 7.99) : 0;
    row += unicode ? blocks[level] : plain[level];
  }
  return row;
}
