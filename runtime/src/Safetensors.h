//===- Safetensors.h - the safetensors format ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_RUNTIME_SAFETENSORS_H
#define DYN_RUNTIME_SAFETENSORS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dyn::rt {

struct Tensor {
  std::string name;
  int64_t type = 0; ///< as in dyn/runtime.h
  std::vector<int64_t> shape;
  std::string data; ///< row-major, little-endian
};

int64_t widthOf(int64_t type);
const char *typeName(int64_t type);
int64_t elementsOf(const std::vector<int64_t> &shape);
std::string shapeText(const std::vector<int64_t> &shape);

/// Widest types first, then by name; data starts at a multiple of 64.
/// `fixed` are texts `name=value` for the metadata.
std::string writeSafetensors(std::vector<Tensor> tensors,
                             const std::vector<std::string> &fixed = {});

/// Reads a whole file; a text that says what is wrong, or an empty one. `fixed` gets the texts
/// `name=value` of the metadata.
std::string readSafetensors(std::string_view bytes, std::vector<Tensor> &out,
                            std::vector<std::string> *fixed = nullptr);

} // namespace dyn::rt

#endif // DYN_RUNTIME_SAFETENSORS_H
