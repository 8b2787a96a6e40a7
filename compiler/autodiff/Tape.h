//===- Tape.h - what loops record on the way forward ----------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_AUTODIFF_TAPE_H
#define DYN_AUTODIFF_TAPE_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

namespace dyn::autodiff {

/// Attribute of a loop: the most iterations it runs.
inline constexpr llvm::StringLiteral limitAttr = "dyn.limit";

/// The run-time extents of `v`. A value that a loop carries keeps them in every iteration.
llvm::SmallVector<mlir::Value> runtimeExtents(mlir::OpBuilder &b, mlir::Location loc,
                                              mlir::Value v);
/// Room for `slots` values of `type` with these run-time extents, in one tensor.
mlir::Value makeTape(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type, int64_t slots,
                     mlir::ValueRange extents);
mlir::Value record(mlir::OpBuilder &b, mlir::Location loc, mlir::Value now, mlir::Value tape,
                   mlir::Value slot, mlir::ValueRange extents);
mlir::Value recall(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type, mlir::Value tape,
                   mlir::Value slot, mlir::ValueRange extents);

/// Clones the ops of `block` but its terminator; returns the clones.
llvm::SmallVector<mlir::Operation *> cloneBody(mlir::OpBuilder &b, mlir::Block &block,
                                               mlir::IRMapping &map);
/// The same without effects: those happened on the way forward.
llvm::SmallVector<mlir::Operation *> recomputeBody(mlir::OpBuilder &b, mlir::Block &block,
                                                   mlir::IRMapping &map);

} // namespace dyn::autodiff

#endif // DYN_AUTODIFF_TAPE_H
