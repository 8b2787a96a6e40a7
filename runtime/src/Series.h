//===- Series.h - logged series that the program reads back ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_SERIES_H
#define DYN_RUNTIME_SERIES_H

#include <cstdint>
#include <map>
#include <vector>

namespace dyn::rt {

/// Values and steps of the series that a program reads, on the training thread.
/// A resumed run has them all from the start, but sees as many as the run that it
/// repeats saw at the same place: a loop remembers the lengths at its iterations.
class Series {
public:
  using Lengths = std::vector<int64_t>;

  void keep(int64_t series);
  /// A value that is logged now, or one logged before that is seen again.
  void log(int64_t series, int64_t step, double value);
  void see(int64_t series);
  /// A value of the record of the run that is resumed; not seen yet.
  void recall(int64_t series, int64_t step, double value);

  int64_t count(int64_t series) const { return kept.at(series).seen; }
  double value(int64_t series, int64_t i) const;
  int64_t step(int64_t series, int64_t i) const;
  /// Whether two series were logged at the same steps.
  bool aligned(int64_t a, int64_t b) const;

  /// An iteration of `loop` begins, or the loop is entered.
  void mark(int64_t loop);
  /// What is seen of each series where the newest iteration of `loop` began.
  const Lengths &marked(int64_t loop) const;
  /// False when these are no lengths of the series there are.
  bool fits(const Lengths &lengths) const;
  void show(const Lengths &lengths);

private:
  struct Kept {
    std::vector<double> values;
    std::vector<int64_t> steps;
    int64_t seen = 0;
  };
  std::map<int64_t, Kept> kept;
  std::map<int64_t, Lengths> marks;
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_SERIES_H
