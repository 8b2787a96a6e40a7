//===- Guard.h - from exceptions to the end of a call ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Errors are C++ exceptions inside the runtime and a longjmp from its border on:
// generated frames have no unwind tables.
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_GUARD_H
#define DYN_RUNTIME_GUARD_H

#include "Run.h"

namespace dyn::rt {

inline Run &of(int64_t run) { return *reinterpret_cast<Run *>(run); }

/// Records a failure: of the run, or of the calling thread while it is in a task.
inline void record(Run &run, Error e) {
  Failure *task = Pool::here();
  (task ? task->error : run.error) = std::move(e);
}

[[noreturn]] inline void leave(Run &run) {
  Failure *task = Pool::here();
  std::longjmp(task ? task->escape : run.escape, 1);
}

/// The exception being handled as an error; `record`: where a damaged record would lie.
Error caught(const std::string &record);

template <typename F> auto guarded(Run &run, F f) -> decltype(f()) {
  try {
    return f();
  } catch (...) {
    record(run, caught(run.runDirectory));
  }
  leave(run);
}

/// Ends a run that was asked to stop and keeps no record.
[[noreturn]] void raiseStop(const Run &run);

/// The extents at an address that generated code gives.
inline std::vector<int64_t> dimsAt(int64_t address, int64_t rank) {
  auto *p = reinterpret_cast<const int64_t *>(address);
  return std::vector<int64_t>(p, p + rank);
}

} // namespace dyn::rt

#endif // DYN_RUNTIME_GUARD_H
