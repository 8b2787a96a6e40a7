//===- Dependence.cpp - what depends on a value, through regions ---------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Dependence.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dyn::autodiff;

bool Dependence::carry(ValueRange from, ValueRange to) {
  bool changed = false;
  for (auto [f, t] : llvm::zip(from, to))
    changed |= contains(f) && values.insert(t).second;
  return changed;
}

bool Dependence::reaches(Operation *op) const {
  return llvm::any_of(op->getOperands(), [&](Value v) { return contains(v); });
}

void Dependence::follow(Block &block) {
  for (Operation &op : block.without_terminator())
    follow(&op);
}

void Dependence::follow(Operation *op) {
  if (auto branch = dyn_cast<scf::IfOp>(op)) {
    for (Region &r : op->getRegions())
      if (!r.empty()) {
        follow(r.front());
        carry(r.front().getTerminator()->getOperands(), op->getResults());
      }
    if (contains(branch.getCondition()))
      for (OpResult r : op->getResults())
        if (passes(r))
          values.insert(r);
    return;
  }
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    carry(loop.getInitArgs(), loop.getRegionIterArgs());
    do
      follow(*loop.getBody());
    while (carry(loop.getBody()->getTerminator()->getOperands(), loop.getRegionIterArgs()));
    carry(loop.getRegionIterArgs(), loop.getResults());
    return;
  }
  if (auto loop = dyn_cast<scf::WhileOp>(op)) {
    carry(loop.getInits(), loop.getBeforeArguments());
    do {
      follow(*loop.getBeforeBody());
      carry(loop.getConditionOp().getArgs(), loop.getAfterArguments());
      follow(*loop.getAfterBody());
    } while (carry(loop.getYieldOp().getResults(), loop.getBeforeArguments()));
    carry(loop.getConditionOp().getArgs(), loop.getResults());
    return;
  }
  if (reaches(op))
    for (OpResult r : op->getResults())
      if (passes(r))
        values.insert(r);
}

Operation *dyn::autodiff::rebuild(OpBuilder &b, Operation *op, ValueRange operands,
                                  TypeRange results) {
  b.setInsertionPointAfter(op);
  OperationState state(op->getLoc(), op->getName(), operands, results,
                       op->getAttrDictionary().getValue());
  for (unsigned i = 0; i < op->getNumRegions(); ++i)
    state.addRegion();
  Operation *fresh = b.create(state);
  for (auto [from, to] : llvm::zip(op->getRegions(), fresh->getRegions()))
    to.takeBody(from);
  return fresh;
}
