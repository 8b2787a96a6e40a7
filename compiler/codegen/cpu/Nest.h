//===- Nest.h - element-wise ops and reductions as vector loops -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_CODEGEN_CPU_NEST_H
#define DYN_CODEGEN_CPU_NEST_H

#include "Strides.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace dyn::codegen {

/// Elements in a vector, of whatever type: the number of partial sums that the
/// language prescribes, so results are the same for every width of registers.
constexpr int64_t lanes = 16;

/// One loop, or several loops that walk all operands as one would.
struct NestLoop {
  int64_t extent = 1;            ///< or ShapedType::kDynamic
  unsigned operand = 0, dim = 0; ///< where a dynamic extent is read
  int64_t factor = 1;            ///< dynamic extent = factor * that dimension
  bool reduction = false;

  bool isDynamic() const { return mlir::ShapedType::isDynamic(extent); }
  /// A number that divides the extent.
  int64_t divisor() const { return isDynamic() ? factor : extent; }
  int64_t expected() const;
};

/// A linalg.generic on buffers with known strides, and which loop is vectors.
struct Nest {
  mutable mlir::linalg::GenericOp op; ///< a handle; its methods are not const
  llvm::SmallVector<NestLoop> loops;
  llvm::SmallVector<Walk> walks; ///< of each operand, over `loops`
  llvm::SmallVector<int> loopOf; ///< of each loop of the op; -1: it has one iteration
  unsigned vector = 0;           ///< number of a loop; loops.size(): none
  /// Of each output: whether it is a result of reduction loops (or a value of
  /// each iteration), and the one op that takes in a new element, if it is one.
  llvm::SmallVector<bool> reduced;
  llvm::SmallVector<mlir::Operation *> combiners;

  bool accumulates() const { return llvm::is_contained(reduced, true); }
  bool hasVector() const { return vector < loops.size(); }
  /// Lanes are parts of one sum.
  bool sumsAlongVector() const { return accumulates() && hasVector() && isSummed(vector); }
  /// Whether iterations of loop `l` add to the same results.
  bool isSummed(unsigned l) const;
  unsigned numInputs() const { return op.getNumDpsInputs(); }
  double nanoseconds() const; ///< estimated, on one thread
};

/// Fails on ops that need plain loops. With `rows`, the first loop stays as it
/// is and is no vector: several nests can share it.
std::optional<Nest> analyseNest(mlir::linalg::GenericOp op, bool rows = false);

/// Emits the loops before the op, which stays.
void emitNest(mlir::OpBuilder &b, const Nest &nest);

/// Emits nests made with `rows` as one loop over their common first loop.
void emitRows(mlir::OpBuilder &b, llvm::ArrayRef<Nest> nests);

} // namespace dyn::codegen

#endif // DYN_CODEGEN_CPU_NEST_H
