//===- Liveness.h - from when to when a buffer is needed ------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_LOWERING_LIVENESS_H
#define DYN_LOWERING_LIVENESS_H

#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <optional>

namespace dyn::lowering {

/// A buffer and the ticks in which it is in use, both ends included.
struct Buffer {
  mlir::memref::AllocOp alloc;
  int64_t bytes = 0, first = 0, last = 0, offset = 0;
};

/// Numbers the ops of a function in order and tells when buffers are in use.
class Liveness {
public:
  explicit Liveness(mlir::Operation *root);
  /// Sets `first` and `last`; fails, with an error, for a buffer that outlives
  /// the iteration that made it.
  llvm::LogicalResult measure(Buffer &buffer);

private:
  using Span = std::pair<int64_t, int64_t>;
  void number(mlir::Operation *op);
  void touch(Buffer &buffer, mlir::Operation *user);
  void touchAddress(Buffer &buffer, mlir::Value address);

  int64_t clock = 0;
  llvm::DenseMap<mlir::Operation *, Span> span;
  mlir::BufferViewFlowAnalysis views;
};

/// The largest value that the extent `v` can have, if that is known.
std::optional<int64_t> boundOf(mlir::Value v);

} // namespace dyn::lowering

#endif // DYN_LOWERING_LIVENESS_H
