//===- TensorRules.cpp - derivatives of tensor ops ------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TensorRules.h"

#include "Emit.h"
#include "dyn/dialect/Dialect.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

#include <numeric>

using namespace mlir;
using namespace dyn;
using namespace dyn::autodiff;

namespace {

/// Offsets, sizes or strides of a slice with run-time values taken from `in`.
SmallVector<OpFoldResult> mixed(OpBuilder &b, ArrayRef<int64_t> fixed, ValueRange values) {
  SmallVector<OpFoldResult> out;
  size_t next = 0;
  for (int64_t f : fixed)
    out.push_back(ShapedType::isDynamic(f) ? OpFoldResult(values[next++])
                                           : OpFoldResult(b.getIndexAttr(f)));
  return out;
}

/// All of these only move numbers: forward they are their own derivative.
template <typename Self, typename Op> struct Moves : Differentiable::ExternalModel<Self, Op> {
  LogicalResult buildJVP(Operation *op, OpBuilder &b, ValueRange in, ValueRange,
                         ValueRange tangents, SmallVectorImpl<Value> &out) const {
    return linearJVP(op, b, in, tangents, out);
  }
};

struct ExtractSlice : Moves<ExtractSlice, tensor::ExtractSliceOp> {
  LogicalResult buildVJP(Operation *raw, OpBuilder &b, ValueRange in, ValueRange, ValueRange ct,
                         SmallVectorImpl<Value> &out) const {
    auto op = cast<tensor::ExtractSliceOp>(raw);
    out.assign(in.size(), Value());
    if (!ct[0] || !isFloat(in[0].getType()))
      return success();
    size_t no = op.getOffsets().size(), ns = op.getSizes().size();
    Value zero = constantLike(b, op.getLoc(), in[0], 0);
    out[0] = tensor::InsertSliceOp::create(
        b, op.getLoc(), ct[0], zero, mixed(b, op.getStaticOffsets(), in.slice(1, no)),
        mixed(b, op.getStaticSizes(), in.slice(1 + no, ns)),
        mixed(b, op.getStaticStrides(), in.drop_front(1 + no + ns)));
    return success();
  }
};

struct InsertSlice : Moves<InsertSlice, tensor::InsertSliceOp> {
  LogicalResult buildVJP(Operation *raw, OpBuilder &b, ValueRange in, ValueRange, ValueRange ct,
                         SmallVectorImpl<Value> &out) const {
    auto op = cast<tensor::InsertSliceOp>(raw);
    out.assign(in.size(), Value());
    if (!ct[0] || !isFloat(in[0].getType()))
      return success();
    size_t no = op.getOffsets().size(), ns = op.getSizes().size();
    auto offsets = mixed(b, op.getStaticOffsets(), in.slice(2, no));
    auto sizes = mixed(b, op.getStaticSizes(), in.slice(2 + no, ns));
    auto strides = mixed(b, op.getStaticStrides(), in.drop_front(2 + no + ns));
    out[0] = tensor::ExtractSliceOp::create(b, op.getLoc(), cast<RankedTensorType>(in[0].getType()),
                                            ct[0], offsets, sizes, strides);
    Value zero = constantLike(b, op.getLoc(), in[0], 0);
    out[1] = tensor::InsertSliceOp::create(b, op.getLoc(), zero, ct[0], offsets, sizes, strides);
    return success();
  }
};

struct Extract : Moves<Extract, tensor::ExtractOp> {
  LogicalResult buildVJP(Operation *op, OpBuilder &b, ValueRange in, ValueRange, ValueRange ct,
                         SmallVectorImpl<Value> &out) const {
    out.assign(in.size(), Value());
    if (ct[0] && isFloat(in[0].getType()))
      out[0] = tensor::InsertOp::create(b, op->getLoc(), ct[0],
                                        constantLike(b, op->getLoc(), in[0], 0), in.drop_front());
    return success();
  }
};

struct Insert : Moves<Insert, tensor::InsertOp> {
  LogicalResult buildVJP(Operation *op, OpBuilder &b, ValueRange in, ValueRange, ValueRange ct,
                         SmallVectorImpl<Value> &out) const {
    out.assign(in.size(), Value());
    if (!ct[0] || !isFloat(in[0].getType()))
      return success();
    out[0] = tensor::ExtractOp::create(b, op->getLoc(), ct[0], in.drop_front(2));
    out[1] = tensor::InsertOp::create(b, op->getLoc(), constantLike(b, op->getLoc(), in[0], 0),
                                      ct[0], in.drop_front(2));
    return success();
  }
};

struct FromElements : Moves<FromElements, tensor::FromElementsOp> {
  LogicalResult buildVJP(Operation *op, OpBuilder &b, ValueRange in, ValueRange, ValueRange ct,
                         SmallVectorImpl<Value> &out) const {
    out.assign(in.size(), Value());
    if (!ct[0] || !isFloat(ct[0].getType()))
      return success();
    ArrayRef<int64_t> shape = cast<RankedTensorType>(ct[0].getType()).getShape();
    for (size_t i = 0; i < in.size(); ++i) {
      SmallVector<Value> at(shape.size());
      int64_t rest = int64_t(i);
      for (size_t d = shape.size(); d-- > 0; rest /= shape[d])
        at[d] = arith::ConstantIndexOp::create(b, op->getLoc(), rest % shape[d]);
      out[i] = tensor::ExtractOp::create(b, op->getLoc(), ct[0], at);
    }
    return success();
  }
};

struct Splat : Moves<Splat, tensor::SplatOp> {
  LogicalResult buildVJP(Operation *op, OpBuilder &b, ValueRange in, ValueRange, ValueRange ct,
                         SmallVectorImpl<Value> &out) const {
    out.assign(in.size(), Value());
    if (!ct[0] || !isFloat(in[0].getType()))
      return success();
    SmallVector<int64_t> dims(cast<RankedTensorType>(ct[0].getType()).getRank());
    std::iota(dims.begin(), dims.end(), 0);
    if (dims.empty())
      out[0] = tensor::ExtractOp::create(b, op->getLoc(), ct[0], ValueRange{});
    else
      out[0] = ReduceOp::create(b, op->getLoc(), in[0].getType(), ReduceKind::add, ct[0], dims);
    return success();
  }
};

struct Concat : Moves<Concat, tensor::ConcatOp> {
  LogicalResult buildVJP(Operation *raw, OpBuilder &b, ValueRange in, ValueRange, ValueRange ct,
                         SmallVectorImpl<Value> &out) const {
    auto op = cast<tensor::ConcatOp>(raw);
    out.assign(in.size(), Value());
    if (!ct[0] || !isFloat(in[0].getType()))
      return success();
    Location loc = op.getLoc();
    OpFoldResult at = b.getIndexAttr(0);
    for (auto [i, v] : llvm::enumerate(in)) {
      auto type = cast<RankedTensorType>(v.getType());
      SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0));
      SmallVector<OpFoldResult> strides(type.getRank(), b.getIndexAttr(1));
      SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, v);
      // Upstream has no static slice of nothing.
      if (type.hasStaticShape() && type.getNumElements() == 0)
        continue;
      offsets[op.getDim()] = at;
      out[i] = tensor::ExtractSliceOp::create(b, loc, type, ct[0], offsets, sizes, strides);
      at = sum(b, loc, at, sizes[op.getDim()]);
    }
    return success();
  }

  static OpFoldResult sum(OpBuilder &b, Location loc, OpFoldResult x, OpFoldResult y) {
    std::optional<int64_t> cx = getConstantIntValue(x), cy = getConstantIntValue(y);
    if (cx && cy)
      return b.getIndexAttr(*cx + *cy);
    return arith::AddIOp::create(b, loc, getValueOrCreateConstantIndexOp(b, loc, x),
                                 getValueOrCreateConstantIndexOp(b, loc, y))
        .getResult();
  }
};

