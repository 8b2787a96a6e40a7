//===- Compare.h - kernels against plain loops ----------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_TEST_UNIT_CODEGEN_COMPARE_H
#define DYN_TEST_UNIT_CODEGEN_COMPARE_H

#include "Program.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace dyn::test {

struct Operand {
  std::string type;             ///< f32, f64, i64, i1
  std::vector<int64_t> extents; ///< of the data
  std::string map;              ///< from loops d0, d1, ...
  bool dynamic = false;         ///< the leading extent is not in the type
  int64_t below = 0;            ///< integers lie in [0, below)

  std::string memref() const {
    std::string s = "memref<";
    for (size_t i = 0; i < extents.size(); ++i)
      s += (i == 0 && dynamic ? "?" : std::to_string(extents[i])) + "x";
    return s + type + ">";
  }
};

inline Buffer filled(const Operand &o, std::mt19937 &random) {
  Buffer b(o.extents, o.type == "f32" ? 4 : o.type == "i1" ? 1 : 8);
  std::uniform_real_distribution<double> real(0.1, 2);
  for (int64_t i = 0; i < b.size(); ++i) {
    if (o.type == "f32")
      b.as<float>()[i] = float(real(random) - (o.below ? 0 : 1));
    else if (o.type == "f64")
      b.as<double>()[i] = real(random) - 1;
    else if (o.type == "i1")
      b.as<uint8_t>()[i] = random() % 2;
    else
      b.as<int64_t>()[i] = int64_t(random() % uint64_t(o.below ? o.below : 1000));
  }
  return b;
}

inline double valueOf(Buffer &b, const Operand &o, int64_t i) {
  return o.type == "f32"   ? b.as<float>()[i]
         : o.type == "f64" ? b.as<double>()[i]
         : o.type == "i1"  ? b.as<uint8_t>()[i]
                           : double(b.as<int64_t>()[i]);
}

/// Kernels with one thread and two must agree to the bit, and with plain loops
/// up to a relative tolerance (0: to the bit).
inline void compare(const std::string &text, const std::vector<Operand> &operands,
                    double tolerance) {
  SCOPED_TRACE(text);
  Program plain(text, false), kernels(text, true);
  ASSERT_TRUE(plain.isValid());
  ASSERT_TRUE(kernels.isValid());
  std::mt19937 random(7);
  std::vector<Buffer> expected;
  for (const Operand &o : operands)
    expected.push_back(filled(o, random));
  std::vector<Buffer> one = expected, two = expected;
  plain.run(expected);
  kernels.run(one);
  kernels.run(two, 2);
  for (size_t k = 0; k < operands.size(); ++k) {
    EXPECT_TRUE(one[k].guardsHold());
    EXPECT_TRUE(one[k] == two[k]);
    for (int64_t i = 0; i < one[k].size(); ++i) {
      double x = valueOf(expected[k], operands[k], i), y = valueOf(one[k], operands[k], i);
      ASSERT_LE(std::abs(x - y), tolerance * std::max(1.0, std::abs(x)))
          << "operand " << k << " element " << i << ": " << x << " and " << y;
    }
  }
}

} // namespace dyn::test

#endif // DYN_TEST_UNIT_CODEGEN_COMPARE_H
