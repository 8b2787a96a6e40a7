//===- Grad.cpp - expands derivatives -------------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The innermost one first, so that each sees plain ops: move the body in front of
// the op, sweep over it (backwards for dyn.value_and_grad, forwards for dyn.jvp, for
// all members of the frame at once for dyn.lift), replace the results. In the end
// the values of functions with stated derivatives take their place.
//
//===----------------------------------------------------------------------===//
#include "Emit.h"
#include "Forward.h"
#include "Lift.h"
#include "Reverse.h"
#include "Stated.h"

#include "dyn/autodiff/Passes.h"
#include "dyn/dialect/Dialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/TypeSwitch.h"

namespace dyn {
#define GEN_PASS_REGISTRATION
#define GEN_PASS_DEF_GRADPASS
#include "AutodiffPasses.h.inc"
} // namespace dyn

using namespace mlir;
using namespace dyn;
using namespace dyn::autodiff;

namespace {
/// The body of an op moved in front of it, each block argument behind a cast of what
/// it stands for, so that the same value captured as a constant is not confused with it.
struct Opened {
  SmallVector<UnrealizedConversionCastOp> variables;
  SmallVector<Operation *> ops;
  Operation *yield;

  Opened(OpBuilder &b, Operation *op, ValueRange inputs) {
    Block &body = op->getRegion(0).front();
    for (auto [arg, v] : llvm::zip(body.getArguments(), inputs)) {
      variables.push_back(UnrealizedConversionCastOp::create(b, op->getLoc(), arg.getType(), v));
      arg.replaceAllUsesWith(variables.back().getResult(0));
    }
    yield = body.getTerminator();
    for (Operation &inner : llvm::make_early_inc_range(body.without_terminator())) {
      inner.moveBefore(op);
      ops.push_back(&inner);
    }
  }
  void close(Operation *op, ValueRange results) {
    op->replaceAllUsesWith(results);
    op->erase();
    for (UnrealizedConversionCastOp c : variables) {
      if (c.getResult(0).getType() == c.getOperand(0).getType())
        c.getResult(0).replaceAllUsesWith(c.getOperand(0));
      c.erase();
    }
  }
};
} // namespace

static LogicalResult expand(ValueAndGradOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  Opened body(b, op, op.getWrt());
  Value value = body.yield->getOperand(0);
  Reverse reverse(b);
  for (UnrealizedConversionCastOp c : body.variables)
    reverse.activate(c.getResult(0));
  reverse.activate(value);
  reverse.accumulate(value, constantLike(b, loc, value, 1));
  // The sweep may replace loops; the yielded values follow through the terminator.
  if (failed(reverse.sweep(body.ops)))
    return failure();
  SmallVector<Value> results(body.yield->getOperands());
  for (UnrealizedConversionCastOp c : body.variables)
    results.push_back(reverse.cotangentOrZero(c.getResult(0), loc));
  body.close(op, results);
  return success();
}

static LogicalResult expand(JvpOp op) {
  OpBuilder b(op);
  Opened body(b, op, op.getWrt());
  Forward forward(b);
  for (auto [c, t] : llvm::zip(body.variables, op.getAlong()))
    forward.setTangent(c.getResult(0), t);
  if (failed(forward.sweep(body.ops)))
    return failure();
  b.setInsertionPoint(op);
  SmallVector<Value> results(body.yield->getOperands());
  for (Value v : body.yield->getOperands().take_front(op.getOutputs()))
    results.push_back(forward.tangentOrZero(v, op.getLoc()));
  body.close(op, results);
  return success();
}

static LogicalResult expand(LiftOp op) {
  OpBuilder b(op);
  Opened body(b, op, op.getInputs());
  Lift lift(b, op.getExtent());
  for (UnrealizedConversionCastOp c : body.variables)
    lift.setTwin(c.getResult(0), c.getOperand(0));
  if (failed(lift.sweep(body.ops)))
    return failure();
  b.setInsertionPoint(op);
  SmallVector<Value> results(body.yield->getOperands());
  for (auto [i, v] : llvm::enumerate(results)) {
    if (i < op.getLifted())
      v = lift.lifted(v, op.getLoc());
    else if (!lift.isShared(v))
      return op.emitError("[E0229] a value that leaves a derivative depends on its direction");
  }
  op->dropAllReferences();
  lift.finish();
  body.close(op, results);
  return success();
}

namespace {
struct GradPass : dyn::impl::GradPassBase<GradPass> {
  void runOnOperation() final {
    SmallVector<Operation *> all;
    getOperation().walk<WalkOrder::PostOrder>([&](Operation *op) {
      if (isa<ValueAndGradOp, JvpOp, LiftOp, StatedOp>(op))
        all.push_back(op);
    });
    for (Operation *op : all) {
      LogicalResult done = llvm::TypeSwitch<Operation *, LogicalResult>(op)
                               .Case<ValueAndGradOp, JvpOp, LiftOp>(
                                   [](auto derivative) { return expand(derivative); })
                               .Case([](StatedOp stated) { return checkLinear(stated); });
      if (failed(done))
        return signalPassFailure();
    }
    SmallVector<StatedOp> stated;
    getOperation().walk<WalkOrder::PostOrder>([&](StatedOp op) { stated.push_back(op); });
    for (StatedOp op : stated)
      dropRule(op);
  }
};
} // namespace

void dyn::registerAutodiff(DialectRegistry &registry) {
  registerDerivativeRules(registry);
  registerAutodiffPasses();
}
