//===- Emit.h - small pieces of IR that derivative rules are made of ------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_AUTODIFF_EMIT_H
#define DYN_AUTODIFF_EMIT_H

#include "dyn/dialect/Linear.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"

namespace dyn::autodiff {

bool isFloat(mlir::Type type);
/// The ops of `block` but the last, to be visited while others are added.
llvm::SmallVector<mlir::Operation *> opsOf(mlir::Block &block);
mlir::Value mul(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value y);
mlir::Value add(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value y);
mlir::Value sub(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value y);
mlir::Value div(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Value y);
mlir::Value neg(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x);

} // namespace dyn::autodiff

#endif // DYN_AUTODIFF_EMIT_H
