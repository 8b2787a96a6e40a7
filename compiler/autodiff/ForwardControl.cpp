//===- ForwardControl.cpp - tangents through branches and loops ----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A loop carries the tangents of what it carries: no tape, no bound.
//
//===----------------------------------------------------------------------===//
#include "Dependence.h"
#include "Emit.h"
#include "Forward.h"

#include "dyn/dialect/Dialect.h"

using namespace mlir;
using namespace dyn::autodiff;

void Forward::append(Operation *to, ValueRange values, ArrayRef<unsigned> wanted) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(to);
  SmallVector<Value> operands(to->getOperands());
  for (unsigned i : wanted)
    operands.push_back(tangentOrZero(values[i], to->getLoc()));
  to->setOperands(operands);
}

void Forward::addArguments(Block &block, ValueRange values, ArrayRef<unsigned> wanted) {
  SmallVector<Value> own(values); // the range moves when the block grows
  for (unsigned i : wanted)
    setTangent(own[i], block.addArgument(own[i].getType(), own[i].getLoc()));
}

void Forward::replace(Operation *old, Operation *fresh, ArrayRef<unsigned> wanted) {
  unsigned n = old->getNumResults();
  for (auto [k, i] : llvm::enumerate(wanted))
    setTangent(fresh->getResult(i), fresh->getResult(n + k));
  old->replaceAllUsesWith(fresh->getResults().take_front(n));
  old->erase();
}

static bool passes(OpResult r) { return isFloat(r.getType()) && !isa<dyn::StopOp>(r.getOwner()); }

/// Positions of those of `values` that have tangents.
static SmallVector<unsigned> marked(const Dependence &flow, ValueRange values) {
  SmallVector<unsigned> out;
  for (auto [i, v] : llvm::enumerate(values))
    if (flow.contains(v))
      out.push_back(unsigned(i));
  return out;
}

static SmallVector<Type> withTangents(ValueRange values, ArrayRef<unsigned> wanted) {
  SmallVector<Type> types(values.getTypes());
  for (unsigned i : wanted)
    types.push_back(values[i].getType());
  return types;
}

LogicalResult Forward::visitIf(scf::IfOp op) {
  llvm::SetVector<unsigned> reached;
  for (Region &r : op->getRegions()) {
    if (r.empty())
      continue;
    if (failed(sweep(r.front())))
      return failure();
    for (auto [i, v] : llvm::enumerate(r.front().getTerminator()->getOperands()))
      if (tangent(v))
        reached.insert(unsigned(i));
  }
  if (reached.empty())
    return success();
  SmallVector<unsigned> wanted = reached.takeVector();
  for (Region &r : op->getRegions()) {
    Operation *end = r.front().getTerminator();
    append(end, SmallVector<Value>(end->getOperands()), wanted);
  }
  replace(op, rebuild(b, op, op->getOperands(), withTangents(op->getResults(), wanted)), wanted);
  return success();
}

Dependence Forward::reachedBy(Operation *op) const {
  Dependence flow(passes);
  for (auto &[v, t] : tangents)
    flow.insert(v);
  flow.follow(op);
  return flow;
}

LogicalResult Forward::visitFor(scf::ForOp op) {
  Dependence flow = reachedBy(op);
  SmallVector<unsigned> wanted = marked(flow, op.getRegionIterArgs());
  SmallVector<Value> operands(op->getOperands());
  b.setInsertionPoint(op);
  for (unsigned i : wanted)
    operands.push_back(tangentOrZero(op.getInitArgs()[i], op.getLoc()));
  unsigned n = op.getNumRegionIterArgs();
  auto fresh = cast<scf::ForOp>(rebuild(b, op, operands, withTangents(op->getResults(), wanted)));
  Block &body = *fresh.getBody();
  addArguments(body, body.getArguments().slice(1, n), wanted);
  if (failed(sweep(body)))
    return failure();
  Operation *end = body.getTerminator();
  append(end, SmallVector<Value>(end->getOperands()), wanted);
  replace(op, fresh, wanted);
  return success();
}

LogicalResult Forward::visitWhile(scf::WhileOp op) {
  Dependence flow = reachedBy(op);
  SmallVector<unsigned> state = marked(flow, op.getBeforeArguments());
  SmallVector<unsigned> passed = marked(flow, op.getAfterArguments());
  SmallVector<Value> operands(op->getOperands());
  b.setInsertionPoint(op);
  for (unsigned i : state)
    operands.push_back(tangentOrZero(op.getInits()[i], op.getLoc()));
  auto fresh = cast<scf::WhileOp>(rebuild(b, op, operands, withTangents(op->getResults(), passed)));
  addArguments(*fresh.getBeforeBody(), fresh.getBeforeArguments(), state);
  if (failed(sweep(*fresh.getBeforeBody())))
    return failure();
  scf::ConditionOp test = fresh.getConditionOp();
  append(test, SmallVector<Value>(test.getArgs()), passed);
  addArguments(*fresh.getAfterBody(), fresh.getAfterArguments(), passed);
  if (failed(sweep(*fresh.getAfterBody())))
    return failure();
  scf::YieldOp end = fresh.getYieldOp();
  append(end, SmallVector<Value>(end.getResults()), state);
  replace(op, fresh, passed);
  return success();
}
