//===- ReverseControl.cpp - derivatives of branches and loops -------------===//
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

#include "dyn/dialect/Dialect.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::autodiff;

/// Clones the body of `block` without its terminator; returns the clones.
static SmallVector<Operation *> cloneBody(OpBuilder &b, Block &block, IRMapping &map) {
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(b.clone(op, map));
  return ops;
}

LogicalResult Reverse::visitIf(scf::IfOp op) {
  Location loc = op.getLoc();
  SmallVector<Value> captures = activeCaptures(op->getRegions());
  SmallVector<Type> types;
  for (Value v : captures)
    types.push_back(v.getType());
  auto reversed = scf::IfOp::create(b, loc, types, op.getCondition(), /*withElse=*/true);
  for (auto [from, to] : {std::pair(&op.getThenRegion(), &reversed.getThenRegion()),
                          std::pair(&op.getElseRegion(), &reversed.getElseRegion())}) {
    OpBuilder::InsertionGuard guard(b);
    Block &into = to->front();
    if (!into.empty())
      into.back().erase();
    b.setInsertionPointToEnd(&into);
    Reverse inner(b);
    for (Value v : captures)
      inner.activate(v);
    if (!from->empty()) {
      IRMapping map;
      SmallVector<Operation *> ops = cloneBody(b, from->front(), map);
      inner.propagate(ops);
      for (auto [r, y] : llvm::zip(op.getResults(), from->front().getTerminator()->getOperands()))
        inner.accumulate(map.lookupOrDefault(y), cotangent(r));
      if (failed(inner.sweep(ops)))
        return failure();
    }
    SmallVector<Value> out;
    for (Value v : captures)
      out.push_back(inner.cotangentOrZero(v, loc));
    scf::YieldOp::create(b, loc, out);
  }
  for (auto [v, g] : llvm::zip(captures, reversed.getResults()))
    accumulate(v, g);
  return success();
}

