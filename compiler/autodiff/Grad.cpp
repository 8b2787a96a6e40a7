//===- Grad.cpp - expands dyn.value_and_grad ------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 1. Take the innermost op. 2. Move its body in front of it, each `wrt` value
// behind a cast of its own, so that the same value captured as a constant is
// not confused with the variable. 3. Sweep backwards from the value. 4. Replace
// the results, remove the casts.
//
//===----------------------------------------------------------------------===//
#include "Emit.h"
#include "Reverse.h"

#include "dyn/autodiff/Passes.h"
#include "dyn/dialect/Dialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::autodiff;

static LogicalResult expand(ValueAndGradOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  Block &body = op.getBody().front();
  SmallVector<UnrealizedConversionCastOp> casts;
  for (auto [arg, v] : llvm::zip(body.getArguments(), op.getWrt())) {
    casts.push_back(UnrealizedConversionCastOp::create(b, loc, v.getType(), v));
    arg.replaceAllUsesWith(casts.back().getResult(0));
  }
  SmallVector<Value> yielded(body.getTerminator()->getOperands());
  SmallVector<Operation *> ops;
  for (Operation &inner : llvm::make_early_inc_range(body.without_terminator())) {
    inner.moveBefore(op);
    ops.push_back(&inner);
  }
  Reverse reverse(b);
  for (UnrealizedConversionCastOp c : casts)
    reverse.activate(c.getResult(0));
  reverse.activate(yielded[0]);
  reverse.accumulate(yielded[0], constantLike(b, loc, yielded[0], 1));
  // The sweep may replace loops; the yielded values follow through the terminator.
  if (failed(reverse.sweep(ops)))
    return failure();
  SmallVector<Value> results(body.getTerminator()->getOperands());
  for (UnrealizedConversionCastOp c : casts)
    results.push_back(reverse.cotangentOrZero(c.getResult(0), loc));
  op.replaceAllUsesWith(results);
  op.erase();
  for (UnrealizedConversionCastOp c : casts) {
    c.getResult(0).replaceAllUsesWith(c.getOperand(0));
    c.erase();
  }
  return success();
}

namespace {
struct GradPass : PassWrapper<GradPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(GradPass)
  StringRef getArgument() const final { return "dyn-grad"; }
  StringRef getDescription() const final {
    return "expand dyn.value_and_grad in reverse mode, innermost first";
  }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<DynDialect, arith::ArithDialect, scf::SCFDialect, tensor::TensorDialect>();
  }
  void runOnOperation() final {
    SmallVector<ValueAndGradOp> all;
    getOperation().walk<WalkOrder::PostOrder>([&](ValueAndGradOp op) { all.push_back(op); });
    for (ValueAndGradOp op : all)
      if (failed(expand(op)))
        return signalPassFailure();
  }
};
} // namespace

std::unique_ptr<Pass> dyn::createGradPass() { return std::make_unique<GradPass>(); }

void dyn::registerAutodiff(DialectRegistry &registry) {
  registerDerivativeRules(registry);
  registerPass([] { return createGradPass(); });
}
