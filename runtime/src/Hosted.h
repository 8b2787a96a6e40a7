//===- Hosted.h - a run inside a host program ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_HOSTED_H
#define DYN_RUNTIME_HOSTED_H

#include "Guard.h"
#include "dyn/run.h"

#include <atomic>

struct dyn_run {
  dyn::rt::Run run;
  void (*train)(int64_t) = nullptr;
  std::atomic<bool> busy{false}; ///< a call is in progress
  bool trained = false;
};

namespace dyn::rt {

/// Fills what the host is told; `to` may be null. Returns the status.
int tell(const Error &e, dyn_error *to);

/// Runs `f`, which may throw; the status of what it threw, or 0.
template <typename F> int answered(dyn_error *to, F f) {
  if (to)
    to->status = 0;
  try {
    f();
    return 0;
  } catch (...) {
    return tell(caught(""), to);
  }
}

/// Raises E1101 for a null argument.
inline void demand(const void *p, const char *name) {
  if (!p)
    raise(Code::E1101, name);
}

/// The one call of a run that may be in progress. Raises E1105.
class Turn {
public:
  explicit Turn(dyn_run &r) : run(r) {
    if (run.busy.exchange(true, std::memory_order_acquire))
      raise(Code::E1105);
  }
  ~Turn() { run.busy.store(false, std::memory_order_release); }
  Turn(const Turn &) = delete;

private:
  dyn_run &run;
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_HOSTED_H
