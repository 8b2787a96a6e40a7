//===- Reverse.h - one reverse sweep over a list of ops -------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_AUTODIFF_REVERSE_H
#define DYN_AUTODIFF_REVERSE_H

#include "dyn/dialect/Dialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace dyn::autodiff {

/// Cotangents of values while ops are visited from last to first.
class Reverse {
public:
  explicit Reverse(mlir::OpBuilder &builder) : b(builder) {}

  /// Declares that derivatives with respect to `v` are wanted.
  void activate(mlir::Value v) { active.insert(v); }
  bool isActive(mlir::Value v) const { return active.contains(v); }
  /// Adds `g` to the cotangent of `v`, if it is active.
  void accumulate(mlir::Value v, mlir::Value g);
  /// Null where zero.
  mlir::Value cotangent(mlir::Value v) const { return cotangents.lookup(v); }
  /// The cotangent, or zeros of the value's type.
  mlir::Value cotangentOrZero(mlir::Value v, mlir::Location loc);

  /// Marks what depends on active values, then emits the sweep at the builder's
  /// insertion point. Fails with a diagnostic where an op has no rule.
  llvm::LogicalResult sweep(llvm::ArrayRef<mlir::Operation *> ops);

private:
  void propagate(llvm::ArrayRef<mlir::Operation *> ops);
  llvm::LogicalResult visit(mlir::Operation *op);
  llvm::LogicalResult visitIf(mlir::scf::IfOp op);
  llvm::LogicalResult visitFor(mlir::scf::ForOp op);
  llvm::LogicalResult visitWhile(mlir::scf::WhileOp op);
  llvm::LogicalResult visitStated(StatedOp op);
  /// Makes `fresh` stand for `old`, which is about to be erased.
  void replace(mlir::ValueRange old, mlir::ValueRange fresh);
  llvm::SmallVector<mlir::Value> activeCaptures(llvm::MutableArrayRef<mlir::Region> regions);

  mlir::OpBuilder &b;
  llvm::DenseSet<mlir::Value> active;
  llvm::DenseMap<mlir::Value, mlir::Value> cotangents;
};

} // namespace dyn::autodiff

#endif // DYN_AUTODIFF_REVERSE_H
