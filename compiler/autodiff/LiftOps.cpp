//===- LiftOps.cpp - how each op computes for all members of a frame -----===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The frame is one more dimension, in front or behind a dynamic leading one; where
// an op counts or names dimensions, they are counted past it.
//
//===----------------------------------------------------------------------===//
#include "Lift.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::autodiff;

static int64_t axisOf(Value v) { return LiftOp::axisIn(v.getType()); }

/// Dimension `d` of a value, in a twin whose frame is dimension `axis`.
static int64_t past(int64_t d, int64_t axis) { return d + (d >= axis); }

static SmallVector<int64_t> past(ArrayRef<int64_t> dims, int64_t axis) {
  SmallVector<int64_t> out;
  for (int64_t d : dims)
    out.push_back(past(d, axis));
  return out;
}

bool Lift::visitDyn(Operation *raw) {
  Location loc = raw->getLoc();
  Value result = raw->getResult(0), twin;
  Type type = framed(result.getType());
  int64_t at = axisOf(result);
  if (auto op = dyn_cast<BroadcastOp>(raw)) {
    int64_t from = axisOf(op.getInput());
    // Where each dimension of the input goes; the frame may have to change places.
    SmallVector<int64_t> dims = past(op.getDims(), at);
    int64_t place = llvm::count_if(dims, [&](int64_t d) { return d < at; });
    dims.insert(dims.begin() + place, at);
    twin = BroadcastOp::create(b, loc, type, move(lifted(op.getInput(), loc), from, place, loc),
                               op.getExtents(), dims);
  } else if (auto op = dyn_cast<TransposeOp>(raw)) {
    int64_t from = axisOf(op.getInput());
    SmallVector<int64_t> order = past(op.getPermutation(), from);
    order.insert(order.begin() + at, from);
    twin = TransposeOp::create(b, loc, type, lifted(op.getInput(), loc), order);
  } else if (auto op = dyn_cast<ReshapeOp>(raw)) {
    twin = ReshapeOp::create(b, loc, type, lifted(op.getInput(), loc));
  } else if (auto op = dyn_cast<ContractOp>(raw)) {
    // The frame's label is its place in the result; who does not carry it is shared.
    Value sides[] = {op.getLhs(), op.getRhs()};
    SmallVector<int64_t> labels[] = {past(op.getLhsLabels(), at), past(op.getRhsLabels(), at)};
    for (int i : {0, 1})
      if (!isShared(sides[i])) {
        labels[i].insert(labels[i].begin() + axisOf(sides[i]), at);
        sides[i] = lifted(sides[i], loc);
      }
    twin = ContractOp::create(b, loc, type, sides[0], sides[1], labels[0], labels[1]);
  } else if (auto op = dyn_cast<ReduceOp>(raw)) {
    twin = ReduceOp::create(b, loc, type, op.getKind(), lifted(op.getInput(), loc),
                            past(op.getDims(), axisOf(op.getInput())));
  } else if (isa<FirstOp, KthOp, OrderOp>(raw)) {
    // On vectors, whatever is in front of them.
    SmallVector<Value> operands(raw->getOperands());
    if (operands.size() > 1 && !isShared(operands[1]))
      return false;
    for (Value &v : operands)
      if (isa<RankedTensorType>(v.getType()))
        v = lifted(v, loc);
    twin = b.create(loc, raw->getName().getIdentifier(), operands, type, raw->getAttrs())
               ->getResult(0);
  } else if (auto op = dyn_cast<WindowOp>(raw)) {
    twin = WindowOp::create(b, loc, type, lifted(op.getInput(), loc), op.getDim() + 1,
                            op.getStride(), op.getDilation(), op.getLow());
  } else if (auto op = dyn_cast<UnwindowOp>(raw)) {
    twin = UnwindowOp::create(b, loc, type, lifted(op.getInput(), loc), op.getDim() + 1,
                              op.getStride(), op.getDilation(), op.getLow());
  } else {
    return false;
  }
  setTwin(result, twin);
  return true;
}

