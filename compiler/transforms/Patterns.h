//===- Patterns.h - groups of simplifications -----------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_TRANSFORMS_PATTERNS_H
#define DYN_TRANSFORMS_PATTERNS_H

#include "mlir/IR/PatternMatch.h"

#include <optional>

namespace dyn {

/// The number that `v` is everywhere: a constant, a splat, or a broadcast of one.
std::optional<double> splatValue(mlir::Value v);

/// Neutral operands, double negation, powers with small constant exponents.
void populateElementwiseSimplifications(mlir::RewritePatternSet &patterns);
/// Broadcasts, transposes, reshapes that follow each other.
void populateShapeSimplifications(mlir::RewritePatternSet &patterns);
/// Sums over windows of contractions.
void populateWindowSimplifications(mlir::RewritePatternSet &patterns);

} // namespace dyn

#endif // DYN_TRANSFORMS_PATTERNS_H
