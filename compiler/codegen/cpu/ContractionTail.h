//===- ContractionTail.h - what follows a sum, while it is in a register --===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_CODEGEN_CPU_CONTRACTIONTAIL_H
#define DYN_CODEGEN_CPU_CONTRACTIONTAIL_H

#include "Contraction.h"

namespace dyn::codegen {

/// Strides of each operand of `tail` along each loop of `contraction`: none for
/// no tail, nothing for an op that is not element-wise on all of C.
std::optional<llvm::SmallVector<llvm::SmallVector<int64_t>>>
stridesOfTail(mlir::linalg::GenericOp contraction, mlir::linalg::GenericOp tail);

/// Emits the body of the tail on vectors.
class TailBody {
public:
  /// `c` is the operand that the sums are for.
  TailBody(mlir::OpBuilder &b, const ContractionShape &s, mlir::Value c) : b(b), s(s), c(c) {}

  /// Makes views of the operands and returns where they begin; null for what is
  /// not a buffer.
  llvm::SmallVector<mlir::Value> begin();
  /// Asks for `width` elements of each operand, at these places.
  void fetch(llvm::ArrayRef<mlir::Value> at, int64_t width);
  /// Computes and stores the results for `count` neighbours of C. `at` is the
  /// place of each operand, `first` elements to the left of this vector.
  void apply(mlir::Value sum, llvm::ArrayRef<mlir::Value> at, int64_t first, int64_t count);

private:
  mlir::Value load(unsigned operand, mlir::Value at, int64_t count);

  mlir::OpBuilder &b;
  const ContractionShape &s;
  mlir::Value c;
  llvm::SmallVector<mlir::Value> flat;
};

} // namespace dyn::codegen

#endif // DYN_CODEGEN_CPU_CONTRACTIONTAIL_H
