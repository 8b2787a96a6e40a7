//===- Strides.h - how the loops of an op walk its buffers ----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_CODEGEN_CPU_STRIDES_H
#define DYN_CODEGEN_CPU_STRIDES_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

#include <optional>

namespace dyn::codegen {

/// The element at loops (i, j, ...) is number offset + i*strides[0] + ...
struct Walk {
  llvm::SmallVector<int64_t> strides;
  int64_t offset = 0;
};

/// Strides of the dimensions of a buffer, if they are known. Those of a plain
/// buffer are, whatever its leading extent.
std::optional<llvm::SmallVector<int64_t>> stridesOf(mlir::MemRefType type);

/// Fails on unknown strides and on maps that are not sums of multiples of loops.
std::optional<Walk> walkOf(mlir::MemRefType type, mlir::AffineMap map);

/// A buffer without its shape: element i of the result lies i elements after
/// the start of the buffer's allocation. Truth values are seen as bytes.
mlir::Value flatten(mlir::OpBuilder &b, mlir::Location loc, mlir::Value buffer);

/// Where the buffer begins in what `flatten` makes.
mlir::Value offsetOf(mlir::OpBuilder &b, mlir::Location loc, mlir::Value buffer);

} // namespace dyn::codegen

#endif // DYN_CODEGEN_CPU_STRIDES_H
