//===- Windows.cpp - overlapping windows and their transpose -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::lowering;

namespace {

/// Where windows lie: [o, u] at o*stride + u*dilation - low of `n` places.
struct Places {
  int64_t stride, dilation, low;
  int64_t before, after; ///< places outside of the `n` that windows reach

  Places(ArrayRef<int64_t> windows, int64_t dim, int64_t n, int64_t stride, int64_t dilation,
         int64_t low)
      : stride(stride), dilation(dilation), low(low) {
    int64_t inWindow = (windows[dim + 1] - 1) * dilation;
    int64_t first = std::min<int64_t>(0, inWindow) - low;
    int64_t last = (windows[dim] - 1) * stride + std::max<int64_t>(0, inWindow) - low;
    before = std::max<int64_t>(0, -first);
    after = std::max<int64_t>(0, last + 1 - n);
  }

  /// Map of the padded flat side with loops [.., o, u, ..].
  AffineMap map(OpBuilder &b, int64_t rank, int64_t dim) const {
    SmallVector<AffineExpr> e;
    for (int64_t i = 0; i < rank; ++i)
      if (i == dim)
        e.push_back(b.getAffineDimExpr(i) * stride + b.getAffineDimExpr(i + 1) * dilation +
                    (before - low));
      else if (i != dim + 1)
        e.push_back(b.getAffineDimExpr(i));
    return AffineMap::get(rank, 0, e, b.getContext());
  }
};

struct Window : Model<Window, WindowOp> {
  static LogicalResult rewrite(WindowOp op, RewriterBase &b) {
    Location loc = op.getLoc();
    auto type = cast<RankedTensorType>(op.getResult().getType());
    auto flat = cast<RankedTensorType>(op.getInput().getType());
    int64_t d = op.getDim();
    Places at(type.getShape(), d, flat.getDimSize(d), op.getStride(), op.getDilation(),
              op.getLow());
    Value in = op.getInput();
    if (at.before || at.after) {
      SmallVector<OpFoldResult> low(flat.getRank(), b.getIndexAttr(0)), high = low;
      low[d] = b.getIndexAttr(at.before), high[d] = b.getIndexAttr(at.after);
      SmallVector<int64_t> shape(flat.getShape());
      shape[d] += at.before + at.after;
      in = tensor::PadOp::create(b, loc, flat.clone(shape), in, low, high,
                                 scalar(b, loc, flat.getElementType(), 0));
    }
    Value out = emptyTensor(b, loc, type, extentsOf(b, loc, op.getInput()));
    b.replaceOp(op, parallelGeneric(b, loc, in, out, at.map(b, type.getRank(), d),
                                    [](OpBuilder &m, Location l, ValueRange a) {
                                      linalg::YieldOp::create(m, l, a[0]);
                                    }));
    return success();
  }
};

struct Unwindow : Model<Unwindow, UnwindowOp> {
  static LogicalResult rewrite(UnwindowOp op, RewriterBase &b) {
    Location loc = op.getLoc();
    auto in = cast<RankedTensorType>(op.getInput().getType());
    auto type = cast<RankedTensorType>(op.getResult().getType());
    int64_t d = op.getDim(), n = type.getDimSize(d);
    Places at(in.getShape(), d, n, op.getStride(), op.getDilation(), op.getLow());
    SmallVector<int64_t> shape(type.getShape());
    shape[d] += at.before + at.after;
    auto wide = RankedTensorType::get(shape, type.getElementType());
    SmallVector<Value> extents = extentsOf(b, loc, op.getInput());
    Value zeros = filled(b, loc, wide, extents, scalar(b, loc, type.getElementType(), 0));
    SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(in.getRank()), at.map(b, in.getRank(), d)};
    SmallVector<utils::IteratorType> kinds(in.getRank(), utils::IteratorType::parallel);
    kinds[d] = kinds[d + 1] = utils::IteratorType::reduction;
    auto g = linalg::GenericOp::create(b, loc, wide, op.getInput(), zeros, maps, kinds,
                                       [](OpBuilder &m, Location l, ValueRange a) {
                                         linalg::YieldOp::create(
                                             m, l, Value(arith::AddFOp::create(m, l, a[1], a[0])));
                                       });
    g->setAttr("dyn.unwindow", b.getUnitAttr());
    if (wide == type) {
      b.replaceOp(op, g.getResult(0));
      return success();
    }
    SmallVector<OpFoldResult> o, s, t;
    size_t next = 0;
    for (int64_t i = 0; i < type.getRank(); ++i) {
      o.push_back(b.getIndexAttr(i == d ? at.before : 0));
      s.push_back(type.isDynamicDim(i) ? OpFoldResult(extents[next++])
                                       : OpFoldResult(b.getIndexAttr(type.getDimSize(i))));
      t.push_back(b.getIndexAttr(1));
    }
    b.replaceOpWithNewOp<tensor::ExtractSliceOp>(op, type, g.getResult(0), o, s, t);
    return success();
  }
};

} // namespace

void dyn::lowering::attachWindows(MLIRContext *c) { attach<Window, Unwindow>(c); }
