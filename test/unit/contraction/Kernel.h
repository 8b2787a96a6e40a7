//===- Kernel.h - a contraction made, compiled and called -----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_TEST_UNIT_CONTRACTION_KERNEL_H
#define DYN_TEST_UNIT_CONTRACTION_KERNEL_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dyn::test {

/// One operand: a map over the loops, as "m, k", and the extents of the buffer;
/// `dynamicLeading` makes the first extent unknown to the compiler.
struct OperandSpec {
  std::string map;
  std::vector<int64_t> extents;
  bool dynamicLeading = false;
};

struct KernelSpec {
  std::string loops;        ///< "b, m, n, k"
  std::vector<bool> summed; ///< for each loop
  OperandSpec a, b, c;
  bool isDouble = false;
  bool overwrite = false;
};

/// Native code of a contraction, its tasks in order on the calling thread.
class Kernel {
public:
  explicit Kernel(const KernelSpec &spec);
  ~Kernel();
  bool ok() const { return entry != nullptr; }
  void run(const void *a, const void *b, void *c);

private:
  struct State;
  std::unique_ptr<State> state;
  void *entry = nullptr;
};

} // namespace dyn::test

#endif // DYN_TEST_UNIT_CONTRACTION_KERNEL_H