struct Cast : Moves<Cast, tensor::CastOp> {
  LogicalResult buildVJP(Operation *op, OpBuilder &b, ValueRange in, ValueRange, ValueRange ct,
                         SmallVectorImpl<Value> &out) const {
    out.assign(in.size(), Value());
    if (ct[0] && isFloat(in[0].getType()))
      out[0] = tensor::CastOp::create(b, op->getLoc(), in[0].getType(), ct[0]);
    return success();
  }
};

/// expand_shape and collapse_shape keep the order of elements.
template <typename Op> struct SameOrder : Moves<SameOrder<Op>, Op> {
  LogicalResult buildVJP(Operation *op, OpBuilder &b, ValueRange in, ValueRange, ValueRange ct,
                         SmallVectorImpl<Value> &out) const {
    out.assign(in.size(), Value());
    if (ct[0] && isFloat(in[0].getType()))
      out[0] = ReshapeOp::create(b, op->getLoc(), in[0].getType(), ct[0]);
    return success();
  }
};

} // namespace

void dyn::autodiff::registerTensorRules(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *c, tensor::TensorDialect *) {
    tensor::ExtractSliceOp::attachInterface<ExtractSlice>(*c);
    tensor::InsertSliceOp::attachInterface<InsertSlice>(*c);
    tensor::ExtractOp::attachInterface<Extract>(*c);
    tensor::InsertOp::attachInterface<Insert>(*c);
    tensor::FromElementsOp::attachInterface<FromElements>(*c);
    tensor::CastOp::attachInterface<Cast>(*c);
    tensor::SplatOp::attachInterface<Splat>(*c);
    tensor::ConcatOp::attachInterface<Concat>(*c);
    tensor::ExpandShapeOp::attachInterface<SameOrder<tensor::ExpandShapeOp>>(*c);
    tensor::CollapseShapeOp::attachInterface<SameOrder<tensor::CollapseShapeOp>>(*c);
  });
}
