//===- Patterns.h - what the sources of this room share ------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_LOWERING_PATTERNS_H
#define DYN_LOWERING_PATTERNS_H

#include "dyn/dialect/Dialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"

namespace dyn::lowering {

using Body = llvm::function_ref<void(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

/// tensor.empty of `type`, dynamic extents taken from `extents` in order.
mlir::Value emptyTensor(mlir::OpBuilder &b, mlir::Location loc, mlir::RankedTensorType type,
                        mlir::ValueRange extents);
/// The dynamic extents of `v` in order.
llvm::SmallVector<mlir::Value> extentsOf(mlir::OpBuilder &b, mlir::Location loc, mlir::Value v);
/// `number` (or the integer nearest to it) as a scalar of `type`.
mlir::Value scalar(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type, double number);
/// A tensor filled with `value`.
mlir::Value filled(mlir::OpBuilder &b, mlir::Location loc, mlir::RankedTensorType type,
                   mlir::ValueRange extents, mlir::Value value);
/// A generic over `out` with all loops parallel.
mlir::Value parallelGeneric(mlir::OpBuilder &b, mlir::Location loc, mlir::ValueRange ins,
                            mlir::Value out, llvm::ArrayRef<mlir::AffineMap> inMaps, Body body);

/// The places that keep `dims` of `rank` loops.
mlir::AffineMap project(mlir::OpBuilder &b, int64_t rank, llvm::ArrayRef<int64_t> dims);

/// A lowering of `Op` as an external model; `Self::rewrite` replaces the op.
template <typename Self, typename Op> struct Model : Lowerable::ExternalModel<Self, Op> {
  using Target = Op;
  llvm::LogicalResult lower(mlir::Operation *op, mlir::RewriterBase &b) const {
    return Self::rewrite(llvm::cast<Op>(op), b);
  }
};

template <typename... Models> void attach(mlir::MLIRContext *context) {
  (Models::Target::template attachInterface<Models>(*context), ...);
}

/// Only parallel loops, in the order of the outputs.
bool isPointwise(mlir::linalg::GenericOp op);
/// A transpose, a broadcast, windows: elements of one array in other places.
bool isMovement(mlir::linalg::GenericOp op);

/// Zeros go around arrays before elements move, and around an array once.
void populatePadMotion(mlir::RewritePatternSet &patterns);
/// Zeros around arrays are written at the edges, and what they enclose between them.
void placePads(mlir::Operation *root);

void attachShapes(mlir::MLIRContext *context);
void attachReductions(mlir::MLIRContext *context);
void attachIndexing(mlir::MLIRContext *context);
void attachWindows(mlir::MLIRContext *context);
void attachRandom(mlir::MLIRContext *context);

} // namespace dyn::lowering

#endif // DYN_LOWERING_PATTERNS_H
