//===- LiftControl.cpp - frames through branches and loops ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The members decide alike: a test that differs from member to member is refused.
//
//===----------------------------------------------------------------------===//
#include "Lift.h"

using namespace mlir;
using namespace dyn::autodiff;

SmallVector<unsigned> Lift::varying(ValueRange values) {
  SmallVector<unsigned> out;
  for (auto [i, v] : llvm::enumerate(values))
    if (flow.contains(v))
      out.push_back(unsigned(i));
  return out;
}

SmallVector<Value> Lift::twinned(ValueRange values, ArrayRef<unsigned> wanted, Location loc) {
  SmallVector<Value> out(values);
  for (unsigned i : wanted)
    out[i] = lifted(out[i], loc);
  return out;
}

SmallVector<Type> Lift::types(ValueRange values, ArrayRef<unsigned> wanted) {
  SmallVector<Type> out(values.getTypes());
  for (unsigned i : wanted)
    out[i] = framed(out[i]);
  return out;
}

/// The twin takes the place of each argument; the old one goes last, to be erased.
void Lift::replaceArguments(Block &block, unsigned first, ArrayRef<unsigned> wanted) {
  for (unsigned i : wanted) {
    BlockArgument old = block.getArgument(first + i);
    BlockArgument now = block.insertArgument(first + i, framed(old.getType()), old.getLoc());
    BlockArgument last = block.addArgument(old.getType(), old.getLoc());
    old.replaceAllUsesWith(last);
    block.eraseArgument(first + i + 1);
    oldArguments.push_back(last);
    setTwin(last, now);
  }
}

void Lift::replaceResults(Operation *old, Operation *fresh, ArrayRef<unsigned> wanted) {
  for (auto [i, r] : llvm::enumerate(old->getResults()))
    if (llvm::is_contained(wanted, unsigned(i)))
      setTwin(r, fresh->getResult(i));
    else
      r.replaceAllUsesWith(fresh->getResult(i));
  replaced.push_back(old);
}

static LogicalResult refuse(Operation *op) {
  return op->emitError("[E0229] a test that differs from direction to direction is not lifted yet");
}

static void setOperands(Operation *op, unsigned first, ArrayRef<Value> values) {
  for (auto [i, v] : llvm::enumerate(values))
    op->setOperand(first + unsigned(i), v);
}

LogicalResult Lift::visitIf(scf::IfOp op) {
  if (!isShared(op.getCondition()))
    return refuse(op);
  SmallVector<unsigned> wanted = varying(op->getResults());
  for (Region &r : op->getRegions()) {
    if (r.empty())
      continue;
    if (failed(sweep(r.front())))
      return failure();
    Operation *end = r.front().getTerminator();
    b.setInsertionPoint(end);
    end->setOperands(twinned(end->getOperands(), wanted, op.getLoc()));
  }
  if (!wanted.empty())
    replaceResults(op, rebuild(b, op, op->getOperands(), types(op->getResults(), wanted)), wanted);
  return success();
}

LogicalResult Lift::visitFor(scf::ForOp op) {
  if (llvm::any_of(op->getOperands().take_front(3), [&](Value v) { return !isShared(v); }))
    return refuse(op);
  SmallVector<unsigned> wanted = varying(op.getRegionIterArgs());
  scf::ForOp now = op;
  if (!wanted.empty()) {
    b.setInsertionPoint(op);
    SmallVector<Value> operands(op->getOperands().take_front(3));
    operands.append(twinned(op.getInitArgs(), wanted, op.getLoc()));
    now = cast<scf::ForOp>(rebuild(b, op, operands, types(op->getResults(), wanted)));
    replaceArguments(*now.getBody(), 1, wanted);
  }
  if (failed(sweep(*now.getBody())))
    return failure();
  if (wanted.empty())
    return success();
  Operation *end = now.getBody()->getTerminator();
  b.setInsertionPoint(end);
  end->setOperands(twinned(end->getOperands(), wanted, op.getLoc()));
  replaceResults(op, now, wanted);
  return success();
}

LogicalResult Lift::visitWhile(scf::WhileOp op) {
  SmallVector<unsigned> state = varying(op.getBeforeArguments());
  SmallVector<unsigned> passed = varying(op.getAfterArguments());
  b.setInsertionPoint(op);
  SmallVector<Value> operands = twinned(op.getInits(), state, op.getLoc());
  auto now = cast<scf::WhileOp>(rebuild(b, op, operands, types(op->getResults(), passed)));
  replaceArguments(*now.getBeforeBody(), 0, state);
  replaceArguments(*now.getAfterBody(), 0, passed);
  if (failed(sweep(*now.getBeforeBody())) || failed(sweep(*now.getAfterBody())))
    return failure();
  scf::ConditionOp test = now.getConditionOp();
  if (!isShared(test.getCondition()))
    return refuse(test);
  b.setInsertionPoint(test);
  setOperands(test, 1, twinned(test.getArgs(), passed, op.getLoc()));
  scf::YieldOp end = now.getYieldOp();
  b.setInsertionPoint(end);
  setOperands(end, 0, twinned(end.getResults(), state, op.getLoc()));
  replaceResults(op, now, passed);
  return success();
}
