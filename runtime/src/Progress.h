//===- Progress.h - how far a run is, on the terminal ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_PROGRESS_H
#define DYN_RUNTIME_PROGRESS_H

#include "Console.h"
#include "Curve.h"

#include <atomic>
#include <cstdint>
#include <vector>

namespace dyn::rt {

/// Where the training thread leaves its place, and what the recorder shows of it:
/// a moving line on a terminal, plain lines at growing intervals elsewhere.
class Progress {
public:
  enum class Kind { none, bar, plain };
  Progress(Console &console, Kind kind);

  /// Iteration `index` of `count` of a loop ends; `counted`: each is a step.
  void tick(bool outermost, bool counted, int64_t index, int64_t count);
  /// Called often, and a last time at the end. Allocates nothing.
  /// `steps` since `seconds` ago, `all` of the run.
  void show(double seconds, int64_t steps, int64_t all, const std::vector<std::string> &names,
            const std::vector<Curve> &curves, bool final);

private:
  bool due(double seconds, bool permanent);
  double part() const;
  Console &console;
  Kind kind;
  std::string line;
  double lastShown = 0, lastPermanent = 0, gap = 10;
  std::atomic<int64_t> done{0}, all{0}, outerIndex{0}, outerCount{0};
  std::atomic<bool> phase{false}; ///< a turn of the outermost loop has ended
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_PROGRESS_H
