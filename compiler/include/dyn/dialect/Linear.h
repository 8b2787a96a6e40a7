//===- Linear.h - derivatives of ops that are linear in their floats ------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DIALECT_LINEAR_H
#define DYN_DIALECT_LINEAR_H

#include "mlir/IR/Builders.h"

namespace dyn {

/// `number` in the type of `like`, extent by extent.
mlir::Value constantLike(mlir::OpBuilder &b, mlir::Location loc, mlir::Value like, double number);

/// The forward rule of an op that is linear in all of its float operands together:
/// the op itself on the tangents. Where every tangent is null (zero) it appends null.
llvm::LogicalResult linearJVP(mlir::Operation *op, mlir::OpBuilder &b, mlir::ValueRange operands,
                              mlir::ValueRange tangents,
                              llvm::SmallVectorImpl<mlir::Value> &tangentsOut);

} // namespace dyn

#endif // DYN_DIALECT_LINEAR_H
