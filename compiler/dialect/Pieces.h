//===- Pieces.h - small pieces of IR that the rules of ops are made of ----===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_DIALECT_PIECES_H
#define DYN_DIALECT_PIECES_H

#include "dyn/dialect/Dialect.h"

namespace dyn::pieces {

llvm::ArrayRef<int64_t> shapeOf(mlir::Value v);
bool isFloat(mlir::Value v);
/// A type of `shape`; a scalar when there are no dimensions.
mlir::Type valueType(llvm::ArrayRef<int64_t> shape, mlir::Type elem);
/// Run-time extents of the dynamic dimensions of `like`.
llvm::SmallVector<mlir::Value> dynamicExtents(mlir::OpBuilder &b, mlir::Location loc,
                                              mlir::Value like);
/// `v` with dimension i at `dims[i]` of a value shaped like `like`.
mlir::Value broadcastLike(mlir::OpBuilder &b, mlir::Location loc, mlir::Value v,
                          llvm::ArrayRef<int64_t> dims, mlir::Value like);
mlir::Value reduceAdd(mlir::OpBuilder &b, mlir::Location loc, mlir::Value v,
                      llvm::ArrayRef<int64_t> dims);
/// Dimensions of a value of `rank` that are not among `dims`.
llvm::SmallVector<int64_t> others(size_t rank, llvm::ArrayRef<int64_t> dims);
/// Of a product along `dims`: at each element the product of all others. With p the
/// product of what is not zero: p / x without zeros; with one zero p there and 0
/// elsewhere; with more, 0. (A second derivative is exact unless an element is zero.)
mlir::Value productOfOthers(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x,
                            llvm::ArrayRef<int64_t> dims);

} // namespace dyn::pieces

#endif // DYN_DIALECT_PIECES_H
