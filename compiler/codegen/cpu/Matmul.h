//===- Matmul.h - register-tiled contractions -----------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_CODEGEN_CPU_MATMUL_H
#define DYN_CODEGEN_CPU_MATMUL_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace dyn::codegen {

/// Roles of the loops and operands of C[.., m, n] += A[.., m, k..] B[k.., n].
struct Matmul {
  unsigned a, b;                          ///< operand numbers
  unsigned m, n;                          ///< loop numbers
  llvm::SmallVector<unsigned> outer, ks;  ///< other parallel loops; summed loops
  bool pack;                              ///< copy B into panels first
  int64_t packElements = 0;               ///< of the scratch buffer
};

/// Fails on what is not a sum of products over float buffers with a static n.
std::optional<Matmul> classifyMatmul(mlir::linalg::GenericOp op);

/// Replaces `op`. `scratch` is a buffer of `packElements` elements when `pack`.
/// Every output is one ascending chain of fused multiply-adds.
void emitMatmul(mlir::RewriterBase &b, mlir::linalg::GenericOp op, const Matmul &shape,
                mlir::Value scratch);

} // namespace dyn::codegen

#endif // DYN_CODEGEN_CPU_MATMUL_H
