//===- Forward.h - one forward sweep over a list of ops ------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_AUTODIFF_FORWARD_H
#define DYN_AUTODIFF_FORWARD_H

#include "Dependence.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"

namespace dyn::autodiff {

/// Tangents of values while ops are visited from first to last. Each op gets its
/// tangent right behind it; branches and loops are rebuilt to carry tangents too.
class Forward {
public:
  explicit Forward(mlir::OpBuilder &builder) : b(builder) {}

  void setTangent(mlir::Value v, mlir::Value t) { tangents[v] = t; }
  /// Null where zero.
  mlir::Value tangent(mlir::Value v) const { return tangents.lookup(v); }
  /// The tangent, or zeros of the value's type at the insertion point.
  mlir::Value tangentOrZero(mlir::Value v, mlir::Location loc);

  /// Fails with a diagnostic where an op has no rule.
  llvm::LogicalResult sweep(llvm::ArrayRef<mlir::Operation *> ops);

private:
  llvm::LogicalResult sweep(mlir::Block &block);
  llvm::LogicalResult visit(mlir::Operation *op);
  llvm::LogicalResult visitIf(mlir::scf::IfOp op);
  llvm::LogicalResult visitFor(mlir::scf::ForOp op);
  llvm::LogicalResult visitWhile(mlir::scf::WhileOp op);
  /// What the values with tangents flow into in `op`.
  Dependence reachedBy(mlir::Operation *op) const;
  /// Appends the tangents of those of `values` that `wanted` names to `to`.
  void append(mlir::Operation *to, mlir::ValueRange values, llvm::ArrayRef<unsigned> wanted);
  /// Gives `block` one more argument for each of `wanted`, the tangent of that argument.
  void addArguments(mlir::Block &block, mlir::ValueRange values, llvm::ArrayRef<unsigned> wanted);
  /// Ends a rebuild: the first results stand for those of `old`, the rest are tangents.
  void replace(mlir::Operation *old, mlir::Operation *fresh, llvm::ArrayRef<unsigned> wanted);

  mlir::OpBuilder &b;
  llvm::DenseMap<mlir::Value, mlir::Value> tangents;
};

} // namespace dyn::autodiff

#endif // DYN_AUTODIFF_FORWARD_H
