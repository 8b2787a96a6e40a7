//===- Philox.h - Philox 4x32-10, a counter-based generator ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_PHILOX_H
#define DYN_RUNTIME_PHILOX_H

#include <array>
#include <cstdint>

namespace dyn::rt {

/// J. Salmon et al.: Parallel random numbers: as easy as 1, 2, 3. SC 2011.
inline std::array<uint32_t, 4> philox(std::array<uint32_t, 4> x, uint32_t k0, uint32_t k1) {
  for (int round = 0; round < 10; ++round) {
    uint64_t p = uint64_t(0xD2511F53) * x[0], q = uint64_t(0xCD9E8D57) * x[2];
    x = {uint32_t(q >> 32) ^ x[1] ^ k0, uint32_t(q), uint32_t(p >> 32) ^ x[3] ^ k1, uint32_t(p)};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return x;
}

/// Draws 4 i .. 4 i + 3 of the stream `key`: 32 uniform bits each.
inline std::array<uint32_t, 4> draws(uint64_t key, uint64_t i) {
  return philox({uint32_t(i), uint32_t(i >> 32), 0, 0}, uint32_t(key), uint32_t(key >> 32));
}

/// A random order of 0 .. n - 1 (Fisher and Yates).
template <typename Int> void permute(uint64_t key, int64_t n, Int *out) {
  for (int64_t i = 0; i < n; ++i)
    out[i] = Int(i);
  std::array<uint32_t, 4> four{};
  for (int64_t i = n - 1; i > 0; --i) {
    if (i == n - 1 || i % 4 == 3)
      four = draws(key, uint64_t(i) >> 2);
    // A 32-bit draw scaled to [0, i]: the bias is below 2^-32 times n.
    int64_t j = int64_t((uint64_t(four[size_t(i % 4)]) * uint64_t(i + 1)) >> 32);
    Int t = out[i];
    out[i] = out[j];
    out[j] = t;
  }
}

} // namespace dyn::rt

#endif // DYN_RUNTIME_PHILOX_H
