//===- Reverse.cpp - one reverse sweep over a list of ops -----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Reverse.h"

#include "Emit.h"
#include "Stated.h"
#include "dyn/dialect/Dialect.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::autodiff;

void Reverse::accumulate(Value v, Value g) {
  if (!g || !isActive(v))
    return;
  Value &slot = cotangents[v];
  slot = slot ? add(b, g.getLoc(), slot, g) : g;
}

Value Reverse::cotangentOrZero(Value v, Location loc) {
  if (Value g = cotangent(v))
    return g;
  return constantLike(b, loc, v, 0);
}

SmallVector<Value> Reverse::activeCaptures(MutableArrayRef<Region> regions) {
  llvm::SetVector<Value> above;
  for (Region &r : regions)
    getUsedValuesDefinedAbove(r, r, above);
  SmallVector<Value> out;
  for (Value v : above)
    if (isActive(v))
      out.push_back(v);
  return out;
}

void Reverse::propagate(ArrayRef<Operation *> ops) {
  for (Operation *op : ops) {
    if (isa<StopOp>(op))
      continue;
    bool reached = llvm::any_of(op->getOperands(), [&](Value v) { return isActive(v); }) ||
                   !activeCaptures(op->getRegions()).empty();
    if (reached)
      for (Value r : op->getResults())
        if (isFloat(r.getType()))
          active.insert(r);
  }
}

void Reverse::replace(ValueRange old, ValueRange fresh) {
  for (auto [from, to] : llvm::zip(old, fresh)) {
    if (isActive(from))
      active.insert(to);
    if (Value g = cotangent(from))
      cotangents[to] = g;
    from.replaceAllUsesWith(to);
  }
}

LogicalResult Reverse::sweep(ArrayRef<Operation *> ops) {
  propagate(ops);
  for (Operation *op : llvm::reverse(ops)) {
    bool wanted =
        llvm::any_of(op->getResults(), [&](Value r) { return isActive(r) && cotangent(r); });
    if (wanted && failed(visit(op)))
      return failure();
  }
  return success();
}

LogicalResult Reverse::visit(Operation *op) {
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return visitIf(branch);
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return visitFor(loop);
  if (auto loop = dyn_cast<scf::WhileOp>(op))
    return visitWhile(loop);
  if (auto stated = dyn_cast<StatedOp>(op))
    return visitStated(stated);
  auto rule = dyn_cast<Differentiable>(op);
  if (!rule)
    return op->emitError("[E0220] no derivative for '")
           << op->getName() << "'; cut with `stop`, or use a smooth form";
  SmallVector<Value> ct, out;
  for (Value r : op->getResults())
    ct.push_back(cotangent(r));
  if (failed(rule.buildVJP(b, op->getOperands(), op->getResults(), ct, out)))
    return op->emitError("[E0220] no derivative for '")
           << op->getName() << "'; cut with `stop`, or use a smooth form";
  for (auto [v, g] : llvm::zip(op->getOperands(), out))
    accumulate(v, g);
  return success();
}

/// The rule is linear, so its derivative by the tangents is its transpose, wherever.
LogicalResult Reverse::visitStated(StatedOp op) {
  Reverse inner(b);
  SmallVector<Value> variables;
  for (Value v : op.getInputs())
    if (isFloat(v.getType())) {
      variables.push_back(constantLike(b, op.getLoc(), v, 0));
      inner.activate(variables.back());
    }
  auto [ops, tangent] = inlineRule(b, op, variables);
  inner.propagate(ops);
  inner.accumulate(tangent, cotangent(op.getResult()));
  if (failed(inner.sweep(ops)))
    return failure();
  size_t next = 0;
  for (Value v : op.getInputs())
    if (isFloat(v.getType()))
      accumulate(v, inner.cotangent(variables[next++]));
  return success();
}
