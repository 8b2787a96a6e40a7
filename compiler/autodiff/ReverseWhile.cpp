//===- ReverseWhile.cpp - derivatives of loops that run while a test holds ===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Forward the loop counts its iterations, records the state that each test sees
// and stops at its limit. Backward the last test is reversed first, then each
// iteration (test and body) in a counted loop, which carries the same limit and
// so has a derivative as well.
//
//===----------------------------------------------------------------------===//
#include "Emit.h"
#include "Reverse.h"
#include "Tape.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace dyn::autodiff;

static SmallVector<Value> lookup(IRMapping &map, ValueRange values) {
  SmallVector<Value> out;
  for (Value v : values)
    out.push_back(map.lookupOrDefault(v));
  return out;
}

/// `op` once more, with a counter and a tape for each state value. Results:
/// those of `op`, the count, the tapes.
static scf::WhileOp recordWhile(OpBuilder &b, scf::WhileOp op, int64_t limit,
                                ArrayRef<SmallVector<Value>> extents) {
  Location loc = op.getLoc();
  unsigned n = op.getInits().size(), m = op.getNumResults();
  SmallVector<Value> inits(op.getInits());
  inits.push_back(arith::ConstantIndexOp::create(b, loc, 0));
  for (auto [v, e] : llvm::zip(op.getInits(), extents))
    inits.push_back(makeTape(b, loc, v.getType(), limit + 1, e));
  SmallVector<Type> types(op.getResultTypes());
  for (Value v : ValueRange(inits).drop_front(n))
    types.push_back(v.getType());
  auto before = [&](OpBuilder &b, Location loc, ValueRange args) {
    Value slot = args[n];
    SmallVector<Value> tapes;
    for (unsigned i = 0; i < n; ++i)
      tapes.push_back(record(b, loc, args[i], args[n + 1 + i], slot, extents[i]));
    IRMapping map;
    map.map(op.getBeforeArguments(), args.take_front(n));
    cloneBody(b, *op.getBeforeBody(), map);
    SmallVector<Value> pass = lookup(map, op.getConditionOp().getArgs());
    pass.push_back(slot);
    pass.append(tapes);
    Value room = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, slot,
                                       arith::ConstantIndexOp::create(b, loc, limit));
    Value go = map.lookupOrDefault(op.getConditionOp().getCondition());
    scf::ConditionOp::create(b, loc, arith::AndIOp::create(b, loc, go, room), pass);
  };
  auto after = [&](OpBuilder &b, Location loc, ValueRange args) {
    IRMapping map;
    map.map(op.getAfterArguments(), args.take_front(m));
    cloneBody(b, *op.getAfterBody(), map);
    SmallVector<Value> yields = lookup(map, op.getYieldOp().getResults());
    Value one = arith::ConstantIndexOp::create(b, loc, 1);
    yields.push_back(arith::AddIOp::create(b, loc, args[m], one));
    llvm::append_range(yields, args.drop_front(m + 1));
    scf::YieldOp::create(b, loc, yields);
  };
  auto forward = scf::WhileOp::create(b, loc, types, inits, before, after);
  forward->setAttr(limitAttr, b.getI64IntegerAttr(limit));
  return forward;
}

LogicalResult Reverse::visitWhile(scf::WhileOp op) {
  Location loc = op.getLoc();
  auto limit = op->getAttrOfType<IntegerAttr>(limitAttr);
  if (!limit || limit.getInt() < 0)
    return op->emitError("[E0222] this loop has no bound for derivatives");
  unsigned n = op.getInits().size(), m = op.getNumResults();
  scf::WhileOp forward;
  SmallVector<SmallVector<Value>> extents;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(op);
    for (Value v : op.getInits())
      extents.push_back(runtimeExtents(b, loc, v));
    forward = recordWhile(b, op, limit.getInt(), extents);
  }
  replace(op.getResults(), forward.getResults().take_front(m));
  Value count = forward.getResult(m);
  ValueRange tapes = forward.getResults().drop_front(m + 1);
  SmallVector<Value> captures = activeCaptures(op->getRegions());
  SmallVector<unsigned> floats;
  for (unsigned i = 0; i < n; ++i)
    if (isFloat(op.getInits()[i].getType()))
      floats.push_back(i);

  // Runs the test on the state in `slot` again, and the body after it if
  // `whole`; returns the cotangents of the state's floats and of the captures.
  auto reverseOnce = [&](Value slot, bool whole, ValueRange ct,
                         SmallVectorImpl<Value> &out) -> LogicalResult {
    IRMapping map;
    Reverse inner(b);
    for (unsigned i = 0; i < n; ++i) {
      Value now = recall(b, loc, op.getInits()[i].getType(), tapes[i], slot, extents[i]);
      map.map(op.getBeforeArguments()[i], now);
      if (isFloat(now.getType()))
        inner.activate(now);
    }
    for (Value v : captures)
      inner.activate(v);
    SmallVector<Operation *> ops = recomputeBody(b, *op.getBeforeBody(), map);
    SmallVector<Value> ends = lookup(map, op.getConditionOp().getArgs());
    if (whole) {
      map.map(op.getAfterArguments(), ends);
      ops.append(recomputeBody(b, *op.getAfterBody(), map));
      ends = lookup(map, op.getYieldOp().getResults());
    }
    inner.propagate(ops);
    for (auto [v, g] : llvm::zip(ends, ct))
      inner.accumulate(v, g);
    if (failed(inner.sweep(ops)))
      return failure();
    for (unsigned i : floats)
      out.push_back(inner.cotangentOrZero(map.lookup(op.getBeforeArguments()[i]), loc));
    for (Value v : captures)
      out.push_back(inner.cotangentOrZero(v, loc));
    return success();
  };

  SmallVector<Value> ends, inits;
  for (Value r : forward.getResults().take_front(m))
    ends.push_back(cotangent(r));
  if (failed(reverseOnce(count, /*whole=*/false, ends, inits)))
    return failure();
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  Value last = arith::SubIOp::create(b, loc, count, one);
  auto backward = scf::ForOp::create(b, loc, zero, count, one, inits,
                                     [](OpBuilder &, Location, Value, ValueRange) {});
  backward->setAttr(limitAttr, limit);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(backward.getBody());
    Value slot = arith::SubIOp::create(b, loc, last, backward.getInductionVar());
    SmallVector<Value> ct(n), yields;
    for (auto [k, i] : llvm::enumerate(floats))
      ct[i] = backward.getRegionIterArg(k);
    if (failed(reverseOnce(slot, /*whole=*/true, ct, yields)))
      return failure();
    for (size_t k = floats.size(); k < yields.size(); ++k)
      yields[k] = add(b, loc, backward.getRegionIterArg(k), yields[k]);
    scf::YieldOp::create(b, loc, yields);
  }
  for (auto [k, i] : llvm::enumerate(floats))
    accumulate(op.getInits()[i], backward.getResult(k));
  for (auto [k, v] : llvm::enumerate(captures))
    accumulate(v, backward.getResult(floats.size() + k));
  op.erase();
  return success();
}
