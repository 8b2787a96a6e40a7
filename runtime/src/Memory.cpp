//===- Memory.cpp - where buffers come from ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Memory.h"

#include <cstdlib>
#include <new>
#include <sys/mman.h>

using namespace dyn::rt;

constexpr size_t line = 64, huge = 2 << 20, large = 256 << 10;

Memory::Buffer Memory::buffer(size_t bytes) const {
  size_t size = bytes < line ? line : bytes;
  // Large buffers lie on huge pages.
  size_t unit = size >= large && !allocate ? huge : line;
  if (size > SIZE_MAX - unit)
    throw std::bad_alloc();
  size = (size + unit - 1) / unit * unit;
  void *p = allocate ? allocate(user, size, line) : std::aligned_alloc(unit, size);
  if (!p)
    throw std::bad_alloc();
  if (unit == huge)
    madvise(p, size, MADV_HUGEPAGE);
  return Buffer(static_cast<char *>(p), Release{user, release, size});
}

void Memory::Release::operator()(char *p) const {
  if (release)
    release(user, p, bytes);
  else
    std::free(p);
}
