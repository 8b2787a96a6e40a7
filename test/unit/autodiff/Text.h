//===- Text.h - the programs of a case, as text ---------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_TEST_TEXT_H
#define DYN_TEST_TEXT_H

#include "Check.h"
#include "Interpreter.h"

#include <random>

namespace dyn::test {

/// `text` with the extents in place of A, B and C.
std::string fill(llvm::StringRef text, const Extents &extents);
/// `item(0), item(1), ...`
std::string join(size_t n, const std::function<std::string(size_t)> &item);
std::string letter(size_t i);
/// Adds up all elements of `%name` into `%sum`.
std::string total(const std::string &name, llvm::StringRef type, const std::string &sum);
/// Inputs of a function: the extent, the weights of the result, the variables.
std::string signature(const Case &c, char prefix);
/// Computes %s, the weighted sum of the body's result, from %a, %b, ...
std::string weighted(const Case &c);
/// `%name:k = dyn.value_and_grad` of the case with respect to %x0, %x1, ...
std::string gradient(const Case &c, const std::string &name, char prefix);
/// Computes %q, the sum of squares of the gradients with respect to %v0, ...
std::string gradientNorm(const Case &c);

Array draw(mlir::Type type, int64_t n, double low, double high, std::mt19937 &random);
/// Whether two numbers agree, the larger of them counting as at least 1.
bool differ(double x, double y, double tolerance);

} // namespace dyn::test

#endif // DYN_TEST_TEXT_H
