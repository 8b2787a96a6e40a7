//===- Program.h - buffers in, kernels or plain loops over them -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_TEST_UNIT_CODEGEN_PROGRAM_H
#define DYN_TEST_UNIT_CODEGEN_PROGRAM_H

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dyn::test {

/// A dense array between two guards.
class Buffer {
public:
  Buffer(std::vector<int64_t> extents, size_t elementBytes);
  template <typename T> T *as() { return reinterpret_cast<T *>(bytes.data() + guard); }
  int64_t size() const;
  const std::vector<int64_t> &extents() const { return shape; }
  /// Whether nothing was written before or after the elements.
  bool guardsHold() const;
  bool operator==(const Buffer &other) const { return bytes == other.bytes; }

private:
  static constexpr size_t guard = 256;
  std::vector<int64_t> shape;
  std::vector<char> bytes;
};

/// A module with `@train(%run: i64, buffers...)`, as kernels or as plain loops.
class Program {
public:
  Program(const std::string &text, bool kernels);
  ~Program();
  bool isValid() const { return entry != nullptr; }
  void run(std::vector<Buffer> &buffers, int threads = 1);

private:
  struct State;
  std::unique_ptr<State> state;
  void (*entry)(void **) = nullptr;
};

} // namespace dyn::test

#endif // DYN_TEST_UNIT_CODEGEN_PROGRAM_H
