//===- Memory.h - where buffers come from ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_MEMORY_H
#define DYN_RUNTIME_MEMORY_H

#include <cstddef>
#include <memory>

namespace dyn::rt {

/// The allocator of a run: the host's, or the C library's.
struct Memory {
  struct Release {
    void *user = nullptr;
    void (*release)(void *user, void *memory, size_t bytes) = nullptr;
    size_t bytes = 0;
    void operator()(char *p) const;
  };
  void *user = nullptr;
  void *(*allocate)(void *user, size_t bytes, size_t alignment) = nullptr;
  void (*release)(void *user, void *memory, size_t bytes) = nullptr;

  using Buffer = std::unique_ptr<char, Release>;
  /// At least one byte, 64-byte aligned. Throws std::bad_alloc.
  Buffer buffer(size_t bytes) const;
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_MEMORY_H