LogicalResult Reverse::visitFor(scf::ForOp op) {
  Location loc = op.getLoc();
  std::optional<int64_t> lb = getConstantIntValue(op.getLowerBound());
  std::optional<int64_t> ub = getConstantIntValue(op.getUpperBound());
  std::optional<int64_t> step = getConstantIntValue(op.getStep());
  if (!lb || !ub || !step || *step <= 0)
    return op.emitError("[E0222] this loop has no bound for derivatives");
  int64_t trips = std::max<int64_t>(0, llvm::divideCeil(*ub - *lb, *step));
  for (Value v : op.getInitArgs())
    if (auto t = dyn_cast<RankedTensorType>(v.getType()); t && !t.hasStaticShape())
      return op.emitError("[E0229] a loop that carries a run-time extent is not differentiated yet");

  // 1. The forward loop once more, with a tape for each carried value.
  unsigned n = op.getInitArgs().size();
  scf::ForOp forward;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(op);
    SmallVector<Value> inits(op.getInitArgs().begin(), op.getInitArgs().end());
    for (unsigned i = 0; i < n; ++i) {
      Type t = inits[i].getType();
      SmallVector<int64_t> shape{trips};
      if (auto tensor = dyn_cast<RankedTensorType>(t))
        shape.append(tensor.getShape().begin(), tensor.getShape().end());
      inits.push_back(tensor::EmptyOp::create(b, loc, shape, getElementTypeOrSelf(t)));
    }
    forward = scf::ForOp::create(b, loc, op.getLowerBound(), op.getUpperBound(), op.getStep(), inits);
    Block &body = *forward.getBody();
    if (!body.empty())
      body.back().erase();
    b.setInsertionPointToEnd(&body);
    Value slot = arith::DivSIOp::create(
        b, loc, arith::SubIOp::create(b, loc, forward.getInductionVar(), op.getLowerBound()), op.getStep());
    SmallVector<Value> tapes;
    for (unsigned i = 0; i < n; ++i) {
      Value now = forward.getRegionIterArg(i), tape = forward.getRegionIterArg(n + i);
      auto tensor = dyn_cast<RankedTensorType>(now.getType());
      if (!tensor) {
        tapes.push_back(tensor::InsertOp::create(b, loc, now, tape, slot));
        continue;
      }
      SmallVector<OpFoldResult> offsets{slot}, sizes{b.getIndexAttr(1)}, strides{b.getIndexAttr(1)};
      for (int64_t d : tensor.getShape()) {
        offsets.push_back(b.getIndexAttr(0));
        sizes.push_back(b.getIndexAttr(d));
        strides.push_back(b.getIndexAttr(1));
      }
      tapes.push_back(tensor::InsertSliceOp::create(b, loc, now, tape, offsets, sizes, strides));
    }
    IRMapping map;
    map.map(op.getInductionVar(), forward.getInductionVar());
    for (unsigned i = 0; i < n; ++i)
      map.map(op.getRegionIterArg(i), forward.getRegionIterArg(i));
    cloneBody(b, *op.getBody(), map);
    SmallVector<Value> yields;
    for (Value y : op.getBody()->getTerminator()->getOperands())
      yields.push_back(map.lookupOrDefault(y));
    yields.append(tapes);
    scf::YieldOp::create(b, loc, yields);
  }
  for (unsigned i = 0; i < n; ++i) {
    Value old = op.getResult(i), fresh = forward.getResult(i);
    if (active.contains(old))
      active.insert(fresh);
    if (Value g = cotangents.lookup(old))
      cotangents[fresh] = g;
    old.replaceAllUsesWith(fresh);
  }

  // 2. The reverse loop carries the cotangents of the carried floats and sums
  //    those of everything captured.
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
  Value zero = arith::ConstantIndexOp::create(b, loc, 0), one = arith::ConstantIndexOp::create(b, loc, 1);
  Value count = arith::ConstantIndexOp::create(b, loc, trips);
  auto backward = scf::ForOp::create(b, loc, zero, count, one, inits);
  {
    OpBuilder::InsertionGuard guard(b);
    Block &body = *backward.getBody();
    if (!body.empty())
      body.back().erase();
    b.setInsertionPointToEnd(&body);
    Value slot = arith::SubIOp::create(b, loc, arith::ConstantIndexOp::create(b, loc, trips - 1), backward.getInductionVar());
    Value iv = arith::AddIOp::create(b, loc, op.getLowerBound(), arith::MulIOp::create(b, loc, slot, op.getStep()));
    IRMapping map;
    map.map(op.getInductionVar(), iv);
    Reverse inner(b);
    for (unsigned i = 0; i < n; ++i) {
      Value tape = forward.getResult(n + i), now;
      auto tensor = dyn_cast<RankedTensorType>(op.getInitArgs()[i].getType());
      if (!tensor) {
        now = tensor::ExtractOp::create(b, loc, tape, slot);
      } else {
        SmallVector<OpFoldResult> offsets{slot}, sizes{b.getIndexAttr(1)}, strides{b.getIndexAttr(1)};
        for (int64_t d : tensor.getShape()) {
          offsets.push_back(b.getIndexAttr(0));
          sizes.push_back(b.getIndexAttr(d));
          strides.push_back(b.getIndexAttr(1));
        }
        now = tensor::ExtractSliceOp::create(b, loc, tensor, tape, offsets, sizes, strides);
      }
      map.map(op.getRegionIterArg(i), now);
      if (isFloat(now.getType()))
        inner.activate(now);
    }
    for (Value v : captures)
      inner.activate(v);
    SmallVector<Operation *> ops = cloneBody(b, *op.getBody(), map);
    inner.propagate(ops);
    for (auto [k, i] : llvm::enumerate(floats))
      inner.accumulate(map.lookupOrDefault(op.getBody()->getTerminator()->getOperand(i)), backward.getRegionIterArg(k));
    if (failed(inner.sweep(ops)))
      return failure();
    SmallVector<Value> yields;
    for (unsigned i : floats)
      yields.push_back(inner.cotangentOrZero(map.lookup(op.getRegionIterArg(i)), loc));
    for (auto [k, v] : llvm::enumerate(captures)) {
      Value sum = backward.getRegionIterArg(floats.size() + k);
      if (Value g = inner.cotangent(v))
        sum = add(b, loc, sum, g);
      yields.push_back(sum);
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
