//===- Metrics.h - logged numbers and their files ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_METRICS_H
#define DYN_RUNTIME_METRICS_H

#include "Progress.h"
#include "Series.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace dyn::rt {

/// Takes numbers from the training thread through a ring, without allocating or
/// formatting there. A thread of its own writes `metrics.jsonl` and shows progress.
/// In memory stay the last value of each series and its curve.
class Metrics {
public:
  /// An empty `folder` keeps no record. `quiet`: no curves at the end.
  Metrics(std::vector<std::string> names, std::string folder, Console &console,
          Progress::Kind progress, bool quiet);
  ~Metrics();
  /// Starts the recorder. Before, and without, values go to the listener alone.
  void begin();
  /// Called on the training thread with each value.
  using Listener = void (*)(void *user, const char *series, int64_t step, double value);
  void tell(Listener l, void *u) {
    listener = l;
    user = u;
  }
  void log(int64_t series, double value);
  void step() { steps.store(steps.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
  void restore(int64_t series, double value) { lasts[size_t(series)] = value; }
  double last(int64_t series) const { return lasts[size_t(series)]; }
  /// Waits until everything logged has been written; the length of metrics.jsonl. Raises as
  /// `check`.
  int64_t flush();
  /// Cuts metrics.jsonl, when a run is resumed, and takes curves and series from what is left.
  void cut(int64_t length, Series &series);
  /// Ends the display, prints final values and curves.
  void finish();
  /// Raises what went wrong when lines were written.
  void check() const;
  bool failed() const { return failure.load(std::memory_order_relaxed) != 0; }
  /// Writes metrics.csv.
  void writeTable();

  std::atomic<int64_t> steps{0}; ///< of the whole run
  int64_t resumedAt = 0;
  bool muted = false; ///< until a resumed run has reached its place
  Progress progress;

private:
  struct Entry {
    int64_t step, series;
    double value, time;
  };
  static constexpr uint64_t capacity = 1 << 14;
  void work();
  void drain();
  void writeLine();
  void show(bool final);
  void showCurves();
  double now() const;

  std::vector<std::string> names, keys; ///< as shown, as in the file
  std::vector<double> lasts;            ///< as the program sees them
  std::string folder, path;
  Console &console;
  Listener listener = nullptr;
  void *user = nullptr;
  bool quiet;
  int file = -1;
  std::vector<Entry> ring;
  std::atomic<uint64_t> head{0}, tail{0};
  std::atomic<bool> stop{false}, flushing{false};
  int64_t written = 0;         ///< length of the file
  std::atomic<int> failure{0}; ///< why a line could not be written
  std::chrono::steady_clock::time_point start;
  std::vector<Entry> pending; ///< values of the step being written
  std::string line;           ///< their text
  std::vector<Curve> curves;
  std::thread thread;
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_METRICS_H
