//===- Threads.h - a fixed pool with a fixed partition ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_THREADS_H
#define DYN_RUNTIME_THREADS_H

#include <atomic>
#include <csetjmp>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace dyn::rt {

/// Where a thread goes when its task fails, and with what.
struct Failure {
  std::thread::id thread;
  std::jmp_buf escape;
  bool working = false; ///< inside a task
  int status = 0;       ///< 0: nothing failed
  std::string message;
};

/// Workers that wait for a loop of tasks: they spin for some microseconds, then
/// sleep. Task i goes to thread i*threads/tasks. The caller works too.
class Pool {
public:
  explicit Pool(unsigned threads);
  ~Pool();
  /// The failure of the first task that failed, or null. Every thread stops at its first one.
  Failure *run(int64_t tasks, void (*task)(void *, int64_t), void *environment);
  /// Where the calling thread records a failure; null outside tasks.
  Failure *here();

private:
  void work(unsigned self);
  void share(unsigned self);
  unsigned count;
  std::vector<Failure> failures; ///< one a thread
  std::vector<std::thread> workers;
  void (*task)(void *, int64_t) = nullptr;
  void *environment = nullptr;
  int64_t tasks = 0;
  bool stop = false;
  alignas(128) std::atomic<uint32_t> round{0};
  alignas(128) std::atomic<uint32_t> busy{0};
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_THREADS_H
