//===- PlainLoops.h - loops for what is not lane by lane ------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_CODEGEN_CPU_PLAIN_LOOPS_H
#define DYN_CODEGEN_CPU_PLAIN_LOOPS_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace dyn::codegen {

/// Replaces any linalg op with scalar loops, large ones cut into tasks.
llvm::LogicalResult emitPlainLoops(mlir::RewriterBase &b, mlir::linalg::LinalgOp op);

} // namespace dyn::codegen

#endif // DYN_CODEGEN_CPU_PLAIN_LOOPS_H
