//===- Forward.cpp - one forward sweep over a list of ops ----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Forward.h"

#include "Emit.h"
#include "Stated.h"
#include "dyn/dialect/Dialect.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::autodiff;

Value Forward::tangentOrZero(Value v, Location loc) {
  if (Value t = tangent(v))
    return t;
  return constantLike(b, loc, v, 0);
}

LogicalResult Forward::sweep(ArrayRef<Operation *> ops) {
  for (Operation *op : ops)
    if (failed(visit(op)))
      return failure();
  return success();
}

LogicalResult Forward::sweep(Block &block) { return sweep(opsOf(block)); }

LogicalResult Forward::visit(Operation *op) {
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return visitIf(branch);
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return visitFor(loop);
  if (auto loop = dyn_cast<scf::WhileOp>(op))
    return visitWhile(loop);
  bool reached = llvm::any_of(op->getOperands(), [&](Value v) { return bool(tangent(v)); });
  bool floats = llvm::any_of(op->getResults(), [](Value r) { return isFloat(r.getType()); });
  if (!reached || !floats || isa<StopOp>(op))
    return success();
  if (auto stated = dyn_cast<StatedOp>(op)) {
    b.setInsertionPointAfter(op);
    SmallVector<Value> along;
    for (Value v : op->getOperands())
      if (isFloat(v.getType()))
        along.push_back(tangentOrZero(v, op->getLoc()));
    setTangent(op->getResult(0), inlineRule(b, stated, along).second);
    return success();
  }
  auto rule = dyn_cast<Differentiable>(op);
  if (!rule)
    return op->emitError("[E0220] no derivative for '") << op->getName() << "'";
  SmallVector<Value> in, out;
  for (Value v : op->getOperands())
    in.push_back(tangent(v));
  b.setInsertionPointAfter(op);
  if (failed(rule.buildJVP(b, op->getOperands(), op->getResults(), in, out)))
    return op->emitError("[E0220] no derivative for '") << op->getName() << "'";
  for (auto [r, t] : llvm::zip(op->getResults(), out))
    if (t)
      setTangent(r, t);
  return success();
}
