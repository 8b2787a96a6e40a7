//===- Memory.h - memory of objects ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_HOST_MEMORY_H
#define DYN_HOST_MEMORY_H

#include "dyn/host/Array.h"
#include "dyn/host/Hooks.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace dyn::host {

/// Copies all elements from `axis` on; type and shape are those of `from`.
void copyElements(const Array &from, const Array &to, int axis = 0);

/// Memory by the host's allocator, if it has one.
class Block {
public:
  static constexpr size_t alignment = 64;
  Block(const Hooks &hooks, size_t bytes);
  Block(const Block &) = delete;
  ~Block();

  void *memory = nullptr;
  size_t bytes;

private:
  std::function<void(void *, size_t)> release;
};

} // namespace dyn::host

#endif // DYN_HOST_MEMORY_H
