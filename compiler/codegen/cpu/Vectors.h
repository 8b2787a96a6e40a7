//===- Vectors.h - vectors to and from buffers without a shape ------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_CODEGEN_CPU_VECTORS_H
#define DYN_CODEGEN_CPU_VECTORS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace dyn::codegen {

/// What a number is in memory: truth values are bytes.
mlir::Type storedType(mlir::Type t);

/// A mask of `lanes` whose first `count` are set; null, which means all, if those are all.
mlir::Value firstLanes(mlir::OpBuilder &b, mlir::Location loc, int64_t lanes, int64_t count);

/// `v`, or a vector of `lanes` times the number `v`.
mlir::Value widened(mlir::OpBuilder &b, mlir::Location loc, mlir::Value v, int64_t lanes);

/// Element `at` of a flat buffer.
mlir::Value loadScalar(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type, mlir::Value flat,
                       mlir::Value at);

/// Neighbours from element `at` of a flat buffer on; lanes outside of `mask` are
/// not read and zero.
mlir::Value loadVector(mlir::OpBuilder &b, mlir::Location loc, mlir::VectorType type,
                       mlir::Value flat, mlir::Value at, mlir::Value mask);
void storeVector(mlir::OpBuilder &b, mlir::Location loc, mlir::Value v, mlir::Value flat,
                 mlir::Value at, mlir::Value mask);

/// A number or a vector of numbers as it is in memory.
mlir::Value toStored(mlir::OpBuilder &b, mlir::Location loc, mlir::Value v);

} // namespace dyn::codegen

#endif // DYN_CODEGEN_CPU_VECTORS_H
