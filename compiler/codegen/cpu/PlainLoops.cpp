//===- PlainLoops.cpp - loops for what is not lane by lane ----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Buffers whose strides are unknown, bodies with control flow, the place of the
// largest of all elements: one element at a time.
//
//===----------------------------------------------------------------------===//
#include "PlainLoops.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace {

constexpr int64_t tasksOfLargeKernels = 8;
constexpr int64_t workForTasks = 1 << 17; ///< elements times ops: some 20 us

/// Elements times ops of the body; a dynamic extent counts as 128.
int64_t workOf(linalg::LinalgOp op) {
  int64_t n = 1;
  for (int64_t d : op.getStaticLoopRanges())
    n *= ShapedType::isDynamic(d) ? 128 : std::max<int64_t>(d, 1);
  return n * std::max<int64_t>(1, int64_t(op.getBlock()->getOperations().size()));
}

/// `for i in lo..hi` as tasks over equal pieces of the range.
void split(scf::ForOp loop) {
  OpBuilder b(loop);
  Location loc = loop.getLoc();
  Value count = arith::ConstantIndexOp::create(b, loc, tasksOfLargeKernels);
  Value piece = arith::CeilDivUIOp::create(b, loc, loop.getUpperBound(), count);
  auto tasks =
      scf::ForallOp::create(b, loc, ArrayRef<OpFoldResult>{b.getIndexAttr(tasksOfLargeKernels)},
                            ValueRange{}, std::nullopt);
  b.setInsertionPointToStart(tasks.getBody());
  Value low = arith::MulIOp::create(b, loc, tasks.getInductionVar(0), piece);
  Value high = arith::MinUIOp::create(b, loc, arith::AddIOp::create(b, loc, low, piece),
                                      loop.getUpperBound());
  auto inner = cast<scf::ForOp>(b.clone(*loop));
  inner.setLowerBound(low);
  inner.setUpperBound(high);
  loop.erase();
}

/// A reduction whose summed loops come last keeps its results in registers while
/// it runs: a store in every step would make each wait for the one before.
bool keepsInRegisters(linalg::GenericOp op) {
  if (!op || op.getNumReductionLoops() == 0)
    return false;
  unsigned parallel = op.getNumParallelLoops();
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  for (auto [i, k] : llvm::enumerate(kinds))
    if ((k == utils::IteratorType::parallel) != (i < parallel))
      return false;
  return llvm::all_of(op.getDpsInitsMutable(), [&](OpOperand &out) {
    AffineMap map = op.getMatchingIndexingMap(&out);
    for (unsigned d = parallel; d < kinds.size(); ++d)
      if (map.isFunctionOfDim(d))
        return false;
    return true;
  });
}

/// Emits the loops of such a reduction; returns the outermost parallel one.
scf::ForOp emitReduction(RewriterBase &b, linalg::GenericOp op) {
  Location loc = op.getLoc();
  SmallVector<Range> ranges = cast<linalg::LinalgOp>(op.getOperation()).createLoopRanges(b, loc);
  SmallVector<Value> ivs;
  auto number = [&](OpFoldResult r) { return getValueOrCreateConstantIndexOp(b, loc, r); };
  auto place = [&](OpOperand *operand) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    SmallVector<Value> at;
    for (AffineExpr e : map.getResults()) {
      AffineMap one = AffineMap::get(map.getNumDims(), 0, e);
      SmallVector<Value> dims(ivs);
      dims.resize(map.getNumDims(),
                  ivs.empty() ? Value(arith::ConstantIndexOp::create(b, loc, 0)) : ivs[0]);
      at.push_back(affine::AffineApplyOp::create(b, loc, one, dims));
    }
    return at;
  };
  scf::ForOp outermost;
  unsigned parallel = op.getNumParallelLoops(), loops = op.getNumLoops();
  for (unsigned d = 0; d < parallel; ++d) {
    auto f = scf::ForOp::create(b, loc, number(ranges[d].offset), number(ranges[d].size),
                                number(ranges[d].stride));
    outermost = outermost ? outermost : f;
    ivs.push_back(f.getInductionVar());
    b.setInsertionPoint(f.getBody()->getTerminator());
  }
  SmallVector<Value> acc;
  for (OpOperand &out : op.getDpsInitsMutable())
    acc.push_back(memref::LoadOp::create(b, loc, out.get(), place(&out)));
  std::function<SmallVector<Value>(unsigned, ValueRange)> reduce =
      [&](unsigned d, ValueRange now) -> SmallVector<Value> {
    if (d == loops) {
      IRMapping map;
      for (OpOperand *in : op.getDpsInputOperands()) {
        Value v = in->get();
        if (isa<MemRefType>(v.getType()))
          v = memref::LoadOp::create(b, loc, v, place(in));
        map.map(op.getMatchingBlockArgument(in), v);
      }
      for (auto [out, v] : llvm::zip(op.getDpsInitsMutable(), now))
        map.map(op.getMatchingBlockArgument(&out), v);
      for (Operation &inner : op.getBody()->without_terminator()) {
        if (auto index = dyn_cast<linalg::IndexOp>(inner))
          map.map(index.getResult(), ivs[index.getDim()]);
        else
          b.clone(inner, map);
      }
      SmallVector<Value> out;
      for (Value v : op.getBody()->getTerminator()->getOperands())
        out.push_back(map.lookupOrDefault(v));
      return out;
    }
    auto f = scf::ForOp::create(b, loc, number(ranges[d].offset), number(ranges[d].size),
                                number(ranges[d].stride), now);
    OpBuilder::InsertionGuard guard(b);
    if (!f.getBody()->empty())
      b.eraseOp(f.getBody()->getTerminator());
    b.setInsertionPointToEnd(f.getBody());
    ivs.push_back(f.getInductionVar());
    SmallVector<Value> inner = reduce(d + 1, f.getRegionIterArgs());
    ivs.pop_back();
    scf::YieldOp::create(b, loc, inner);
    return SmallVector<Value>(f.getResults().begin(), f.getResults().end());
  };
  SmallVector<Value> results = reduce(parallel, acc);
  for (auto [out, v] : llvm::zip(op.getDpsInitsMutable(), results))
    memref::StoreOp::create(b, loc, v, out.get(), place(&out));
  return outermost;
}

} // namespace

LogicalResult dyn::codegen::emitPlainLoops(RewriterBase &b, linalg::LinalgOp op) {
  bool cut = op.getNumLoops() > 0 && workOf(op) >= workForTasks &&
             op.getIteratorTypesArray()[0] == utils::IteratorType::parallel;
  scf::ForOp outer;
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  if (keepsInRegisters(generic)) {
    outer = emitReduction(b, generic);
  } else {
    FailureOr<linalg::LinalgLoops> loops = linalg::linalgOpToLoops(b, op);
    if (failed(loops))
      return op.emitError("has no loops");
    if (!loops->empty())
      outer = dyn_cast<scf::ForOp>(loops->front());
  }
  if (cut && outer)
    split(outer);
  b.eraseOp(op);
  return success();
}
