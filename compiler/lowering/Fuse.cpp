//===- Fuse.cpp - element-wise fusion with a cost, updates in place ------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/lowering/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace {

bool isContraction(linalg::GenericOp op) { return op && op->hasAttr("dyn.contract"); }

/// A producer that is cheaper to compute again than to store and load.
bool isCheap(linalg::GenericOp op) {
  int64_t work = 0;
  for (Operation &inner : op.getBody()->without_terminator()) {
    if (isa<tensor::ExtractOp>(inner) || isa<math::MathDialect>(inner.getDialect()) ||
        isa<arith::DivFOp>(inner))
      return false;
    work += !isa<arith::ConstantOp>(inner);
  }
  return work <= 4;
}

bool shouldFuse(OpOperand *use) {
  auto producer = use->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(use->getOwner());
  if (!producer || !consumer || isContraction(consumer) || isContraction(producer))
    return false;
  if (producer->getBlock() != consumer->getBlock())
    return false;
  return producer->hasOneUse() || isCheap(producer);
}

/// An update of a carried value is written where the value lies.
void updateInPlace(linalg::GenericOp op) {
  if (op.getNumLoops() != op.getNumParallelLoops() || op.getNumResults() != 1 || !op->hasOneUse())
    return;
  Value out = op.getDpsInits()[0];
  if (!out.getDefiningOp<tensor::EmptyOp>())
    return;
  OpOperand &use = *op->getUses().begin();
  auto yield = dyn_cast<scf::YieldOp>(use.getOwner());
  auto loop = yield ? dyn_cast<scf::ForOp>(yield->getParentOp()) : scf::ForOp();
  if (!loop)
    return;
  Value carried = loop.getRegionIterArg(use.getOperandNumber());
  for (auto [i, in] : llvm::enumerate(op.getDpsInputs()))
    if (in == carried && op.getMatchingIndexingMap(op.getDpsInputOperand(i)).isIdentity())
      op.getDpsInitsMutable()[0].set(carried);
}

struct FusePass : PassWrapper<FusePass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(FusePass)
  StringRef getArgument() const final { return "dyn-fuse"; }
  StringRef getDescription() const final {
    return "fuse element-wise producers into their consumers";
  }
  void runOnOperation() final {
    RewritePatternSet p(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(p, shouldFuse);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(p);
    linalg::GenericOp::getCanonicalizationPatterns(p, &getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(p))))
      return getOperation().emitError("fusion does not end"), signalPassFailure();
    getOperation().walk(updateInPlace);
  }
};

} // namespace

std::unique_ptr<Pass> dyn::createFusePass() { return std::make_unique<FusePass>(); }