/// The frame travels as the first dimension of the slices.
bool Lift::visitGather(Operation *raw) {
  Location loc = raw->getLoc();
  auto rank = [](Value v) {
    auto t = dyn_cast<RankedTensorType>(v.getType());
    return t ? t.getRank() : 0;
  };
  auto shapeAt = [&](Value v, int64_t place) -> RankedTensorType {
    SmallVector<int64_t> shape;
    if (auto t = dyn_cast<RankedTensorType>(v.getType()))
      llvm::append_range(shape, t.getShape());
    shape.insert(shape.begin() + place, extent);
    return RankedTensorType::get(shape, getElementTypeOrSelf(v.getType()));
  };
  // Where the members have indices of their own, the frame is one more shared dimension.
  auto shares = [&](Value rows, Value indices, int64_t batch) {
    int64_t at = axisOf(raw->getResult(0));
    return axisOf(rows) == at && axisOf(indices) == at && at <= batch;
  };
  if (auto op = dyn_cast<GatherOp>(raw)) {
    if (!isShared(op.getIndices())) {
      if (!shares(op.getTable(), op.getIndices(), op.getBatch()))
        return false;
      setTwin(op.getResult(),
              GatherOp::create(b, loc, framed(op.getResult().getType()), lifted(op.getTable(), loc),
                               lifted(op.getIndices(), loc), op.getBatch() + 1));
      return true;
    }
    int64_t in = op.getBatch() + 1, out = rank(op.getIndices());
    Value table = move(lifted(op.getTable(), loc), axisOf(op.getTable()), in, loc);
    Value rows = GatherOp::create(b, loc, shapeAt(op.getResult(), out), table, op.getIndices(),
                                  op.getBatch());
    setTwin(op.getResult(), move(rows, out, axisOf(op.getResult()), loc));
    return true;
  }
  if (auto op = dyn_cast<ScatterAddOp>(raw)) {
    if (!isShared(op.getIndices())) {
      if (!shares(op.getUpdates(), op.getIndices(), op.getBatch()))
        return false;
      setTwin(op.getResult(),
              ScatterAddOp::create(b, loc, framed(op.getResult().getType()),
                                   lifted(op.getUpdates(), loc), lifted(op.getIndices(), loc),
                                   op.getExtents(), op.getBatch() + 1));
      return true;
    }
    int64_t in = rank(op.getIndices()), out = op.getBatch() + 1;
    Value rows = move(lifted(op.getUpdates(), loc), axisOf(op.getUpdates()), in, loc);
    Value table = ScatterAddOp::create(b, loc, shapeAt(op.getResult(), out), rows, op.getIndices(),
                                       op.getExtents(), op.getBatch());
    setTwin(op.getResult(), move(table, out, axisOf(op.getResult()), loc));
    return true;
  }
  return false;
}

namespace {
/// Offsets, sizes and strides of a slice, also of one element or of a whole frame.
struct Slice {
  SmallVector<OpFoldResult> offsets, sizes, strides;

  static Slice of(OffsetSizeAndStrideOpInterface op) {
    return {op.getMixedOffsets(), op.getMixedSizes(), op.getMixedStrides()};
  }
  static Slice element(OpBuilder &b, ValueRange at) {
    Slice s;
    for (Value i : at) {
      s.offsets.push_back(i);
      s.sizes.push_back(b.getIndexAttr(1));
      s.strides.push_back(b.getIndexAttr(1));
    }
    return s;
  }
  Slice &whole(OpBuilder &b, int64_t axis, int64_t extent) {
    offsets.insert(offsets.begin() + axis, b.getIndexAttr(0));
    sizes.insert(sizes.begin() + axis, b.getIndexAttr(extent));
    strides.insert(strides.begin() + axis, b.getIndexAttr(1));
    return *this;
  }
};
} // namespace

