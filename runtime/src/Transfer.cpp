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
  std::vector<std::string> texts;
  if (std::string why = readSafetensors(readFile(path), tensors, &texts); !why.empty())
    raise(Code::E0521, path, why);
  for (const std::string &text : texts)
    fixed[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
}

void TensorFile::agree(const std::string &text) {
  size_t cut = text.find('=');
  auto it = fixed.find(text.substr(0, cut));
  if (it != fixed.end() && it->second != text.substr(cut + 1))
    problems += fmt::format("\n  different: it was made with {} = {}, the model with {}",
                            it->first, it->second, text.substr(cut + 1));
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
