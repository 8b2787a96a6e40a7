//===- NestBody.h - the body of an op on vectors --------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef DYN_CODEGEN_CPU_NEST_BODY_H
#define DYN_CODEGEN_CPU_NEST_BODY_H

#include "Nest.h"

#include "llvm/ADT/SmallPtrSet.h"

namespace dyn::codegen {

/// One iteration of the loops around the vectors.
struct NestPlace {
  llvm::SmallVector<mlir::Value> ivs; ///< of each loop but the vector one
  /// What is the same for all lanes: by value of the op's body.
  llvm::DenseMap<mlir::Value, mlir::Value> scalars;
  llvm::SmallVector<mlir::Value> bases; ///< element of each operand at lane 0
};

/// Emits the body of an op for 16 neighbours along the vector loop.
class NestBody {
public:
  NestBody(mlir::OpBuilder &b, const Nest &nest);

  /// Views of the operands, at the builder's place.
  void begin();
  mlir::Value extentOf(unsigned loop);
  /// Where the results of reductions lie.
  void findResults(NestPlace &at);
  /// Where all else lies, and what does not change along the vector.
  void enter(NestPlace &at);

  /// For each output its new value, given those of the results so far; for parts
  /// of a sum, what is to be combined with it. `i` is the first index along the
  /// vector, `mask` says which lanes count (null: all).
  llvm::SmallVector<mlir::Value> vectors(NestPlace &at, mlir::Value i, mlir::Value mask,
                                         llvm::ArrayRef<mlir::Value> results = {});
  /// The same where the vector loop is none.
  llvm::SmallVector<mlir::Value> scalars(NestPlace &at);

  mlir::Value load(NestPlace &at, unsigned output, mlir::Value i, mlir::Value mask);
  void store(NestPlace &at, unsigned output, mlir::Value v, mlir::Value i, mlir::Value mask);
  mlir::Value combine(unsigned output, mlir::Value acc, mlir::Value value);
  /// A vector that changes nothing, and the sum (maximum, ...) of all lanes in
  /// a fixed order.
  mlir::Value neutral(unsigned output);
  mlir::Value total(unsigned output, mlir::Value acc);
  /// `v`, but neutral in lanes that do not count.
  mlir::Value masked(unsigned output, mlir::Value v, mlir::Value mask);

  mlir::Value index(int64_t n);
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, int64_t y);
  mlir::Value allLanes();
  mlir::Value dynamicMask(mlir::Value count);

  mlir::OpBuilder &b;
  const Nest &nest;
  mlir::Location loc;

private:
  mlir::Value base(unsigned operand, mlir::ValueRange ivs);
  mlir::Value advance(mlir::Value base, mlir::Value i, int64_t stride);
  mlir::Value loadVector(mlir::Value flat, mlir::Type element, mlir::Value first, int64_t stride,
                         mlir::Value mask);
  mlir::Value gather(mlir::Value flat, mlir::Type element, mlir::Value first, mlir::Value distances,
                     mlir::Value mask);
  mlir::Value loadComputed(mlir::memref::LoadOp load, NestPlace &at,
                           llvm::DenseMap<mlir::Value, mlir::Value> &values, mlir::Value i,
                           mlir::Value mask);
  mlir::Value clone(mlir::Operation *op, llvm::ArrayRef<mlir::Value> operands, bool wide);
  mlir::Value wide(mlir::Value v);
  mlir::Value constant(mlir::Attribute value, mlir::Type type);
  mlir::Value distances(int64_t stride);
  bool isResult(unsigned operand) const;
  bool isVarying(mlir::Value v) const { return varying.contains(v); }

  llvm::SmallPtrSet<mlir::Value, 16> varying; ///< differs from lane to lane
  llvm::SmallPtrSet<mlir::Operation *, 4> combiners;
  llvm::SmallVector<mlir::Value> flat, offsets;
  llvm::DenseMap<mlir::Value, std::pair<mlir::Value, mlir::Value>> computed; ///< flat, offset
};

} // namespace dyn::codegen

#endif // DYN_CODEGEN_CPU_NEST_BODY_H
