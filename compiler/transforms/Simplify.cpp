//===- Simplify.cpp - smaller dyn programs with the same meaning ----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "dyn/dialect/Dialect.h"
#include "dyn/transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace dyn {
#define GEN_PASS_REGISTRATION
#define GEN_PASS_DEF_SIMPLIFYPASS
#include "TransformsPasses.h.inc"
} // namespace dyn

using namespace mlir;
using namespace dyn;

namespace {

/// An operand of a contraction with the labels of its dimensions.
struct Side {
  Value v;
  SmallVector<int64_t> labels;
};

/// Sees through one broadcast or transpose. Fails on scalars, which have no label.
bool peel(Side &s) {
  if (auto t = s.v.getDefiningOp<TransposeOp>()) {
    SmallVector<int64_t> labels(s.labels.size());
    for (auto [i, p] : llvm::enumerate(t.getPermutation()))
      labels[p] = s.labels[i];
    s = {t.getInput(), labels};
    return true;
  }
  auto b = s.v.getDefiningOp<BroadcastOp>();
  if (b && isa<RankedTensorType>(b.getInput().getType())) {
    SmallVector<int64_t> labels;
    for (int64_t d : b.getDims())
      labels.push_back(s.labels[d]);
    s = {b.getInput(), labels};
    return true;
  }
  return false;
}

/// Every label of `needed` must stay on one side, or its sum or extent is lost.
bool covers(const Side &a, const Side &b, ArrayRef<int64_t> needed) {
  return llvm::all_of(needed, [&](int64_t l) {
    return llvm::is_contained(a.labels, l) || llvm::is_contained(b.labels, l);
  });
}

bool peelBoth(Side &a, Side &b, ArrayRef<int64_t> needed) {
  bool any = false, more = true;
  while (more) {
    more = false;
    for (auto [x, y] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      Side s = *x;
      if (peel(s) && covers(s, *y, needed)) {
        *x = s;
        any = more = true;
      }
    }
  }
  return any;
}

SmallVector<int64_t> allLabels(ContractOp op) {
  SmallVector<int64_t> all(op.getLhsLabels());
  for (int64_t l : op.getRhsLabels())
    if (!llvm::is_contained(all, l))
      all.push_back(l);
  return all;
}

struct PeelContract : OpRewritePattern<ContractOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ContractOp op, PatternRewriter &b) const final {
    Side l{op.getLhs(), SmallVector<int64_t>(op.getLhsLabels())};
    Side r{op.getRhs(), SmallVector<int64_t>(op.getRhsLabels())};
    if (!peelBoth(l, r, allLabels(op)))
      return failure();
    b.replaceOpWithNewOp<ContractOp>(op, op.getResult().getType(), l.v, r.v, l.labels, r.labels);
    return success();
  }
};

/// sum(x*y) is a contraction.
struct SumOfProducts : OpRewritePattern<ReduceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceOp op, PatternRewriter &b) const final {
    auto mul = op.getInput().getDefiningOp<arith::MulFOp>();
    if (op.getKind() != ReduceKind::add || !mul || !mul->hasOneUse())
      return failure();
    int64_t rank = op.getInput().getType().getRank();
    SmallVector<int64_t> labels(rank), needed;
    int64_t kept = 0, summed = rank - int64_t(op.getDims().size());
    for (int64_t i = 0; i < rank; ++i) {
      labels[i] = llvm::is_contained(op.getDims(), i) ? summed++ : kept++;
      needed.push_back(labels[i]);
    }
    Side l{mul.getLhs(), labels}, r{mul.getRhs(), labels};
    // Only when a broadcast disappears: a plain dot of equal shapes stays a reduction.
    if (!peelBoth(l, r, needed) ||
        (l.labels.size() == size_t(rank) && r.labels.size() == size_t(rank)))
      return failure();
    b.replaceOpWithNewOp<ContractOp>(op, op.getResult().getType(), l.v, r.v, l.labels, r.labels);
    return success();
  }
};

/// A transposed result relabels the contraction that made it.
struct TransposedContract : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &b) const final {
    auto c = op.getInput().getDefiningOp<ContractOp>();
    if (!c || !c->hasOneUse())
      return failure();
    SmallVector<int64_t> place(op.getPermutation().size());
    for (auto [i, p] : llvm::enumerate(op.getPermutation()))
      place[p] = int64_t(i);
    auto relabel = [&](ArrayRef<int64_t> labels) {
      SmallVector<int64_t> out;
      for (int64_t l : labels)
        out.push_back(l < int64_t(place.size()) ? place[l] : l);
      return out;
    };
    b.replaceOpWithNewOp<ContractOp>(op, op.getResult().getType(), c.getLhs(), c.getRhs(),
                                     relabel(c.getLhsLabels()), relabel(c.getRhsLabels()));
    return success();
  }
};

struct SimplifyPass : dyn::impl::SimplifyPassBase<SimplifyPass> {
  void runOnOperation() final {
    RewritePatternSet p(&getContext());
    p.add<PeelContract, SumOfProducts, TransposedContract>(&getContext());
    populateElementwiseSimplifications(p);
    populateShapeSimplifications(p);
    populateWindowSimplifications(p);
    if (failed(applyPatternsGreedily(getOperation(), std::move(p))))
      return getOperation().emitError("simplification does not end"), signalPassFailure();
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance(getOperation());
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
  }
};

} // namespace

void dyn::registerTransforms(DialectRegistry &) { registerTransformsPasses(); }
