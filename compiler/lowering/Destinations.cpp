//===- Destinations.cpp - where values are written ------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 1. Every op gets a destination of its own: one that is shared, or made far
// away, would be copied. 2. What is padded is written between the zeros. 3. What an iteration
// yields goes to the place where the iteration found it, so that loops carry buffers, not
// allocations.
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "dyn/lowering/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

namespace dyn {
#define GEN_PASS_DEF_DESTINATIONSPASS
#include "LoweringPasses.h.inc"
} // namespace dyn

using namespace mlir;

namespace {

/// True if `use` overwrites what it is given.
bool isDestination(OpOperand &use) {
  Operation *op = use.getOwner();
  if (auto dps = dyn_cast<DestinationStyleOpInterface>(op))
    return dps.isDpsInit(&use);
  return isa<scf::ForOp, scf::WhileOp>(op);
}

void makePrivate(Operation *root) {
  SmallVector<OpOperand *> uses;
  root->walk([&](Operation *op) {
    for (OpOperand &use : op->getOpOperands())
      if (isDestination(use) && use.get().getDefiningOp<tensor::EmptyOp>())
        uses.push_back(&use);
  });
  root->walk([&](Operation *op) {
    for (OpOperand &use : op->getOpOperands()) {
      DenseElementsAttr splat;
      auto type = dyn_cast<RankedTensorType>(use.get().getType());
      if (!type || !isDestination(use) || !matchPattern(use.get(), m_Constant(&splat)) ||
          !splat.isSplat())
        continue;
      // A constant would be a table in the program, and copied.
      OpBuilder b(op);
      Location loc = use.get().getLoc();
      auto number = cast<TypedAttr>(splat.getSplatValue<Attribute>());
      Value out = tensor::EmptyOp::create(b, loc, type, ValueRange{});
      Value v = arith::ConstantOp::create(b, loc, number);
      use.set(linalg::FillOp::create(b, loc, v, out).getResult(0));
    }
  });
  auto isShared = [](OpOperand *use) {
    return !use->get().hasOneUse() ||
           use->get().getDefiningOp()->getBlock() != use->getOwner()->getBlock();
  };
  for (OpOperand *use : uses)
    if (isShared(use))
      use->set(OpBuilder(use->getOwner()).clone(*use->get().getDefiningOp())->getResult(0));
  uses.clear();
  root->walk([&](Operation *op) {
    for (OpOperand &use : op->getOpOperands())
      if (isDestination(use) && use.get().getDefiningOp<linalg::FillOp>())
        uses.push_back(&use);
  });
  for (OpOperand *use : uses) {
    auto fill = use->get().getDefiningOp<linalg::FillOp>();
    auto empty = fill.getDpsInits()[0].getDefiningOp<tensor::EmptyOp>();
    if (!empty || !isShared(use))
      continue;
    OpBuilder b(use->getOwner());
    Value out = b.clone(*empty)->getResult(0);
    use->set(linalg::FillOp::create(b, fill.getLoc(), fill.getInputs()[0], out).getResult(0));
    if (fill->use_empty())
      fill.erase();
  }
}

/// What the loop that gave `v` began with, if that is `place`.
OpOperand *beganWith(Value v, Value place) {
  auto loop = v.getDefiningOp<LoopLikeOpInterface>();
  OpOperand *init = loop ? loop.getTiedLoopInit(cast<OpResult>(v)) : nullptr;
  return init && init->get() == place ? init : nullptr;
}

/// True if nothing needs `place` in `op` or below it, but for that operand.
bool isLastUse(OpOperand &operand, Value place) {
  Operation *op = operand.getOwner();
  return llvm::all_of(place.getUses(), [&](OpOperand &use) {
    Operation *user = op->getBlock()->findAncestorOpInBlock(*use.getOwner());
    return &use == &operand || (user && user->isBeforeInBlock(op));
  });
}

/// Makes operand `i` of a terminator lie where `place` lies.
void pin(Operation *terminator, OpOperand &operand, Value place) {
  Value v = operand.get();
  if (v == place || !isa<RankedTensorType>(v.getType()) || v.getType() != place.getType())
    return;
  OpBuilder b(terminator);
  if (OpOperand *init = beganWith(v, place)) {
    // A loop that begins there works there, and the bufferizer takes no second order for it.
    if (isLastUse(*init, place))
      return;
    OpBuilder before(init->getOwner());
    init->set(bufferization::AllocTensorOp::create(before, terminator->getLoc(),
                                                   cast<RankedTensorType>(place.getType()),
                                                   ValueRange{}, place));
  }
  operand.set(bufferization::MaterializeInDestinationOp::create(b, terminator->getLoc(),
                                                                v.getType(), v, place)
                  .getResult());
}

/// The argument among `args` that `v` is, or is a part or another shape of; null if none.
Value carriedBehind(Value v, Block::BlockArgListType args) {
  while (Operation *op = v.getDefiningOp()) {
    if (!isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::ExtractSliceOp,
             tensor::CastOp>(op))
      return {};
    v = op->getOperand(0);
  }
  return llvm::is_contained(args, v) ? v : Value();
}

/// A variable that takes the former value of another gets a copy: that one's place is written anew.
void copyFormer(OpOperand &operand, Value place, Block::BlockArgListType args) {
  Value v = operand.get(), former = carriedBehind(v, args);
  auto type = dyn_cast<RankedTensorType>(v.getType());
  if (!type || !former || former == place || !type.hasStaticShape())
    return;
  OpBuilder b(v.getContext());
  b.setInsertionPointAfterValue(v);
  operand.set(bufferization::AllocTensorOp::create(b, v.getLoc(), type, ValueRange{}, v));
}

void pinCarried(Operation *root) {
  root->walk([](LoopLikeOpInterface loop) {
    if (auto f = dyn_cast<scf::ForOp>(*loop)) {
      Operation *yield = f.getBody()->getTerminator();
      for (auto [operand, arg] : llvm::zip(yield->getOpOperands(), f.getRegionIterArgs()))
        copyFormer(operand, arg, f.getRegionIterArgs());
      for (auto [operand, arg] : llvm::zip(yield->getOpOperands(), f.getRegionIterArgs()))
        pin(yield, operand, arg);
    } else if (auto w = dyn_cast<scf::WhileOp>(*loop)) {
      Operation *yield = w.getYieldOp(), *condition = w.getConditionOp();
      for (auto [operand, arg] :
           llvm::zip(condition->getOpOperands().drop_front(), w.getBeforeArguments()))
        pin(condition, operand, arg);
      for (auto [operand, arg] : llvm::zip(yield->getOpOperands(), w.getAfterArguments()))
        copyFormer(operand, arg, w.getAfterArguments());
      for (auto [operand, arg] : llvm::zip(yield->getOpOperands(), w.getAfterArguments()))
        pin(yield, operand, arg);
    }
  });
}

struct DestinationsPass : dyn::impl::DestinationsPassBase<DestinationsPass> {
  void runOnOperation() final {
    makePrivate(getOperation());
    dyn::lowering::placePads(getOperation());
    pinCarried(getOperation());
  }
};

} // namespace
