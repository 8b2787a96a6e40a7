//===- Dependence.h - what depends on a value, through regions -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_AUTODIFF_DEPENDENCE_H
#define DYN_AUTODIFF_DEPENDENCE_H

#include "mlir/IR/Block.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseSet.h"

namespace dyn::autodiff {

/// The values that a set of others flows into: results of ops, and whatever
/// branches and loops carry on.
class Dependence {
public:
  /// `passes` says whether an op hands on to a result what flows into it.
  explicit Dependence(llvm::function_ref<bool(mlir::OpResult)> passes) : passes(passes) {}

  void insert(mlir::Value v) { values.insert(v); }
  bool contains(mlir::Value v) const { return values.contains(v); }
  void follow(mlir::Operation *op);
  void follow(mlir::Block &block);

private:
  /// Marks `to` where `from` is marked; whether that changed anything.
  bool carry(mlir::ValueRange from, mlir::ValueRange to);
  bool reaches(mlir::Operation *op) const;

  llvm::function_ref<bool(mlir::OpResult)> passes;
  llvm::DenseSet<mlir::Value> values;
};

/// `op` once more with other operands and result types; it takes over the regions.
/// The builder is left behind it.
mlir::Operation *rebuild(mlir::OpBuilder &b, mlir::Operation *op, mlir::ValueRange operands,
                         mlir::TypeRange results);

} // namespace dyn::autodiff

#endif // DYN_AUTODIFF_DEPENDENCE_H
