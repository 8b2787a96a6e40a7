//===- Elementwise.cpp - simplifications of arith and math ----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "dyn/dialect/Dialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace dyn;

std::optional<double> dyn::splatValue(Value v) {
  if (auto b = v.getDefiningOp<BroadcastOp>())
    v = b.getInput();
  Attribute a;
  if (!matchPattern(v, m_Constant(&a)))
    return std::nullopt;
  if (auto splat = dyn_cast<SplatElementsAttr>(a))
    a = splat.getSplatValue<Attribute>();
  auto f = dyn_cast<FloatAttr>(a);
  return f ? std::optional(f.getValueAsDouble()) : std::nullopt;
}

namespace {

/// x+0, x-0, x*1, x/1. Of these x+0 may change the sign of a zero.
template <typename Op, int neutral, bool eitherSide> struct Neutral : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &b) const final {
    if (splatValue(op.getRhs()) == double(neutral))
      return b.replaceOp(op, op.getLhs()), success();
    if (eitherSide && splatValue(op.getLhs()) == double(neutral))
      return b.replaceOp(op, op.getRhs()), success();
    return failure();
  }
};

/// x*-1 is -x.
struct Negation : OpRewritePattern<arith::MulFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::MulFOp op, PatternRewriter &b) const final {
    for (auto [x, c] : {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())})
      if (splatValue(c) == -1.0)
        return b.replaceOpWithNewOp<arith::NegFOp>(op, x), success();
    return failure();
  }
};

struct DoubleNegation : OpRewritePattern<arith::NegFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::NegFOp op, PatternRewriter &b) const final {
    auto inner = op.getOperand().getDefiningOp<arith::NegFOp>();
    if (!inner)
      return failure();
    b.replaceOp(op, inner.getOperand());
    return success();
  }
};

/// x+(-y) is x-y, x-(-y) is x+y: exact.
template <typename Op, typename Opposite> struct SignedTerm : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &b) const final {
    auto minus = op.getRhs().template getDefiningOp<arith::NegFOp>();
    if (!minus)
      return failure();
    b.replaceOpWithNewOp<Opposite>(op, op.getLhs(), minus.getOperand());
    return success();
  }
};

/// Powers that are one or two multiplications.
struct SmallPower : OpRewritePattern<math::PowFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::PowFOp op, PatternRewriter &b) const final {
    std::optional<double> n = splatValue(op.getRhs());
    Value x = op.getLhs();
    if (n == 1.0)
      return b.replaceOp(op, x), success();
    if (n != 2.0 && n != 3.0)
      return failure();
    Value y = arith::MulFOp::create(b, op.getLoc(), x, x);
    if (n == 3.0)
      y = arith::MulFOp::create(b, op.getLoc(), y, x);
    b.replaceOp(op, y);
    return success();
  }
};

/// A choice between equal values, or by a condition that is constant everywhere.
struct Choice : OpRewritePattern<arith::SelectOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::SelectOp op, PatternRewriter &b) const final {
    if (op.getTrueValue() == op.getFalseValue())
      return b.replaceOp(op, op.getTrueValue()), success();
    Value condition = op.getCondition();
    if (auto wide = condition.getDefiningOp<BroadcastOp>())
      condition = wide.getInput();
    Attribute a;
    if (!matchPattern(condition, m_Constant(&a)))
      return failure();
    if (auto splat = dyn_cast<SplatElementsAttr>(a))
      a = splat.getSplatValue<Attribute>();
    auto bit = dyn_cast<IntegerAttr>(a);
    if (!bit)
      return failure();
    b.replaceOp(op, bit.getValue().isZero() ? op.getFalseValue() : op.getTrueValue());
    return success();
  }
};

} // namespace

void dyn::populateElementwiseSimplifications(RewritePatternSet &patterns) {
  patterns.add<Neutral<arith::AddFOp, 0, true>, Neutral<arith::SubFOp, 0, false>,
               Neutral<arith::MulFOp, 1, true>, Neutral<arith::DivFOp, 1, false>, Negation,
               DoubleNegation, SignedTerm<arith::AddFOp, arith::SubFOp>,
               SignedTerm<arith::SubFOp, arith::AddFOp>, SmallPower, Choice>(patterns.getContext());
}
