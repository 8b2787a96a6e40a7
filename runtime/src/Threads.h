//===- Threads.h - a fixed pool with a fixed partition ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_THREADS_H
#define DYN_RUNTIME_THREADS_H

#include "Errors.h"

#include <atomic>
#include <csetjmp>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace dyn::rt {

/// Where a thread goes when its task fails, and with what.
struct Failure {
  std::jmp_buf escape;
  int64_t task = 0; ///< that failed
  Error error;      ///< status 0: nothing failed
};

/// Workers that wait for a loop of tasks: they spin for some microseconds, then
/// sleep. Task i goes to thread i*threads/tasks. The caller works too. Or a host's
/// threads do all of it.
class Pool {
public:
  using Task = void (*)(void *environment, int64_t i);
  using Host = void (*)(void *user, int64_t tasks, Task task, void *environment);

  explicit Pool(unsigned threads);
  Pool(Host host, void *user);
  ~Pool();
  /// The failure of the first task that failed, or null. Every thread stops at its first one.
  Failure *run(int64_t tasks, Task task, void *environment);
  /// Where the calling thread records a failure; null outside tasks.
  static Failure *here();

private:
  void work(unsigned self);
  void share(unsigned self);
  Failure *runOnHost(int64_t tasks, Task task, void *environment);
  static void hosted(void *environment, int64_t i);
  Host host = nullptr;
  void *user = nullptr;
  unsigned count = 1;
  std::vector<Failure> failures; ///< one a thread; of a host's threads the first
  std::mutex mutex;              ///< of a host's failure
  std::vector<std::thread> workers;
  Task task = nullptr;
  void *environment = nullptr;
  int64_t tasks = 0;
  bool stop = false;
  alignas(128) std::atomic<uint32_t> round{0};
  alignas(128) std::atomic<uint32_t> busy{0};
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_THREADS_H
