//===- ContractionEmit.h - what both phases share -------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_CODEGEN_CPU_CONTRACTIONEMIT_H
#define DYN_CODEGEN_CPU_CONTRACTIONEMIT_H

#include "Contraction.h"
#include "ContractionTail.h"

namespace dyn::codegen {

/// Emits a task. Operands are one-dimensional views, so that an address is a
/// base, an index and a constant.
struct ContractionEmitter {
  using Value = mlir::Value;

  mlir::OpBuilder &b;
  mlir::Location loc;
  const ContractionShape &s;
  mlir::SmallVector<Value> abc;
  TailBody tail;
  mlir::SmallVector<Value> flat = {};
  Value scratch = {}; ///< a copy of B, as elements
  Value copyA = {};
  Value rest = {}; ///< a tile on the stack, between the sums and the tail

  mlir::SmallVector<Value> outerAt = {}; ///< values of the outer loops
  Value baseA = {}, baseB = {}, baseC = {}, baseScratch = {};
  mlir::SmallVector<Value> basesT = {};
  Value rowLow = {}, rowHigh = {}, panelLow = {}, panelHigh = {}, depthLow = {}, depthHigh = {};

  Value index(int64_t n);
  Value add(Value x, Value y);
  Value mul(Value x, int64_t y);
  Value extentOf(const ContractionLoop &l);
  Value ceilDiv(Value x, int64_t by);
  void loop(Value low, Value high, int64_t step, llvm::function_ref<void(Value)> body);

  mlir::VectorType vectorType() { return mlir::VectorType::get({s.lanes()}, s.element); }
  Value zeros();
  Value load(Value m, Value at, int64_t count);
  void store(Value v, Value m, Value at, int64_t count);

  void prepare(Value scratchBytes, int phase); ///< makes the views
  /// Number of values of the outer loops (only those in B if `ofB`).
  Value outerCount(bool ofB);
  /// Sets bases and `outerAt` from a flat number of the outer loops.
  void enter(Value outer, bool ofB);

  // Packing.
  void packPanel(Value panel);
  void packLocal(Value panel, int64_t width);
  void packRows();
  int64_t depthAtOnce() const { return s.depthBlock ? s.depthBlock : s.depth(); }
  void packVectors(Value panelBase, Value column, int64_t width);
  void packTransposed(Value panelBase, Value column, int64_t width);
  void packScalars(Value panelBase, Value column, int64_t width);

  // Computing.
  void block();
  /// Full tiles of the task's rows, then smaller ones.
  void overRows(llvm::function_ref<void(int64_t rows, Value row)> body);
  void tile(int64_t rows, Value row, Value panel, int64_t width);
  mlir::SmallVector<Value> placesOfTail(Value row, Value column);
  void fetchTail(int64_t rows, Value row, Value column, int64_t width);
  void finish(int64_t rows, Value row, Value column, mlir::ArrayRef<Value> acc,
              mlir::ArrayRef<int64_t> parts);
  mlir::SmallVector<Value> sum(unsigned depth, Value offA, Value offB, Value offP,
                               mlir::ValueRange acc, int64_t rows, llvm::ArrayRef<int64_t> parts);
  mlir::SmallVector<Value> step(Value offA, Value offB, Value offP, mlir::ValueRange acc,
                                int64_t rows, llvm::ArrayRef<int64_t> parts);
};

} // namespace dyn::codegen

#endif // DYN_CODEGEN_CPU_CONTRACTIONEMIT_H
