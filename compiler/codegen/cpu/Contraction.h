//===- Contraction.h - sums of products in registers ----------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_CODEGEN_CPU_CONTRACTION_H
#define DYN_CODEGEN_CPU_CONTRACTION_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

#include <optional>

namespace dyn::codegen {

/// One loop, or several loops that walk all operands as one would.
struct ContractionLoop {
  int64_t extent = 1;                            ///< or ShapedType::kDynamic
  unsigned operand = 0, dim = 0;                 ///< where a dynamic extent is read: 0 a, 1 b, 2 c
  int64_t factor = 1;                            ///< dynamic extent = factor * that dimension
  int64_t strideA = 0, strideB = 0, strideC = 0; ///< in elements
  llvm::SmallVector<int64_t> strideT = {};       ///< of each operand of the tail
};

/// C[outer, m, n] += sum over k of A[outer, m, k] * B[outer, k, n].
struct ContractionShape {
  /// How rows of B become vectors: from where they lie; from a copy of all of B;
  /// from a copy of a panel, made by each task on its stack; element by element.
  enum class Form { Direct, Packed, Local, Strided };

  mlir::Type element;
  unsigned a = 0, b = 1;            ///< operand numbers of the linalg op; the output is number 2
  int64_t offsetA = 0, offsetB = 0; ///< of the element that all loops begin at
  llvm::SmallVector<ContractionLoop> outer, ks;
  ContractionLoop m, n; ///< n is static and has unit stride in C
  Form form = Form::Direct;
  /// Tasks copy their part of A to their stack: tile by tile, k by k.
  bool copiesA = false;
  /// C = A*B instead of C += A*B: what C holds before is not read.
  bool overwrite = false;
  /// An element-wise op that is applied to each element of C as soon as that is
  /// complete, or null.
  mutable mlir::linalg::GenericOp tail;
  /// C itself is a result. Else it only holds what is not complete.
  bool keepsC = true;

  int64_t rows = 8;          ///< of a register tile
  int64_t rowsPerTask = 8;   ///< whole tiles
  int64_t panelsPerTask = 1; ///< of `panel()` columns
  int64_t outerPerTask = 1;
  int64_t depthBlock = 0; ///< of the first of `ks` in one pass over the tiles; 0: all

  int64_t lanes() const { return element.isF32() ? 16 : 8; }
  int64_t panel() const { return 2 * lanes(); }
  int64_t panels() const { return llvm::divideCeil(std::max<int64_t>(n.extent, 1), panel()); }
  int64_t depth() const; ///< product of static `ks`
  bool usesCopy() const { return form == Form::Packed || form == Form::Local; }
};

/// Fails on what is not a sum of products over f32 or f64 buffers, and on a tail
/// that cannot go along.
std::optional<ContractionShape> classifyContraction(mlir::linalg::GenericOp op,
                                                    mlir::linalg::GenericOp tail = {});

/// Bytes of the scratch buffer, which needs no initial value; 0 if none.
int64_t contractionScratchBytes(const ContractionShape &shape);

/// Phase 0 packs B and exists if there is scratch; phase 1 computes.
inline bool hasPackingPhase(const ContractionShape &s) { return contractionScratchBytes(s) != 0; }

/// Number of tasks of a phase, as an index. It depends on shapes only.
mlir::Value emitContractionTasks(mlir::OpBuilder &b, mlir::Location loc,
                                 const ContractionShape &shape, mlir::ValueRange abc, int phase);

/// Emits one task. `scratch` is a memref<Nxi8>, or null without packing. Every
/// output is one ascending chain of fused multiply-adds, whatever the tiles.
void emitContraction(mlir::OpBuilder &b, mlir::Location loc, const ContractionShape &shape,
                     mlir::ValueRange abc, mlir::Value scratch, int phase, mlir::Value task);

/// Replaces `op` (and its tail) with its phases as scf.forall over tasks.
void lowerContraction(mlir::RewriterBase &b, mlir::linalg::GenericOp op,
                      const ContractionShape &shape, mlir::Value scratch);

} // namespace dyn::codegen

#endif // DYN_CODEGEN_CPU_CONTRACTION_H
