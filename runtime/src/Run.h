//===- Run.h - the state of one run ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_RUN_H
#define DYN_RUNTIME_RUN_H

#include "dyn/runtime.h"

#include "Checkpoint.h"
#include "Claims.h"
#include "Console.h"
#include "Errors.h"
#include "Loader.h"
#include "Metrics.h"
#include "Series.h"
#include "Settings.h"
#include "Stream.h"
#include "Threads.h"
#include "Transfer.h"

#include <nlohmann/json.hpp>

#include <csetjmp>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace dyn::rt {

struct Run {
  Run() = default;
  Run(const Run &) = delete;
  ~Run() {
    if (lock >= 0)
      close(lock);
  }

  nlohmann::json meta;
  std::vector<std::string> strings;
  std::vector<ConfigValue> config;
  int64_t seed = 0;
  bool seedGiven = false;
  unsigned threads = 0;
  bool quiet = false, useRunDirectory = true;
  bool hosted = false;  ///< in the process of a host program
  bool calling = false; ///< one function, not `train`
  bool dimsFixed = true;                ///< nobody is there to compile for other extents
  std::string resumeFrom;               ///< a run directory; empty for a fresh run
  std::vector<bool> outermost, counted; ///< of each loop
  std::vector<int64_t> parent, reads;   ///< of each loop: the one around it, its stream; or -1
  std::string runDirectory;
  int lock = -1;               ///< of the run directory
  std::string progress, color; ///< as given; empty when not
  Console console;
  nlohmann::json inputs = nlohmann::json::array(); ///< files that were read
  bool inputsChanged = false;                      ///< since data.json was written

  std::unique_ptr<Pool> pool;
  Memory memory;
  std::map<int64_t, Memory::Buffer> arenas;
  std::vector<std::unique_ptr<Column>> columns;
  std::vector<std::unique_ptr<Dataset>> datasets;
  std::vector<std::unique_ptr<Loader>> loaders;
  int64_t streamCapacity = 1024;
  std::vector<std::unique_ptr<Stream>> streams; ///< by position; null before they are opened
  std::vector<std::unique_ptr<StreamBatches>> streamBatches;
  std::unique_ptr<Metrics> metrics;
  Series series; ///< that the program reads back
  std::vector<ClaimResult> claims;
  Checkpoints checkpoints;
  struct {
    std::string path;
    std::vector<Tensor> tensors;
    std::vector<std::string> fixed; ///< `name=value`
    bool inRunDirectory = false;
  } transfer; ///< a file being saved
  std::unique_ptr<TensorFile> loading;
  std::vector<std::pair<int64_t, Tensor>> kept; ///< what a call that is stopped leaves, and where

  Error error;
  std::jmp_buf escape;

  const std::string &text(int64_t handle) const { return strings.at(size_t(handle)); }
  int64_t intern(std::string s) {
    strings.push_back(std::move(s));
    return int64_t(strings.size()) - 1;
  }
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_RUN_H
