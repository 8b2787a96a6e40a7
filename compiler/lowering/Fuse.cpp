//===- Fuse.cpp - element-wise fusion with a cost -------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 1. Producers go into their consumers unless that repeats work for nothing.
// 2. What is stored anyway is computed in the loop that reads it: an optimizer's
// moments and weights are one loop. 3. Contractions read windows and transposes
// from where the elements lie.
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "dyn/lowering/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace dyn {
#define GEN_PASS_DEF_FUSEPASS
#include "LoweringPasses.h.inc"
} // namespace dyn

using namespace mlir;
using dyn::lowering::isMovement;
using dyn::lowering::isPointwise;

namespace {

constexpr int64_t cheapWork = 4;

bool isContraction(linalg::GenericOp op) { return op->hasAttr("dyn.contract"); }

/// Operations for each element; more than any limit for those that take long.
int64_t workOf(linalg::GenericOp op) {
  int64_t work = 0;
  for (Operation &inner : op.getBody()->without_terminator()) {
    if (isa<math::MathDialect>(inner.getDialect()) ||
        isa<tensor::ExtractOp, arith::DivFOp, arith::DivSIOp, arith::RemSIOp>(inner))
      return 1000;
    bool free = isa<arith::ConstantOp, linalg::IndexOp>(inner) || isa<CastOpInterface>(inner);
    work += !free;
  }
  return work;
}

/// The generic that could take in what it gets by `use`.
linalg::GenericOp consumerOf(OpOperand &use) {
  auto consumer = dyn_cast<linalg::GenericOp>(use.getOwner());
  if (!consumer || isContraction(consumer) || !consumer.isDpsInput(&use) ||
      consumer->getBlock() != use.get().getDefiningOp()->getBlock())
    return {};
  return consumer;
}

/// Whether a producer is computed in its consumer instead of being stored: it
/// has no other, costs nothing, or is cheap and would not be stored for anyone.
bool shouldFuse(OpOperand *use) {
  auto producer = use->get().getDefiningOp<linalg::GenericOp>();
  if (!producer || isContraction(producer) || !consumerOf(*use))
    return false;
  if (producer->hasOneUse())
    return true;
  int64_t work = workOf(producer);
  if (work == 0)
    return true;
  return work <= cheapWork && llvm::all_of(producer->getUses(), [](OpOperand &other) {
           return bool(consumerOf(other));
         });
}

/// The use by which `consumer` and a producer that is stored anyway can become
/// one loop that writes both, or null.
OpOperand *siblingUse(linalg::GenericOp consumer) {
  if (!isPointwise(consumer) || isContraction(consumer))
    return nullptr;
  for (OpOperand *use : consumer.getDpsInputOperands()) {
    auto producer = use->get().getDefiningOp<linalg::GenericOp>();
    if (!producer || !consumerOf(*use) || !isPointwise(producer) ||
        producer.getNumLoops() != consumer.getNumLoops() ||
        !consumer.getMatchingIndexingMap(use).isIdentity())
      continue;
    // Fusion takes in one operand: the loop would read its own results by another.
    if (llvm::count_if(consumer->getOperands(),
                       [&](Value v) { return v.getDefiningOp() == producer.getOperation(); }) != 1)
      continue;
    // The loop takes the consumer's place, so all others must come later.
    bool others = llvm::all_of(producer->getUsers(), [&](Operation *user) {
      Operation *at = consumer->getBlock()->findAncestorOpInBlock(*user);
      return user == consumer || (at && at != consumer && consumer->isBeforeInBlock(at));
    });
    if (others && linalg::areElementwiseOpsFusable(use))
      return use;
  }
  return nullptr;
}

/// The use by which a contraction can read what only contractions read in moved
/// form from where it lies, or null.
OpOperand *movementUse(linalg::GenericOp contraction) {
  if (!isContraction(contraction))
    return nullptr;
  for (OpOperand *use : contraction.getDpsInputOperands()) {
    auto producer = use->get().getDefiningOp<linalg::GenericOp>();
    if (!producer || !isMovement(producer) || producer->getBlock() != contraction->getBlock() ||
        !linalg::areElementwiseOpsFusable(use))
      continue;
    if (llvm::all_of(producer->getUsers(), [](Operation *user) {
          auto generic = dyn_cast<linalg::GenericOp>(user);
          return generic && isContraction(generic);
        })) {
      if (!producer->hasOneUse()) // else fusion would keep the moved form as a second result
        use->set(OpBuilder(contraction).clone(*producer)->getResult(0));
      return use;
    }
  }
  return nullptr;
}

/// Fuses along what `find` finds, as long as it finds something.
void fuseBy(llvm::function_ref<OpOperand *(linalg::GenericOp)> find, Operation *root) {
  SmallVector<linalg::GenericOp> ops;
  root->walk([&](linalg::GenericOp op) { ops.push_back(op); });
  IRRewriter rewriter(root->getContext());
  for (linalg::GenericOp op : ops)
    while (OpOperand *use = find(op)) {
      Operation *producer = use->get().getDefiningOp();
      rewriter.setInsertionPoint(op);
      FailureOr<linalg::ElementwiseOpFusionResult> made = linalg::fuseElementwiseOps(rewriter, use);
      if (failed(made))
        break;
      auto fused = cast<linalg::GenericOp>(made->fusedOp);
      if (isContraction(op))
        fused->setAttr("dyn.contract", rewriter.getUnitAttr());
      for (auto [old, replacement] : made->replacements)
        rewriter.replaceAllUsesWith(old, replacement);
      // Producers come first, so none of these is looked at again.
      rewriter.eraseOp(op);
      if (producer->use_empty())
        rewriter.eraseOp(producer);
      op = fused;
    }
}

/// Fusion drops the marks of its operands; a sum over windows is not a reduction
/// over dimensions.
void mark(linalg::GenericOp op) {
  if (!op.getNumReductionLoops() || isContraction(op))
    return;
  bool projected = llvm::all_of(op.getDpsInitsMutable(), [&](OpOperand &out) {
    return op.getMatchingIndexingMap(&out).isProjectedPermutation();
  });
  op->setAttr(projected ? "dyn.reduce" : "dyn.unwindow", UnitAttr::get(op.getContext()));
}

struct FusePass : dyn::impl::FusePassBase<FusePass> {
  void runOnOperation() final {
    RewritePatternSet p(&getContext());
    dyn::lowering::populatePadMotion(p);
    linalg::populateElementwiseOpsFusionPatterns(p, shouldFuse);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(p);
    linalg::GenericOp::getCanonicalizationPatterns(p, &getContext());
    FrozenRewritePatternSet patterns(std::move(p));
    auto clean = [&] { return applyPatternsGreedily(getOperation(), patterns); };
    if (failed(clean())) {
      getOperation().emitError("fusion does not end");
      return signalPassFailure();
    }
    fuseBy(siblingUse, getOperation());
    fuseBy(movementUse, getOperation());
    if (failed(clean())) {
      getOperation().emitError("fusion does not end");
      return signalPassFailure();
    }
    getOperation().walk(mark);
  }
};

} // namespace
