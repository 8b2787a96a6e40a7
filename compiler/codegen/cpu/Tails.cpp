//===- Tails.cpp - element-wise ops that go with a contraction ------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A bias and an activation, the derivative of one, the update of the weights
// whose gradient a contraction is: each needs an element of the output as soon
// as that is complete, so the output need not go to memory and come back.
//
//===----------------------------------------------------------------------===//
#include "Contraction.h"
#include "Groups.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace dyn::codegen;

namespace {

/// What an op and the ops in it do to a buffer.
struct Touch {
  bool reads = false, writes = false;
};

Touch touchOf(Operation *op, Value buffer) {
  Touch touch;
  auto overlaps = [&](Value v) { return isa<MemRefType>(v.getType()) && mayOverlap(v, buffer); };
  op->walk([&](Operation *inner) {
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(inner)) {
      for (OpOperand *in : linalgOp.getDpsInputOperands())
        touch.reads |= overlaps(in->get());
      for (Value out : linalgOp.getDpsInits())
        if (overlaps(out))
          touch = {true, true};
    } else if (auto load = dyn_cast<memref::LoadOp>(inner)) {
      touch.reads |= overlaps(load.getMemRef());
    } else if (auto store = dyn_cast<memref::StoreOp>(inner)) {
      touch.writes |= overlaps(store.getMemRef());
    } else if (inner->getNumRegions() == 0 && !isMemoryEffectFree(inner) &&
               !isa<memref::AllocOp>(inner)) {
      touch = {true, true}; // a call may reach any buffer by its address
    }
  });
  return touch;
}

/// The op after `contraction` in its block that reads its output first, if the
/// contraction could as well be right before it.
linalg::GenericOp firstReader(linalg::GenericOp contraction) {
  Value a = contraction->getOperand(0), b = contraction->getOperand(1),
        c = contraction->getOperand(2);
  for (Operation *op = contraction->getNextNode(); op; op = op->getNextNode()) {
    Touch result = touchOf(op, c);
    if (result.reads || result.writes)
      return dyn_cast<linalg::GenericOp>(op);
    if (touchOf(op, a).writes || touchOf(op, b).writes)
      return {};
  }
  return {};
}

/// Whether `tail` changes a factor while others still read it, or sees the output
/// in a second way, by which an element may not be complete yet.
bool isInTheWay(linalg::GenericOp tail, linalg::GenericOp contraction) {
  Value c = contraction.getDpsInits()[0];
  return llvm::any_of(tail.getDpsInits(),
                      [&](Value out) {
                        return mayOverlap(out, contraction->getOperand(0)) ||
                               mayOverlap(out, contraction->getOperand(1));
                      }) ||
         llvm::any_of(tail->getOperands(), [&](Value v) {
           return v != c && isa<MemRefType>(v.getType()) && mayOverlap(v, c);
         });
}

/// Whether nothing but these two ops, and what makes and views it, uses `c`.
bool isPartial(Value c, linalg::GenericOp contraction, linalg::GenericOp tail) {
  return c.getDefiningOp<memref::AllocOp>() && llvm::all_of(c.getUsers(), [&](Operation *user) {
           return user == contraction || user == tail || isa<memref::DimOp>(user);
         });
}

} // namespace

void dyn::codegen::attachTails(func::FuncOp fn) {
  SmallVector<linalg::GenericOp> contractions;
  fn.walk([&](linalg::GenericOp op) {
    if (classifyContraction(op))
      contractions.push_back(op);
  });
  UnitAttr unit = UnitAttr::get(fn.getContext());
  for (linalg::GenericOp op : contractions) {
    linalg::GenericOp tail = firstReader(op);
    if (!tail || tail->hasAttr("dyn.tail"))
      continue;
    // One op has one contraction before it.
    if (auto *before = tail->getPrevNode(); before && before->hasAttr("dyn.tail"))
      continue;
    Value c = op.getDpsInits()[0];
    auto alone = classifyContraction(op), both = classifyContraction(op, tail);
    if (!both || both->n.extent != alone->n.extent || both->m.extent != alone->m.extent ||
        both->m.factor != alone->m.factor || isInTheWay(tail, op))
      continue;
    op->moveBefore(tail);
    op->setAttr("dyn.tail", unit);
    bool overwrites = llvm::is_contained(tail.getDpsInits(), c);
    if (overwrites || isPartial(c, op, tail))
      op->setAttr("dyn.partial", unit);
  }
}
