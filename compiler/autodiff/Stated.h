//===- Stated.h - derivatives that authors state --------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_AUTODIFF_STATED_H
#define DYN_AUTODIFF_STATED_H

#include "dyn/dialect/Dialect.h"

namespace dyn::autodiff {

/// The rule of `op` at the builder's insertion point. `tangents` holds one value for
/// each of its tangent arguments; returns the ops and the tangent of the result.
std::pair<llvm::SmallVector<mlir::Operation *>, mlir::Value>
inlineRule(mlir::OpBuilder &b, StatedOp op, mlir::ValueRange tangents);

/// Fails with a diagnostic at what is not linear in the tangents.
llvm::LogicalResult checkLinear(StatedOp op);

/// Leaves the value of `op` in its place.
void dropRule(StatedOp op);

} // namespace dyn::autodiff

#endif // DYN_AUTODIFF_STATED_H
