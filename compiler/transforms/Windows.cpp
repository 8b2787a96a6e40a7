//===- Windows.cpp - sums over windows as contractions --------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "dyn/dialect/Dialect.h"

using namespace mlir;
using namespace dyn;

namespace {

/// unwindow(g[.., o, ..]*k[u, ..]) = sum over u of window(g)[.., i, u, ..]*k[u, ..]: the gradient
/// of a convolution is one, and no product of a place and a window is stored.
struct UnwindowedContract : OpRewritePattern<UnwindowOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(UnwindowOp op, PatternRewriter &b) const final {
    auto c = op.getInput().getDefiningOp<ContractOp>();
    // Steps above 1 leave places that few windows reach, which would be summed as zeros.
    if (!c || !c->hasOneUse() || op.getStride() != 1)
      return failure();
    int64_t o = op.getDim(), u = o + 1, rank = cast<RankedTensorType>(c.getType()).getRank();
    SmallVector<int64_t> l(c.getLhsLabels()), r(c.getRhsLabels());
    if (llvm::is_contained(r, o))
      std::swap(l, r);
    auto has = [](ArrayRef<int64_t> labels, int64_t x) { return llvm::is_contained(labels, x); };
    if (!has(l, o) || has(r, o) || has(l, u) || !has(r, u))
      return failure();
    bool swapped = has(c.getRhsLabels(), o);
    Value g = swapped ? c.getRhs() : c.getLhs(), k = swapped ? c.getLhs() : c.getRhs();

    auto flat = cast<RankedTensorType>(g.getType());
    int64_t d = llvm::find(l, o) - l.begin();
    if (flat.isDynamicDim(d))
      return failure();
    SmallVector<int64_t> shape(flat.getShape());
    shape[d] = op.getResult().getType().getDimSize(o);
    shape.insert(shape.begin() + d + 1, op.getInput().getType().getDimSize(u));
    Value windows = WindowOp::create(b, op.getLoc(), flat.clone(shape), g, d, 1, -op.getDilation(),
                                     -op.getLow());
    // `o` now is the place; what comes behind `u` moves up, and `u` is the first sum.
    auto relabelled = [&](int64_t x) { return x == u ? rank - 1 : x > u && x < rank ? x - 1 : x; };
    l.insert(l.begin() + d + 1, u);
    for (SmallVector<int64_t> *labels : {&l, &r})
      for (int64_t &x : *labels)
        x = relabelled(x);
    if (swapped)
      b.replaceOpWithNewOp<ContractOp>(op, op.getResult().getType(), k, windows, r, l);
    else
      b.replaceOpWithNewOp<ContractOp>(op, op.getResult().getType(), windows, k, l, r);
    return success();
  }
};

} // namespace

void dyn::populateWindowSimplifications(RewritePatternSet &patterns) {
  patterns.add<UnwindowedContract>(patterns.getContext());
}
