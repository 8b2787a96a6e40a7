//===- Checkpoint.h - the state of a run on disk ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_CHECKPOINT_H
#define DYN_RUNTIME_CHECKPOINT_H

#include "Safetensors.h"
#include "Series.h"

#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace dyn::rt {

struct Dataset;
struct Run;

/// When checkpoints are due, what is in them, and where a resumed run goes on.
struct Checkpoints {
  // policy
  bool enabled = true;
  int64_t everySteps = 0; ///< 0: by time
  double everySeconds = 60;
  int64_t lastStep = 0;
  std::chrono::steady_clock::time_point last = std::chrono::steady_clock::now();
  std::atomic<bool> stopRequested = false; ///< by a signal or by another thread

  // the checkpoint being written
  int64_t loop = -1;
  std::vector<Tensor> tensors;

  /// The state of another loop on the path to a checkpoint.
  struct Held {
    int64_t next = 0;
    size_t count = 0; ///< tensors so far
    std::vector<Tensor> tensors;
  };
  std::map<int64_t, Held> held;
  Held *holding = nullptr;

  // the checkpoint being resumed
  bool resuming = false;
  int64_t innermost = -1; ///< loop at which the saved run stood
  std::map<int64_t, int64_t> counters;
  std::map<int64_t, Series::Lengths> lengths; ///< what was seen of series, by loop
  std::map<std::string, Tensor> saved;
  std::set<int64_t> entered;
  int64_t resumedStep = 0;
  std::set<std::pair<int64_t, int64_t>> data; ///< examples and sum of each data set it had

  std::map<int64_t, int64_t> taken; ///< examples of each stream

  /// Counter of a loop, and what was seen of series where its iteration began.
  void addCounter(const Run &run, int64_t loop, int64_t next);
  bool due(const Run &run, int64_t loop);
  void write(Run &run);
  /// Reads the newest checkpoint of a run directory.
  void load(Run &run, const std::string &folder);
  /// While resuming: a data set must be one that the saved run had.
  void checkData(Dataset &dataset, const std::string &folder) const;
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_CHECKPOINT_H
