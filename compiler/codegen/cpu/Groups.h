//===- Groups.h - ops that become one kernel ------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_CODEGEN_CPU_GROUPS_H
#define DYN_CODEGEN_CPU_GROUPS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace dyn::codegen {

using Group = llvm::SmallVector<mlir::linalg::LinalgOp>;

/// A contraction into a buffer that was just filled with zeros overwrites it:
/// the fill goes, and the contraction gets the mark `dyn.overwrite`.
void absorbZeroFills(mlir::func::FuncOp fn);

/// All linalg ops of `fn`. Those of a group can run row by row, all of them on
/// one row before the next row: a softmax, the statistics of a normalisation.
llvm::SmallVector<Group> groupByRows(mlir::func::FuncOp fn);

} // namespace dyn::codegen

#endif // DYN_CODEGEN_CPU_GROUPS_H
