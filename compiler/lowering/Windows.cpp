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

/// Copies `v` into the middle of zeros: `low` before and `high` after along `dim`.
Value padded(OpBuilder &b, Location loc, Value v, int64_t dim, int64_t low, int64_t high) {
  auto type = cast<RankedTensorType>(v.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] += low + high;
  auto big = RankedTensorType::get(shape, type.getElementType());
  Value zeros = filled(b, loc, big, extentsOf(b, loc, v), scalar(b, loc, type.getElementType(), 0));
  SmallVector<OpFoldResult> o, s, t;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    o.push_back(b.getIndexAttr(i == dim ? low : 0));
    s.push_back(type.isDynamicDim(i) ? OpFoldResult(Value(tensor::DimOp::create(b, loc, v, i)))
                                     : OpFoldResult(b.getIndexAttr(type.getDimSize(i))));
    t.push_back(b.getIndexAttr(1));
  }
  return tensor::InsertSliceOp::create(b, loc, v, zeros, o, s, t);
}

/// Map of the flat side of a window with loops [.., o, u, ..].
AffineMap windowMap(OpBuilder &b, int64_t rank, int64_t dim, int64_t stride, int64_t dilation) {
  SmallVector<AffineExpr> e;
  for (int64_t i = 0; i < rank; ++i) {
    if (i == dim + 1)
      continue;
    if (i == dim)
      e.push_back(b.getAffineDimExpr(i) * stride + b.getAffineDimExpr(i + 1) * dilation);
    else
      e.push_back(b.getAffineDimExpr(i));
  }
  return AffineMap::get(rank, 0, e, b.getContext());
}

struct Window : Model<Window, WindowOp> {
  static LogicalResult rewrite(WindowOp op, RewriterBase &b) {
    Location loc = op.getLoc();
    auto type = cast<RankedTensorType>(op.getResult().getType());
    int64_t d = op.getDim(), n = op.getInput().getType().getDimSize(d);
    int64_t last =
        (type.getDimSize(d) - 1) * op.getStride() + (type.getDimSize(d + 1) - 1) * op.getDilation();
    int64_t low = op.getLow(), high = std::max<int64_t>(0, last + 1 - n - low);
    Value in = op.getInput();
    if (low || high)
      in = padded(b, loc, in, d, low, high);
    Value out = emptyTensor(b, loc, type, extentsOf(b, loc, op.getInput()));
    AffineMap map = windowMap(b, type.getRank(), d, op.getStride(), op.getDilation());
    b.replaceOp(op,
                parallelGeneric(b, loc, in, out, map, [](OpBuilder &m, Location l, ValueRange a) {
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
    int64_t d = op.getDim(), n = type.getDimSize(d), low = op.getLow();
    int64_t last =
        (in.getDimSize(d) - 1) * op.getStride() + (in.getDimSize(d + 1) - 1) * op.getDilation();
    int64_t big = std::max(n + low, last + 1);
    SmallVector<int64_t> shape(type.getShape());
    shape[d] = big;
    auto wide = RankedTensorType::get(shape, type.getElementType());
    SmallVector<Value> extents = extentsOf(b, loc, op.getInput());
    Value zeros = filled(b, loc, wide, extents, scalar(b, loc, type.getElementType(), 0));
    SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(in.getRank()),
                                windowMap(b, in.getRank(), d, op.getStride(), op.getDilation())};
    SmallVector<utils::IteratorType> kinds(in.getRank(), utils::IteratorType::parallel);
    kinds[d] = kinds[d + 1] = utils::IteratorType::reduction;
    auto g = linalg::GenericOp::create(b, loc, wide, op.getInput(), zeros, maps, kinds,
                                       [](OpBuilder &m, Location l, ValueRange a) {
                                         linalg::YieldOp::create(
                                             m, l, Value(arith::AddFOp::create(m, l, a[1], a[0])));
                                       });
    g->setAttr("dyn.unwindow", b.getUnitAttr());
    if (big == n) {
      b.replaceOp(op, g.getResult(0));
      return success();
    }
    SmallVector<OpFoldResult> o, s, t;
    size_t next = 0;
    for (int64_t i = 0; i < type.getRank(); ++i) {
      o.push_back(b.getIndexAttr(i == d ? low : 0));
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
