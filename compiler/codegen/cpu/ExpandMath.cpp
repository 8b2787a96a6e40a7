//===- ExpandMath.cpp - transcendental functions as polynomials -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call of libm would keep a loop scalar, and its bits differ between hosts.
//
//===----------------------------------------------------------------------===//
#include "dyn/codegen/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Approximation.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace dyn {
#define GEN_PASS_DEF_EXPANDMATHPASS
#include "CodegenPasses.h.inc"
} // namespace dyn

using namespace mlir;

namespace {
struct ExpandMathPass : dyn::impl::ExpandMathPassBase<ExpandMathPass> {
  void runOnOperation() final {
    // The polynomials are single precision; f64 keeps the library's functions.
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa_and_nonnull<math::MathDialect>(op->getDialect()) &&
          getElementTypeOrSelf(op->getResult(0).getType()).isF32())
        ops.push_back(op);
    });
    RewritePatternSet p(&getContext());
    // The one of rsqrt is an instruction whose bits differ between processors.
    populateMathPolynomialApproximationPatterns(
        p, [](StringRef name) { return name != math::RsqrtOp::getOperationName(); });
    GreedyRewriteConfig config;
    config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps);
    if (failed(applyOpPatternsGreedily(ops, std::move(p), config)))
      signalPassFailure();
  }
};
} // namespace
