//===- Subnormals.h - numbers too small to be normal are zero -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_SUBNORMALS_H
#define DYN_RUNTIME_SUBNORMALS_H

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace dyn::rt {

/// As long as it lives, arithmetic of this thread takes and gives zero in place
/// of subnormal numbers (f32: below 1.2e-38). Moments that fade away would cost
/// a hundred times the time of others.
class FlushSubnormals {
public:
#if defined(__x86_64__)
  FlushSubnormals() : before(_mm_getcsr()) {
    _mm_setcsr(before | flushToZero | zerosForSubnormals);
  }
  ~FlushSubnormals() { _mm_setcsr(before); }

private:
  static constexpr unsigned flushToZero = 0x8000, zerosForSubnormals = 0x40;
  unsigned before;
#elif defined(__aarch64__)
  FlushSubnormals() {
    asm volatile("mrs %0, fpcr" : "=r"(before));
    asm volatile("msr fpcr, %0" : : "r"(before | flushToZero));
  }
  ~FlushSubnormals() { asm volatile("msr fpcr, %0" : : "r"(before)); }

private:
  static constexpr uint64_t flushToZero = uint64_t(1) << 24;
  uint64_t before;
#else
#error "say here how this processor flushes subnormal numbers"
#endif
  FlushSubnormals(const FlushSubnormals &) = delete;
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_SUBNORMALS_H
