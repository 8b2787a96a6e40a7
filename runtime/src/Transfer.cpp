//===- Transfer.cpp - a tensor file against what a model has ---===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Transfer.h"

#include "AtomicFile.h"
#include "Errors.h"

#include <algorithm>

using namespace dyn::rt;

TensorFile::TensorFile(const std::string &path) : path(path) {
  if (std::string why = readSafetensors(readFile(path), tensors); !why.empty())
    raise(Code::E0521, path, why);
}

const Tensor *TensorFile::take(const std::string &name, int64_t type,
                               const std::vector<int64_t> &shape) {
  taken.insert(name);
  auto it = std::find_if(tensors.begin(), tensors.end(),
                         [&](const Tensor &x) { return x.name == name; });
  if (it == tensors.end()) {
    problems += "\n  missing: " + name;
    return nullptr;
  }
  if (it->type == type && it->shape == shape)
    return &*it;
  problems += fmt::format("\n  different: {} is {}{}, the model has {}{}", name,
                          typeName(it->type), shapeText(it->shape), typeName(type),
                          shapeText(shape));
  return nullptr;
}

void TensorFile::check() {
  for (const Tensor &x : tensors)
    if (!taken.count(x.name))
      problems += "\n  unexpected: " + x.name;
  if (!problems.empty())
    raise(Code::E0704, path, problems);
}
