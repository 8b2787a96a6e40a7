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

/// Gives contractions their tails: moves each down to the op that first reads
/// its output, if that can be its tail and nothing in between minds. Marks it
/// `dyn.tail`, and `dyn.partial` if nothing else reads the output.
void attachTails(mlir::func::FuncOp fn);

/// Whether a buffer or a view of it may share memory with another. Buffers made
/// by different allocations never do.
bool mayOverlap(mlir::Value x, mlir::Value y);

/// The buffer that `v` is, or is a view of.
mlir::Value rootOf(mlir::Value v);

/// All linalg ops of `fn`. Those of a group can run row by row, all of them on
/// one row before the next row: a softmax, the statistics of a normalisation.
/// A contraction and its tail are a group too.
llvm::SmallVector<Group> groupByRows(mlir::func::FuncOp fn);

} // namespace dyn::codegen

#endif // DYN_CODEGEN_CPU_GROUPS_H
