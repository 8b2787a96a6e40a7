//===- ReverseControl.cpp - derivatives of branches -----------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The condition decides again; each branch is run again and reversed.
//
//===----------------------------------------------------------------------===//
#include "Emit.h"
#include "Reverse.h"
#include "Tape.h"

using namespace mlir;
using namespace dyn::autodiff;

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
      SmallVector<Operation *> ops = recomputeBody(b, from->front(), map);
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
