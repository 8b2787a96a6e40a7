//===- Lift.h - one computation for all members of a frame ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_AUTODIFF_LIFT_H
#define DYN_AUTODIFF_LIFT_H

#include "Dependence.h"

#include "dyn/dialect/Dialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/DenseMap.h"

namespace dyn::autodiff {

/// Rewrites ops to compute on all members of a frame at once. A value that depends
/// on the frame gets a lifted twin, of the type `LiftOp::framed`; any other value is
/// the same for all members and stays as it is.
class Lift {
public:
  Lift(mlir::OpBuilder &builder, int64_t extent);

  /// Declares `twin` to hold `v` for every member.
  void setTwin(mlir::Value v, mlir::Value twin);
  /// The twin of `v`, made by repetition where all members share it.
  mlir::Value lifted(mlir::Value v, mlir::Location loc);
  bool isShared(mlir::Value v) const { return !twins.count(v); }

  /// Fails with a diagnostic where an op cannot be lifted.
  llvm::LogicalResult sweep(llvm::ArrayRef<mlir::Operation *> ops);
  /// Erases what the twins replaced.
  void finish();

private:
  using Twins = llvm::SmallVector<mlir::Value>;
  llvm::LogicalResult sweep(mlir::Block &block);
  llvm::LogicalResult visit(mlir::Operation *op);
  bool visitElementwise(mlir::Operation *op);
  bool visitDyn(mlir::Operation *op);
  bool visitGather(mlir::Operation *op);
  bool visitTensor(mlir::Operation *op);
  llvm::LogicalResult visitIf(mlir::scf::IfOp op);
  llvm::LogicalResult visitFor(mlir::scf::ForOp op);
  llvm::LogicalResult visitWhile(mlir::scf::WhileOp op);
  llvm::SmallVector<unsigned> varying(mlir::ValueRange values);
  Twins twinned(mlir::ValueRange values, llvm::ArrayRef<unsigned> wanted, mlir::Location loc);
  llvm::SmallVector<mlir::Type> types(mlir::ValueRange values, llvm::ArrayRef<unsigned> wanted);
  void replaceArguments(mlir::Block &block, unsigned first, llvm::ArrayRef<unsigned> wanted);
  void replaceResults(mlir::Operation *old, mlir::Operation *fresh,
                      llvm::ArrayRef<unsigned> wanted);

  mlir::Type framed(mlir::Type t) const { return LiftOp::framed(t, extent); }
  /// `v` with dimension `from` at `to`.
  mlir::Value move(mlir::Value v, int64_t from, int64_t to, mlir::Location loc);

  mlir::OpBuilder &b;
  int64_t extent;
  Dependence flow;
  llvm::DenseMap<mlir::Value, mlir::Value> twins;
  llvm::SmallVector<mlir::Operation *> replaced;
  llvm::SmallVector<mlir::BlockArgument> oldArguments;
};

} // namespace dyn::autodiff

#endif // DYN_AUTODIFF_LIFT_H