bool Lift::visitTensor(Operation *raw) {
  Location loc = raw->getLoc();
  Value result = raw->getResult(0), twin;
  auto type = cast<RankedTensorType>(framed(result.getType()));
  int64_t at = axisOf(result);
  // Of a larger value the frame lies at `axis`, of a slice of it at the same place among
  // the dimensions that are kept.
  auto kept = [](int64_t axis, const llvm::SmallBitVector &dropped) {
    return axis && !dropped.test(0) ? int64_t(1) : int64_t(0);
  };
  auto extract = [&](Value from, Slice s, const llvm::SmallBitVector &dropped) -> Value {
    if (type.hasStaticShape() && type.getNumElements() == 0)
      return tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
    int64_t place = kept(axisOf(from), dropped);
    SmallVector<int64_t> shape(type.getShape());
    shape.erase(shape.begin() + at);
    shape.insert(shape.begin() + place, extent);
    s.whole(b, axisOf(from), extent);
    Value slice = tensor::ExtractSliceOp::create(b, loc, type.clone(shape), lifted(from, loc),
                                                 s.offsets, s.sizes, s.strides);
    return move(slice, place, at, loc);
  };
  auto insert = [&](Value what, int64_t axis, Value into, Slice s,
                    const llvm::SmallBitVector &dropped) -> Value {
    auto small = cast<RankedTensorType>(what.getType());
    if (small.hasStaticShape() && small.getNumElements() == 0)
      return into;
    what = move(what, axis, kept(at, dropped), loc);
    s.whole(b, at, extent);
    return tensor::InsertSliceOp::create(b, loc, what, into, s.offsets, s.sizes, s.strides);
  };
  if (auto op = dyn_cast<tensor::ExtractSliceOp>(raw)) {
    twin = extract(op.getSource(), Slice::of(op), op.getDroppedDims());
  } else if (auto op = dyn_cast<tensor::ExtractOp>(raw)) {
    twin = extract(op.getTensor(), Slice::element(b, op.getIndices()),
                   llvm::SmallBitVector(op.getIndices().size(), true));
  } else if (auto op = dyn_cast<tensor::InsertSliceOp>(raw)) {
    twin = insert(lifted(op.getSource(), loc), axisOf(op.getSource()), lifted(op.getDest(), loc),
                  Slice::of(op), op.getDroppedDims());
  } else if (auto op = dyn_cast<tensor::InsertOp>(raw)) {
    twin = insert(lifted(op.getScalar(), loc), 0, lifted(op.getDest(), loc),
                  Slice::element(b, op.getIndices()),
                  llvm::SmallBitVector(op.getIndices().size(), true));
  } else if (isa<tensor::FromElementsOp>(raw)) {
    twin = tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
    ArrayRef<int64_t> shape = type.getShape().drop_front();
    for (auto [i, v] : llvm::enumerate(raw->getOperands())) {
      Slice s;
      s.offsets.resize(shape.size());
      s.sizes.assign(shape.size(), b.getIndexAttr(1));
      s.strides = s.sizes;
      int64_t rest = int64_t(i);
      for (size_t d = shape.size(); d-- > 0; rest /= shape[d])
        s.offsets[d] = b.getIndexAttr(rest % shape[d]);
      twin = insert(lifted(v, loc), 0, twin, s, llvm::SmallBitVector(unsigned(shape.size()), true));
    }
  } else if (auto op = dyn_cast<tensor::SplatOp>(raw)) {
    twin = BroadcastOp::create(b, loc, type, lifted(op.getInput(), loc), op.getDynamicSizes(),
                               ArrayRef<int64_t>{at});
  } else if (auto op = dyn_cast<tensor::ConcatOp>(raw)) {
    SmallVector<Value> parts;
    for (Value v : op.getInputs())
      parts.push_back(move(lifted(v, loc), axisOf(v), at, loc));
    twin = tensor::ConcatOp::create(b, loc, type, past(int64_t(op.getDim()), at), parts);
  } else if (auto op = dyn_cast<tensor::CastOp>(raw)) {
    // Another leading dimension may be dynamic now, so that the frame changes places.
    Value in = lifted(op.getSource(), loc);
    int64_t from = axisOf(op.getSource());
    if (from == 0)
      in = move(in, from, at, loc);
    auto cast = RankedTensorType::get(type.getShape(), type.getElementType());
    if (from > at) {
      SmallVector<int64_t> shape(type.getShape());
      std::swap(shape[0], shape[1]);
      cast = cast.clone(shape);
    }
    twin = tensor::CastOp::create(b, loc, cast, in);
    if (from > at)
      twin = move(twin, from, at, loc);
  } else if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(raw)) {
    twin = ReshapeOp::create(b, loc, type, lifted(raw->getOperand(0), loc));
  } else {
    return false;
  }
  setTwin(result, twin);
  return true;
}
