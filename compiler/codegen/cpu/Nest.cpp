//===- Nest.cpp - which loop of an op becomes vectors ---------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 1. Every loop gets its stride in each operand. 2. Loops of one iteration go,
// and loops that walk all operands as one loop would are merged. 3. The loop
// along which most operands are contiguous becomes vectors.
//
//===----------------------------------------------------------------------===//
#include "Nest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace dyn::codegen;

int64_t NestLoop::expected() const { return isDynamic() ? 128 * factor : extent; }

bool Nest::isSummed(unsigned l) const {
  if (!loops[l].reduction)
    return false;
  for (auto [i, isReduced] : llvm::enumerate(reduced))
    if (isReduced && walks[numInputs() + i].strides[l])
      return false;
  return true;
}

double Nest::nanoseconds() const {
  double n = 1, each = 0.03 * walks.size();
  for (const NestLoop &l : loops)
    n *= double(l.expected());
  for (Operation &o : op.getBody()->without_terminator())
    each += isa<math::MathDialect>(o.getDialect()) ? 0.15 : isa<memref::LoadOp>(o) ? 0.5 : 0.02;
  return n * each;
}

/// What vectors can do: anything lane by lane, and reads from computed places.
static bool isSupported(linalg::GenericOp op) {
  for (Operation &o : op.getBody()->without_terminator()) {
    if (auto load = dyn_cast<memref::LoadOp>(o)) {
      if (!stridesOf(load.getMemRefType()))
        return false;
      continue;
    }
    if (o.getNumRegions() ||
        (!OpTrait::hasElementwiseMappableTraits(&o) && !isa<arith::ConstantOp, linalg::IndexOp>(o)))
      return false;
    for (Type t : o.getResultTypes())
      if (!t.isIntOrIndexOrFloat())
        return false;
  }
  return true;
}

/// The op that adds (takes the maximum of, ...) output `i` and a new value.
static Operation *combinerOf(linalg::GenericOp op, unsigned i) {
  BlockArgument acc = op.getRegionOutputArgs()[i];
  Value result = op.getBody()->getTerminator()->getOperand(i);
  Operation *combiner = result.getDefiningOp();
  if (!combiner || combiner->getBlock() != op.getBody() || !acc.hasOneUse() ||
      *acc.user_begin() != combiner || !result.hasOneUse())
    return nullptr;
  if (!isa<arith::AddFOp, arith::MulFOp, arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
           arith::MinNumFOp, arith::AddIOp, arith::MulIOp, arith::AndIOp, arith::OrIOp,
           arith::XOrIOp, arith::MaxSIOp, arith::MinSIOp, arith::MaxUIOp, arith::MinUIOp>(combiner))
    return nullptr;
  return combiner;
}

/// Makes loop `i` and the next one loop, if that is the same walk.
static bool merge(Nest &nest, unsigned i) {
  NestLoop &outer = nest.loops[i], &inner = nest.loops[i + 1];
  if (outer.reduction != inner.reduction || inner.isDynamic())
    return false;
  for (const Walk &w : nest.walks)
    if (w.strides[i] != w.strides[i + 1] * inner.extent)
      return false;
  (outer.isDynamic() ? outer.factor : outer.extent) *= inner.extent;
  nest.loops.erase(nest.loops.begin() + i + 1);
  for (Walk &w : nest.walks)
    w.strides.erase(w.strides.begin() + i);
  for (int &l : nest.loopOf)
    l -= l > int(i);
  return true;
}

/// How many operands a vector along loop `l` reads and writes as it is.
static double scoreOf(const Nest &nest, unsigned l) {
  double score = std::min<double>(nest.loops[l].expected(), lanes) / lanes;
  for (auto [i, w] : llvm::enumerate(nest.walks)) {
    double weight = i < nest.numInputs() ? 1 : 2;
    score += w.strides[l] == 1 ? weight : w.strides[l] == 0 ? 0 : -weight;
  }
  for (Operation &o : nest.op.getBody()->without_terminator())
    if (auto load = dyn_cast<memref::LoadOp>(o); load && !load.getIndices().empty())
      if (auto index = load.getIndices().back().getDefiningOp<linalg::IndexOp>())
        score += nest.loopOf[index.getDim()] == int(l) ? 1 : 0;
  return score;
}

std::optional<Nest> dyn::codegen::analyseNest(linalg::GenericOp op, bool rows) {
  if (!op.hasPureBufferSemantics() || !isSupported(op))
    return std::nullopt;
  Nest nest;
  nest.op = op;
  auto maps = op.getIndexingMapsArray();
  for (auto [i, map] : llvm::enumerate(maps)) {
    auto type = dyn_cast<MemRefType>(op->getOperand(i).getType());
    auto walk = type ? walkOf(type, map) : Walk{SmallVector<int64_t>(map.getNumDims(), 0)};
    if (!walk)
      return std::nullopt;
    nest.walks.push_back(*walk);
  }
  for (unsigned i = 0; i < unsigned(op.getNumDpsInits()); ++i) {
    // What each iteration writes to a place of its own is no reduction.
    nest.reduced.push_back(op.getNumReductionLoops() &&
                           !maps[nest.numInputs() + i].isPermutation());
    // Written again and again: fusion keeps what tells the extent of a sum over windows.
    if (nest.reduced[i] && op.getRegionOutputArgs()[i].use_empty())
      return std::nullopt;
    nest.combiners.push_back(nest.reduced[i] ? combinerOf(op, i) : nullptr);
  }

  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  auto kinds = op.getIteratorTypesArray();
  std::vector<bool> named(ranges.size(), false);
  for (auto index : op.getBody()->getOps<linalg::IndexOp>())
    named[index.getDim()] = true;
  SmallVector<bool> alone; // not to be merged
  for (unsigned d = ranges.size(); d-- > 0;) {
    if (ranges[d] == 1 && !(rows && d == 0)) {
      for (Walk &w : nest.walks)
        w.strides.erase(w.strides.begin() + d);
      continue;
    }
    NestLoop loop{ranges[d], 0, 0, 1, kinds[d] == utils::IteratorType::reduction};
    for (auto [o, map] : llvm::enumerate(maps))
      for (auto [i, e] : llvm::enumerate(map.getResults()))
        if (auto dim = dyn_cast<AffineDimExpr>(e); dim && dim.getPosition() == d)
          loop.operand = o, loop.dim = i;
    nest.loops.insert(nest.loops.begin(), loop);
    alone.insert(alone.begin(), named[d] || (rows && d == 0));
  }
  for (unsigned d = 0, l = 0; d < ranges.size(); ++d)
    nest.loopOf.push_back(ranges[d] == 1 && !(rows && d == 0) ? -1 : int(l++));
  for (unsigned i = 0; i + 1 < nest.loops.size();) {
    if (!alone[i] && !alone[i + 1] && merge(nest, i))
      alone.erase(alone.begin() + i);
    else
      ++i;
  }

  nest.vector = nest.loops.size();
  bool splits = true; // sums along vectors are possible
  for (auto [isReduced, combiner] : llvm::zip(nest.reduced, nest.combiners))
    splits &= !isReduced || combiner;
  double best = 0;
  for (unsigned l = rows ? 1 : 0; l < nest.loops.size(); ++l) {
    if (!splits && nest.isSummed(l))
      continue;
    if (double score = scoreOf(nest, l); !nest.hasVector() || score >= best)
      best = score, nest.vector = l;
  }
  if (nest.accumulates() && !nest.hasVector())
    return std::nullopt;
  return nest;
}
