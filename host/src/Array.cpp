//===- Array.cpp - the host's own memory ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Memory.h"

using namespace dyn::host;

const char *dyn::host::name(Type type) {
  static const char *const names[] = {"f32", "f64", "i32", "i64", "u8", "bool"};
  return names[int(type)];
}

size_t dyn::host::widthOf(Type type) {
  static const size_t widths[] = {4, 8, 4, 8, 1, 1};
  return widths[int(type)];
}

void dyn::host::copyElements(const Array &from, const Array &to, int axis) {
  if (from.contiguous() && to.contiguous() && !axis) {
    std::memcpy(to.data, from.data, from.bytes());
    return;
  }
  size_t width = widthOf(from.type);
  if (axis == from.rank) {
    std::memcpy(to.data, from.data, width);
    return;
  }
  Array f = from, t = to;
  for (int64_t i = 0; i < from.shape[axis]; ++i) {
    f.data = static_cast<char *>(from.data) + i * from.strides[axis] * int64_t(width);
    t.data = static_cast<char *>(to.data) + i * to.strides[axis] * int64_t(width);
    copyElements(f, t, axis + 1);
  }
}

Block::Block(const Hooks &hooks, size_t bytes) : bytes(bytes), release(hooks.release) {
  if (hooks.allocate)
    memory = hooks.allocate(bytes, alignment);
  else
    memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (!memory)
    throw std::bad_alloc();
}

Block::~Block() {
  if (release)
    release(memory, bytes);
  else
    std::free(memory);
}
