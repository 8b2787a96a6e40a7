//===- ReverseLoops.cpp - derivatives of counted loops --------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A loop stays a loop. Forward it records what each iteration starts from on
// tapes, one slot an iteration; backward it reads a slot, runs the body again
// and reverses that.
//
//===----------------------------------------------------------------------===//
#include "Emit.h"
#include "Reverse.h"
#include "Tape.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace dyn::autodiff;

namespace {
/// How often a loop runs: at most `slots` times, and `count` times at run time.
struct Trips {
  int64_t slots = 0;
  Value count;
};
} // namespace

/// Counts `op`; without static bounds it stops at its limit, so that the tape
/// holds every iteration. Nothing: there is no bound.
static std::optional<Trips> countTrips(OpBuilder &b, scf::ForOp op) {
  Location loc = op.getLoc();
  std::optional<int64_t> lb = getConstantIntValue(op.getLowerBound());
  std::optional<int64_t> ub = getConstantIntValue(op.getUpperBound());
  std::optional<int64_t> step = getConstantIntValue(op.getStep());
  if (step && *step <= 0)
    return std::nullopt;
  if (lb && ub && step) {
    int64_t n = *ub > *lb ? int64_t(llvm::divideCeil(*ub - *lb, *step)) : 0;
    return Trips{n, arith::ConstantIndexOp::create(b, loc, n)};
  }
  auto limit = op->getAttrOfType<IntegerAttr>(limitAttr);
  if (!limit || !op.getLowerBound().getType().isIndex())
    return std::nullopt;
  Value span = arith::SubIOp::create(b, loc, op.getUpperBound(), op.getLowerBound());
  Value n = arith::CeilDivSIOp::create(b, loc, span, op.getStep());
  n = arith::MaxSIOp::create(b, loc, n, arith::ConstantIndexOp::create(b, loc, 0));
  n = arith::MinSIOp::create(b, loc, n, arith::ConstantIndexOp::create(b, loc, limit.getInt()));
  return Trips{limit.getInt(), n};
}

/// Counter of iteration `slot` of `op`, in the type of its counter.
static Value counterAt(OpBuilder &b, scf::ForOp op, Value slot) {
  Location loc = op.getLoc();
  Type type = op.getLowerBound().getType();
  if (!type.isIndex())
    slot = arith::IndexCastOp::create(b, loc, type, slot);
  return arith::AddIOp::create(b, loc, op.getLowerBound(),
                               arith::MulIOp::create(b, loc, slot, op.getStep()));
}

/// `op` once more from slot 0 to `trips`, with a tape behind each carried value.
static scf::ForOp recordLoop(OpBuilder &b, scf::ForOp op, const Trips &trips,
                             ArrayRef<SmallVector<Value>> extents) {
  Location loc = op.getLoc();
  unsigned n = op.getInitArgs().size();
  SmallVector<Value> inits(op.getInitArgs());
  for (auto [v, e] : llvm::zip(op.getInitArgs(), extents))
    inits.push_back(makeTape(b, loc, v.getType(), trips.slots, e));
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  return scf::ForOp::create(b, loc, zero, trips.count, one, inits,
                            [&](OpBuilder &b, Location loc, Value slot, ValueRange carried) {
                              SmallVector<Value> tapes;
                              for (unsigned i = 0; i < n; ++i)
                                tapes.push_back(
                                    record(b, loc, carried[i], carried[n + i], slot, extents[i]));
                              IRMapping map;
                              map.map(op.getInductionVar(), counterAt(b, op, slot));
                              map.map(op.getRegionIterArgs(), carried.take_front(n));
                              cloneBody(b, *op.getBody(), map);
                              SmallVector<Value> yields;
                              for (Value y : op.getBody()->getTerminator()->getOperands())
                                yields.push_back(map.lookupOrDefault(y));
                              yields.append(tapes);
                              scf::YieldOp::create(b, loc, yields);
                            });
}

LogicalResult Reverse::visitFor(scf::ForOp op) {
  Location loc = op.getLoc();
  unsigned n = op.getInitArgs().size();
  scf::ForOp forward;
  std::optional<Trips> trips;
  SmallVector<SmallVector<Value>> extents;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(op);
    trips = countTrips(b, op);
    if (!trips)
      return op.emitError("[E0222] this loop has no bound for derivatives");
    for (Value v : op.getInitArgs())
      extents.push_back(runtimeExtents(b, loc, v));
    forward = recordLoop(b, op, *trips, extents);
    if (!getConstantIntValue(trips->count))
      forward->setAttr(limitAttr, b.getI64IntegerAttr(trips->slots));
  }
  replace(op.getResults(), forward.getResults().take_front(n));

  // The reverse loop carries the cotangents of the carried floats and sums
  // those of everything captured.
  SmallVector<unsigned> floats;
  for (unsigned i = 0; i < n; ++i)
    if (isFloat(op.getInitArgs()[i].getType()))
      floats.push_back(i);
  SmallVector<Value> captures = activeCaptures(op->getRegions());
  SmallVector<Value> inits;
  for (unsigned i : floats)
    inits.push_back(cotangentOrZero(forward.getResult(i), loc));
  for (Value v : captures)
    inits.push_back(constantLike(b, loc, v, 0));
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  Value last = arith::SubIOp::create(b, loc, trips->count, one);
  auto backward = scf::ForOp::create(b, loc, zero, trips->count, one, inits,
                                     [](OpBuilder &, Location, Value, ValueRange) {});
  if (Attribute limit = forward->getAttr(limitAttr))
    backward->setAttr(limitAttr, limit);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(backward.getBody());
    Value slot = arith::SubIOp::create(b, loc, last, backward.getInductionVar());
    IRMapping map;
    map.map(op.getInductionVar(), counterAt(b, op, slot));
    Reverse inner(b);
    for (unsigned i = 0; i < n; ++i) {
      Value now =
          recall(b, loc, op.getInitArgs()[i].getType(), forward.getResult(n + i), slot, extents[i]);
      map.map(op.getRegionIterArg(i), now);
      if (isFloat(now.getType()))
        inner.activate(now);
    }
    for (Value v : captures)
      inner.activate(v);
    SmallVector<Operation *> ops = recomputeBody(b, *op.getBody(), map);
    inner.propagate(ops);
    ValueRange yielded = op.getBody()->getTerminator()->getOperands();
    for (auto [k, i] : llvm::enumerate(floats))
      inner.accumulate(map.lookupOrDefault(yielded[i]), backward.getRegionIterArg(k));
    if (failed(inner.sweep(ops)))
      return failure();
    SmallVector<Value> yields;
    for (unsigned i : floats)
      yields.push_back(inner.cotangentOrZero(map.lookup(op.getRegionIterArg(i)), loc));
    for (auto [k, v] : llvm::enumerate(captures)) {
      Value sum = backward.getRegionIterArg(floats.size() + k);
      Value g = inner.cotangent(v);
      yields.push_back(g ? add(b, loc, sum, g) : sum);
    }
    scf::YieldOp::create(b, loc, yields);
  }
  for (auto [k, i] : llvm::enumerate(floats))
    accumulate(op.getInitArgs()[i], backward.getResult(k));
  for (auto [k, v] : llvm::enumerate(captures))
    accumulate(v, backward.getResult(floats.size() + k));
  op.erase();
  return success();
}
