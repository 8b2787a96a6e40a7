//===- Directions.h - forward mode against reverse mode -------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_TEST_DIRECTIONS_H
#define DYN_TEST_DIRECTIONS_H

#include "Check.h"

namespace dyn::test {

/// Compares the case's tangent along a random direction with the central difference
/// and with <gradient, direction>; the same for `members` directions lifted, and for
/// the gradients of as many weights lifted. Says what is wrong, if anything is.
std::optional<std::string> checkForward(mlir::MLIRContext &context, const Case &c,
                                        const Extents &extents, int64_t members,
                                        const char *pipeline);

/// Compares the Hessian times a direction, forward over reverse, with the central
/// difference of the gradient and with reverse over forward.
std::optional<std::string> checkHvp(mlir::MLIRContext &context, const Case &c,
                                    const Extents &extents, const char *pipeline);

} // namespace dyn::test

#endif // DYN_TEST_DIRECTIONS_H
