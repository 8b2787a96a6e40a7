//===- Metrics.h - series, their files, and the progress display ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_METRICS_H
#define DYN_RUNTIME_METRICS_H

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace dyn::rt {

/// Takes numbers from the training thread through a ring, without allocating or
/// formatting there. A thread of its own writes `metrics.jsonl` and draws.
class Metrics {
public:
  Metrics(std::vector<std::string> names, std::string folder, std::string progress, bool quiet);
  ~Metrics();
  /// Starts the recorder.
  void begin();
  void log(int64_t series, double value);
  void step() { ++steps; }
  void tick(int64_t loop, bool outermost, bool counted, int64_t index, int64_t count);
  void restore(int64_t series, double value) { lasts[size_t(series)] = value; }
  double last(int64_t series) const { return lasts[size_t(series)]; }
  /// Waits until everything logged has been written; the length of metrics.jsonl.
  int64_t flush();
  /// Cuts metrics.jsonl, when a run is resumed, and takes the series from what is left.
  void cut(int64_t length);
  /// Ends the display, writes metrics.csv, prints final values and curves.
  void finish();

  int64_t steps = 0; ///< of the whole run
  int64_t resumedAt = 0;
  bool muted = false; ///< until a resumed run has reached its place

private:
  struct Entry {
    int64_t step, series;
    double value, time;
  };
  static constexpr uint64_t capacity = 1 << 14;
  void work();
  void drain();
  void writeLine();
  void draw(bool final);
  void recall(int64_t length);
  std::string values() const;
  void curves();
  double now() const;

  std::vector<std::string> names;
  std::vector<double> lasts;
  std::string folder, progress;
  bool quiet, terminal;
  int file = -1;
  std::vector<Entry> ring;
  std::atomic<uint64_t> head{0}, tail{0};
  std::atomic<bool> stop{false}, flushing{false};
  bool incomplete = false; ///< a line could not be written
  std::chrono::steady_clock::time_point start;
  std::vector<Entry> pending; ///< values of the step being written
  std::string line;           ///< their text
  std::vector<std::vector<std::pair<int64_t, double>>> history;
  std::atomic<int64_t> doneIterations{0}, allIterations{0}, outerIndex{0}, outerCount{0};
  double lastDraw = 0, gap = 10;
  std::atomic<bool> epoch{false};
  std::thread thread;
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_METRICS_H
