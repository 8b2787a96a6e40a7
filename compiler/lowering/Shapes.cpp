//===- Shapes.cpp - broadcast, transpose, reshape, counters --------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::lowering;

SmallVector<Value> dyn::lowering::extentsOf(OpBuilder &b, Location loc, Value v) {
  SmallVector<Value> out;
  if (auto t = dyn_cast<RankedTensorType>(v.getType()))
    for (int64_t i = 0; i < t.getRank(); ++i)
      if (t.isDynamicDim(i))
        out.push_back(tensor::DimOp::create(b, loc, v, i));
  return out;
}

Value dyn::lowering::emptyTensor(OpBuilder &b, Location loc, RankedTensorType type,
                                 ValueRange extents) {
  return tensor::EmptyOp::create(b, loc, type, extents);
}

Value dyn::lowering::scalar(OpBuilder &b, Location loc, Type type, double number) {
  if (isa<FloatType>(type))
    return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, number));
  return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, int64_t(number)));
}

Value dyn::lowering::filled(OpBuilder &b, Location loc, RankedTensorType type, ValueRange extents,
                            Value value) {
  Value out = emptyTensor(b, loc, type, extents);
  return linalg::FillOp::create(b, loc, value, out).getResult(0);
}

Value dyn::lowering::parallelGeneric(OpBuilder &b, Location loc, ValueRange ins, Value out,
                                     ArrayRef<AffineMap> inMaps, Body body) {
  auto type = cast<RankedTensorType>(out.getType());
  SmallVector<AffineMap> maps(inMaps);
  maps.push_back(b.getMultiDimIdentityMap(type.getRank()));
  SmallVector<utils::IteratorType> loops(type.getRank(), utils::IteratorType::parallel);
  return linalg::GenericOp::create(b, loc, type, ins, out, maps, loops, body).getResult(0);
}

AffineMap dyn::lowering::project(OpBuilder &b, int64_t rank, ArrayRef<int64_t> dims) {
  SmallVector<AffineExpr> e;
  for (int64_t d : dims)
    e.push_back(b.getAffineDimExpr(d));
  return AffineMap::get(rank, 0, e, b.getContext());
}

namespace {

void yieldFirst(OpBuilder &b, Location loc, ValueRange args) {
  linalg::YieldOp::create(b, loc, args[0]);
}

struct Broadcast : Model<Broadcast, BroadcastOp> {
  static LogicalResult rewrite(BroadcastOp op, RewriterBase &b) {
    Location loc = op.getLoc();
    RankedTensorType type = op.getResult().getType();
    if (!isa<RankedTensorType>(op.getInput().getType())) {
      b.replaceOp(op, filled(b, loc, type, op.getExtents(), op.getInput()));
      return success();
    }
    Value out = emptyTensor(b, loc, type, op.getExtents());
    b.replaceOp(op, parallelGeneric(b, loc, op.getInput(), out,
                                    project(b, type.getRank(), op.getDims()), yieldFirst));
    return success();
  }
};

struct Transpose : Model<Transpose, TransposeOp> {
  static LogicalResult rewrite(TransposeOp op, RewriterBase &b) {
    Location loc = op.getLoc();
    auto type = cast<RankedTensorType>(op.getResult().getType());
    SmallVector<int64_t> inverse(type.getRank());
    for (auto [i, p] : llvm::enumerate(op.getPermutation()))
      inverse[p] = int64_t(i);
    Value out = emptyTensor(b, loc, type, extentsOf(b, loc, op.getInput()));
    b.replaceOp(op, parallelGeneric(b, loc, op.getInput(), out, project(b, type.getRank(), inverse),
                                    yieldFirst));
    return success();
  }
};

struct Reshape : Model<Reshape, ReshapeOp> {
  static LogicalResult rewrite(ReshapeOp op, RewriterBase &b) {
    // Through the finest common shape: [lead, all other elements].
    Location loc = op.getLoc();
    RankedTensorType in = op.getInput().getType();
    auto out = cast<RankedTensorType>(op.getResult().getType());
    bool dynamic = !in.hasStaticShape();
    auto flat = [&](RankedTensorType t) {
      int64_t n = 1;
      for (int64_t i = dynamic; i < t.getRank(); ++i)
        n *= t.getDimSize(i);
      SmallVector<int64_t> shape;
      if (dynamic)
        shape.push_back(ShapedType::kDynamic);
      shape.push_back(n);
      return RankedTensorType::get(shape, t.getElementType());
    };
    auto groups = [&](RankedTensorType t) {
      SmallVector<ReassociationIndices> r;
      if (dynamic)
        r.push_back({0});
      ReassociationIndices rest;
      for (int64_t i = dynamic; i < t.getRank(); ++i)
        rest.push_back(i);
      if (!rest.empty() || !dynamic)
        r.push_back(rest);
      return r;
    };
    Value v = op.getInput();
    if (in.getRank() > 1 + dynamic)
      v = tensor::CollapseShapeOp::create(b, loc, flat(in), v, groups(in));
    else if (in.getRank() == dynamic) // [n] to [n, 1]
      return expandLead(op, b);
    if (out.getRank() == dynamic) {
      SmallVector<ReassociationIndices> r{{0, 1}};
      v = tensor::CollapseShapeOp::create(b, loc, out, v, r);
    } else if (out.getRank() > 1 + dynamic) {
      v = tensor::ExpandShapeOp::create(b, loc, out, v, groups(out));
    }
    b.replaceOp(op, v);
    return success();
  }
  static LogicalResult expandLead(ReshapeOp op, RewriterBase &b) {
    auto out = cast<RankedTensorType>(op.getResult().getType());
    ReassociationIndices all;
    for (int64_t i = 0; i < out.getRank(); ++i)
      all.push_back(i);
    SmallVector<ReassociationIndices> r{all};
    b.replaceOpWithNewOp<tensor::ExpandShapeOp>(op, out, op.getInput(), r);
    return success();
  }
};

struct Stop : Model<Stop, StopOp> {
  static LogicalResult rewrite(StopOp op, RewriterBase &b) {
    b.replaceOp(op, op.getInput());
    return success();
  }
};

struct Iota : Model<Iota, IotaOp> {
  static LogicalResult rewrite(IotaOp op, RewriterBase &b) {
    SmallVector<Value> extents;
    if (op.getExtent())
      extents.push_back(op.getExtent());
    Value out = emptyTensor(b, op.getLoc(), op.getResult().getType(), extents);
    b.replaceOp(
        op, parallelGeneric(b, op.getLoc(), {}, out, {}, [](OpBuilder &n, Location l, ValueRange) {
          Value i = linalg::IndexOp::create(n, l, 0);
          linalg::YieldOp::create(n, l, Value(arith::IndexCastOp::create(n, l, n.getI64Type(), i)));
        }));
    return success();
  }
};

} // namespace

void dyn::lowering::attachShapes(MLIRContext *c) {
  attach<Broadcast, Transpose, Reshape, Stop, Iota>(c);
}
