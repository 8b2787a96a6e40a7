//===- Pads.cpp - zeros around arrays -------------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Windows read padded copies. Pads go in front of what only moves elements, so
// that nested windows read one copy from where it lies, and whoever computes the
// inner part writes it between the zeros.
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace dyn;

namespace {

/// Zeros, in static numbers.
bool isPlain(tensor::PadOp pad) {
  Value v = pad.getConstantPaddingValue();
  return v && (matchPattern(v, m_AnyZeroFloat()) || matchPattern(v, m_Zero())) &&
         !pad.getNofold() && pad.getLow().empty() && pad.getHigh().empty();
}

SmallVector<OpFoldResult> numbers(OpBuilder &b, ArrayRef<int64_t> values) {
  return getAsIndexOpFoldResult(b.getContext(), values);
}

struct PadBehindMovement : OpRewritePattern<tensor::PadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::PadOp pad, PatternRewriter &b) const final {
    auto moved = pad.getSource().getDefiningOp<linalg::GenericOp>();
    if (!isPlain(pad) || !moved || !moved->hasOneUse() || !lowering::isMovement(moved) ||
        moved->getBlock() != pad->getBlock())
      return failure();
    AffineMap map = moved.getIndexingMapsArray()[0];
    Value in = moved.getDpsInputs()[0];
    auto type = dyn_cast<RankedTensorType>(in.getType());
    if (!type)
      return failure();
    SmallVector<int64_t> low(type.getRank(), 0), high = low, shape(type.getShape());
    for (auto [d, before, after] : llvm::enumerate(pad.getStaticLow(), pad.getStaticHigh())) {
      if (!before && !after)
        continue;
      AffineExpr loop = b.getAffineDimExpr(d);
      auto *at = llvm::find(map.getResults(), loop);
      if (at == map.getResults().end() ||
          llvm::count_if(map.getResults(), [&](AffineExpr e) { return e.isFunctionOfDim(d); }) != 1)
        return failure();
      int64_t place = at - map.getResults().begin();
      low[place] = before, high[place] = after, shape[place] += before + after;
    }
    Location loc = pad.getLoc();
    Value zero = pad.getConstantPaddingValue();
    Value wide = tensor::PadOp::create(b, loc, type.clone(shape), in, numbers(b, low),
                                       numbers(b, high), zero);
    Value out = lowering::emptyTensor(b, loc, pad.getResultType(),
                                      lowering::extentsOf(b, loc, pad.getSource()));
    b.replaceOp(pad, lowering::parallelGeneric(b, loc, wide, out, map,
                                               [](OpBuilder &m, Location l, ValueRange a) {
                                                 linalg::YieldOp::create(m, l, a[0]);
                                               }));
    return success();
  }
};

struct PadOfPad : OpRewritePattern<tensor::PadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::PadOp pad, PatternRewriter &b) const final {
    auto inner = pad.getSource().getDefiningOp<tensor::PadOp>();
    if (!inner || !isPlain(pad) || !isPlain(inner))
      return failure();
    auto sums = [](ArrayRef<int64_t> x, ArrayRef<int64_t> y) {
      SmallVector<int64_t> out(x);
      for (auto [i, n] : llvm::enumerate(y))
        out[i] += n;
      return out;
    };
    b.replaceOpWithNewOp<tensor::PadOp>(
        pad, pad.getResultType(), inner.getSource(),
        numbers(b, sums(pad.getStaticLow(), inner.getStaticLow())),
        numbers(b, sums(pad.getStaticHigh(), inner.getStaticHigh())),
        pad.getConstantPaddingValue());
    return success();
  }
};

/// A part of `big`: all places, but those of `dim` from `offset` on.
struct Part {
  SmallVector<OpFoldResult> offsets, sizes, strides;
  Part(OpBuilder &b, Location loc, Value big) : sizes(tensor::getMixedSizes(b, loc, big)) {
    offsets.assign(sizes.size(), b.getIndexAttr(0));
    strides.assign(sizes.size(), b.getIndexAttr(1));
  }
};

