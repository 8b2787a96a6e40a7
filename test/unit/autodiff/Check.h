//===- Check.h - derivatives against central differences ------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_TEST_CHECK_H
#define DYN_TEST_CHECK_H

#include "mlir/IR/MLIRContext.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace dyn::test {

/// A piece of program `%y = f(%a, %b, ...)`. In types and text A, B and C stand
/// for the extents of a trial, `?` for the run-time extent `%n`.
struct Case {
  const char *name;
  /// Types of %a, %b, ...
  std::vector<const char *> inputs;
  const char *body;
  const char *result;
  /// Inputs are drawn from here.
  double low = -2, high = 2;
  /// Whether the body takes any extents, or has its own.
  bool anyExtent = true;
  /// Whether second derivatives are compared as well.
  bool second = true;
};

/// Extents of A (also `%n`), B and C.
using Extents = std::array<int64_t, 3>;

/// Every op that has a rule occurs in one of these.
const std::vector<Case> &cases();

enum class Order { First, Second };

/// A context with all dialects and rules.
void prepare(mlir::MLIRContext &context);

/// The text of the case as a function @grad that yields value and gradients.
std::string program(const Case &c, const Extents &extents, Order order);

/// Compares the gradients of the case with central differences; says what is
/// wrong, if anything is. `pipeline` runs on the gradient's module.
std::optional<std::string> check(mlir::MLIRContext &context, const Case &c, const Extents &extents,
                                 Order order, const char *pipeline = "dyn-grad,cse");

} // namespace dyn::test

#endif // DYN_TEST_CHECK_H
