//===- Hooks.h - what the host does in our place ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_HOST_HOOKS_H
#define DYN_HOST_HOOKS_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace dyn::host {

/// Each may be empty. They must not throw.
struct Hooks {
  /// Calls `task(environment, i)` for each i in [0, tasks), on any threads in any order, and
  /// returns when all have returned. Results do not depend on who runs what.
  std::function<void(int64_t tasks, void (*task)(void *environment, int64_t i), void *environment)>
      parallelFor;
  /// Memory for buffers. `alignment` is a power of two. Both or none.
  std::function<void *(size_t bytes, size_t alignment)> allocate;
  std::function<void(void *memory, size_t bytes)> release;
  /// What the command line would print, whole lines. From any thread.
  std::function<void(std::string_view text)> log;
  /// A value was added to a series, on the thread that trains.
  std::function<void(std::string_view series, int64_t step, double value)> metric;
};

} // namespace dyn::host

#endif // DYN_HOST_HOOKS_H
