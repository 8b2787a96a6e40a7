//===- Transfer.h - a tensor file against what a model has ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_TRANSFER_H
#define DYN_RUNTIME_TRANSFER_H

#include "Safetensors.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace dyn::rt {

/// A safetensors file that is read into tensors of known names, types and shapes.
class TensorFile {
public:
  /// Raises E0501, E0521.
  explicit TensorFile(const std::string &path);
  /// The tensor of this name, or null when there is none like it.
  const Tensor *take(const std::string &name, int64_t type, const std::vector<int64_t> &shape);
  /// A file that says what it was made with must say `name=value`.
  void agree(const std::string &text);
  /// Raises E0704 when a tensor was missing, different, or in the file alone.
  void check();

private:
  std::string path, problems;
  std::vector<Tensor> tensors;
  std::map<std::string, std::string> fixed;
  std::set<std::string> taken;
};

} // namespace dyn::rt

#endif // DYN_RUNTIME_TRANSFER_H