/// The generic that computes what is padded, if it can write elsewhere.
linalg::GenericOp computer(tensor::PadOp pad) {
  auto op = pad.getSource().getDefiningOp<linalg::GenericOp>();
  if (!op || op->getBlock() != pad->getBlock() || op.getNumReductionLoops())
    return {};
  OpOperand *init = op.getDpsInitOperand(cast<OpResult>(pad.getSource()).getResultNumber());
  return init->get().getDefiningOp<tensor::EmptyOp>() ? op : linalg::GenericOp();
}

void place(tensor::PadOp pad) {
  linalg::GenericOp op = computer(pad);
  OpBuilder b(pad);
  if (op)
    b.setInsertionPoint(op);
  Location loc = pad.getLoc();
  // Sizes of the inner part are those of the destination, which comes before the computation.
  Value inner = op ? op.getDpsInitOperand(cast<OpResult>(pad.getSource()).getResultNumber())->get()
                   : pad.getSource();
  Value zero =
      arith::ConstantOp::create(b, loc, b.getZeroAttr(pad.getResultType().getElementType()));
  Value big =
      lowering::emptyTensor(b, loc, pad.getResultType(), lowering::extentsOf(b, loc, inner));
  Part middle(b, loc, big);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, inner);
  for (auto [d, before, after] : llvm::enumerate(pad.getStaticLow(), pad.getStaticHigh())) {
    int64_t extent = pad.getResultType().getDimSize(d);
    for (auto [from, count] : {std::pair(int64_t(0), before), std::pair(extent - after, after)}) {
      if (!count)
        continue;
      Part edge = middle;
      edge.offsets[d] = b.getIndexAttr(from), edge.sizes[d] = b.getIndexAttr(count);
      Value slab =
          tensor::ExtractSliceOp::create(b, loc, big, edge.offsets, edge.sizes, edge.strides);
      Value filled = linalg::FillOp::create(b, loc, zero, slab).getResult(0);
      big = tensor::InsertSliceOp::create(b, loc, filled, big, edge.offsets, edge.sizes,
                                          edge.strides);
    }
    // The next edges lie between these.
    middle.offsets[d] = b.getIndexAttr(before), middle.sizes[d] = sizes[d];
  }
  Value value = pad.getSource();
  if (op) {
    Value slice =
        tensor::ExtractSliceOp::create(b, loc, big, middle.offsets, middle.sizes, middle.strides);
    op.getDpsInitOperand(cast<OpResult>(value).getResultNumber())->set(slice);
    b.setInsertionPointAfter(op);
  }
  auto whole = tensor::InsertSliceOp::create(b, loc, value, big, middle.offsets, middle.sizes,
                                             middle.strides);
  if (op && !value.hasOneUse()) {
    // All others read what was written there.
    Value read =
        tensor::ExtractSliceOp::create(b, loc, cast<RankedTensorType>(value.getType()), whole,
                                       middle.offsets, middle.sizes, middle.strides);
    value.replaceUsesWithIf(
        read, [&](OpOperand &use) { return use.getOwner() != whole && use.getOwner() != pad; });
  }
  pad.getResult().replaceAllUsesWith(whole);
  pad.erase();
}

} // namespace

bool dyn::lowering::isMovement(linalg::GenericOp op) {
  return op.getNumDpsInputs() == 1 && op.getNumResults() == 1 && isPointwise(op) &&
         op.getBody()->getTerminator()->getOperand(0) == op.getBody()->getArgument(0);
}

bool dyn::lowering::isPointwise(linalg::GenericOp op) {
  return op.getNumLoops() == op.getNumParallelLoops() &&
         llvm::all_of(op.getDpsInitsMutable(),
                      [&](OpOperand &out) { return op.getMatchingIndexingMap(&out).isIdentity(); });
}

void dyn::lowering::populatePadMotion(RewritePatternSet &patterns) {
  patterns.add<PadBehindMovement, PadOfPad>(patterns.getContext());
}

void dyn::lowering::placePads(Operation *root) {
  SmallVector<tensor::PadOp> pads;
  root->walk([&](tensor::PadOp pad) {
    if (isPlain(pad))
      pads.push_back(pad);
  });
  for (tensor::PadOp pad : pads)
    place(pad);
}
