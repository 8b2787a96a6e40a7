//===- Run.h - a whole program inside a host ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_HOST_RUN_H
#define DYN_HOST_RUN_H

#include "dyn/host/Hooks.h"
#include "dyn/host/Program.h"

namespace dyn::host {

struct RunOptions {
  std::map<std::string, std::string> settings;
  int64_t seed = 0;
  unsigned threads = 0;
  std::string runDirectory;   ///< where to keep a record; empty: nowhere
  std::string resume;         ///< a run directory to go on from
  std::string checkpoint;     ///< `every=N`, `every=Nmin` or `off`, in a run directory
  size_t streamCapacity = 0;  ///< examples that wait in a stream; 0: 1024
  Hooks hooks;
};

/// What `train` measured of a claim: whether it was reached, and held each time. The numbers are those
/// that were compared where the margin was worst.
struct Claim {
  std::string text;
  bool seen = false, holds = false;
  double left = 0, right = 0;
};

/// One run of `train`: on the thread that calls `train()`, fed and stopped from others.
class DYN_HOST_API Run {
public:
  /// Returns when `train` ends: success, whatever the claims say; an error without a code
  /// when it was cancelled.
  Status train() noexcept;
  /// From any thread: `train` ends where an iteration of a loop does, and saves a
  /// checkpoint first if there is a run directory.
  void cancel() noexcept;
  int64_t steps() const noexcept;
  std::vector<Claim> claims() const noexcept;

  /// Hands examples to the stream that reads setting `stream`: one array a column, their leading
  /// extents alike. Waits at most `seconds` for room, below 0 for ever; tells how many
  /// there was room for.
  Result<int64_t> push(std::string_view stream, const std::vector<Array> &columns,
                       double seconds = -1) noexcept;
  Status endStream(std::string_view stream) noexcept;

  struct State;

private:
  std::shared_ptr<State> state;
  friend class Program;
};

} // namespace dyn::host

#endif // DYN_HOST_RUN_H
