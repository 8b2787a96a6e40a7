//===- Shapes.cpp - simplifications of broadcasts and the like ------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "dyn/dialect/Dialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace dyn;

namespace {

/// A broadcast of a broadcast is one; one that repeats nothing is none.
struct NestedBroadcast : OpRewritePattern<BroadcastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(BroadcastOp op, PatternRewriter &b) const final {
    if (op.getInput().getType() == op.getType())
      return b.replaceOp(op, op.getInput()), success();
    auto inner = op.getInput().getDefiningOp<BroadcastOp>();
    if (!inner)
      return failure();
    SmallVector<int64_t> dims;
    for (int64_t d : inner.getDims())
      dims.push_back(op.getDims()[d]);
    b.replaceOpWithNewOp<BroadcastOp>(op, op.getType(), inner.getInput(), op.getExtents(), dims);
    return success();
  }
};

struct NestedTranspose : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &b) const final {
    if (llvm::is_sorted(op.getPermutation()))
      return b.replaceOp(op, op.getInput()), success();
    auto inner = op.getInput().getDefiningOp<TransposeOp>();
    if (!inner)
      return failure();
    SmallVector<int64_t> p;
    for (int64_t i : op.getPermutation())
      p.push_back(inner.getPermutation()[i]);
    b.replaceOpWithNewOp<TransposeOp>(op, op.getType(), inner.getInput(), p);
    return success();
  }
};

struct NestedReshape : OpRewritePattern<ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReshapeOp op, PatternRewriter &b) const final {
    if (op.getInput().getType() == op.getType())
      return b.replaceOp(op, op.getInput()), success();
    auto inner = op.getInput().getDefiningOp<ReshapeOp>();
    if (!inner)
      return failure();
    b.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), inner.getInput());
    return success();
  }
};

/// A sum over repeated dimensions is a multiple; an extreme over them the value.
/// Only for static extents above 0, and if the broadcast does nothing else.
struct ReducedBroadcast : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &b) const final {
    auto wide = op.getInput().getDefiningOp<BroadcastOp>();
    if (!wide || wide.getInput().getType() != op.getResult().getType())
      return failure();
    int64_t count = 1;
    for (int64_t d : op.getDims()) {
      int64_t extent = wide.getType().getDimSize(d);
      if (llvm::is_contained(wide.getDims(), d) || ShapedType::isDynamic(extent) || extent == 0)
        return failure();
      count *= extent;
    }
    Value x = wide.getInput();
    if (op.getKind() == ReduceKind::max || op.getKind() == ReduceKind::min)
      return b.replaceOp(op, x), success();
    auto elem = dyn_cast<FloatType>(getElementTypeOrSelf(x.getType()));
    if (op.getKind() != ReduceKind::add || !elem)
      return failure();
    auto type = dyn_cast<RankedTensorType>(x.getType());
    if (type && !type.hasStaticShape())
      return failure();
    Value factor = arith::ConstantOp::create(b, op.getLoc(), b.getFloatAttr(elem, double(count)));
    if (type)
      factor = BroadcastOp::create(b, op.getLoc(), type, factor, ValueRange{}, ArrayRef<int64_t>{});
    b.replaceOpWithNewOp<arith::MulFOp>(op, x, factor);
    return success();
  }
};

} // namespace

void dyn::populateShapeSimplifications(RewritePatternSet &patterns) {
  patterns.add<NestedBroadcast, NestedTranspose, NestedReshape, ReducedBroadcast>(
      patterns.getContext());
}
