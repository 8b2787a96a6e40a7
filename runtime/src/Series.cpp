//===- Series.cpp - logged series that the program reads back ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Series.h"

#include <algorithm>
#include <cmath>

using namespace dyn::rt;

void Series::keep(int64_t series) {
  // Room from the start, so that a run of usual length allocates nothing.
  Kept &k = kept[series];
  k.values.reserve(1 << 12);
  k.steps.reserve(1 << 12);
}

void Series::recall(int64_t series, int64_t step, double value) {
  if (auto it = kept.find(series); it != kept.end()) {
    it->second.values.push_back(value);
    it->second.steps.push_back(step);
  }
}

void Series::see(int64_t series) {
  if (auto it = kept.find(series); it != kept.end())
    it->second.seen = std::min(it->second.seen + 1, int64_t(it->second.values.size()));
}

void Series::log(int64_t series, int64_t step, double value) {
  recall(series, step, value);
  see(series);
}

double Series::value(int64_t series, int64_t i) const {
  const Kept &k = kept.at(series);
  return i >= 0 && i < k.seen ? k.values[size_t(i)] : std::nan("");
}

int64_t Series::step(int64_t series, int64_t i) const {
  const Kept &k = kept.at(series);
  return i >= 0 && i < k.seen ? k.steps[size_t(i)] : -1;
}

bool Series::aligned(int64_t a, int64_t b) const {
  const Kept &x = kept.at(a), &y = kept.at(b);
  return x.seen == y.seen && std::equal(x.steps.begin(), x.steps.begin() + x.seen, y.steps.begin());
}

void Series::mark(int64_t loop) {
  Lengths &m = marks[loop];
  m.clear();
  for (auto &[s, k] : kept)
    m.push_back(k.seen);
}

const Series::Lengths &Series::marked(int64_t loop) const {
  static const Lengths none;
  auto it = marks.find(loop);
  return it == marks.end() ? none : it->second;
}

bool Series::fits(const Lengths &lengths) const {
  if (lengths.size() != kept.size())
    return false;
  size_t i = 0;
  for (auto &[s, k] : kept)
    if (int64_t n = lengths[i++]; n < 0 || n > int64_t(k.values.size()))
      return false;
  return true;
}

void Series::show(const Lengths &lengths) {
  size_t i = 0;
  for (auto &[s, k] : kept)
    k.seen = lengths[i++];
}
