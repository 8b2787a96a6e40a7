// Allocations of this process, of all threads: malloc and its kin, counted.
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Counter.h"

#include <atomic>
#include <cerrno>
#include <cstddef>

static std::atomic<int64_t> count{0};
int64_t allocations() { return count; }

// What the C library calls its own; operator new ends here, too.
extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t n) {
  ++count;
  return __libc_malloc(n);
}
void *calloc(size_t n, size_t each) {
  ++count;
  return __libc_calloc(n, each);
}
void *realloc(void *p, size_t n) {
  ++count;
  return __libc_realloc(p, n);
}
void *memalign(size_t alignment, size_t n) {
  ++count;
  return __libc_memalign(alignment, n);
}
void *aligned_alloc(size_t alignment, size_t n) { return memalign(alignment, n); }
int posix_memalign(void **p, size_t alignment, size_t n) {
  *p = memalign(alignment, n);
  return *p ? 0 : ENOMEM;
}
}
