//===- TensorOps.cpp - constants and tensor ops ---------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Interpreter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace dyn::test;

static double number(Attribute a) {
  if (auto f = dyn_cast<FloatAttr>(a))
    return f.getValueAsDouble();
  auto i = cast<IntegerAttr>(a);
  return i.getType().isInteger(1) ? double(i.getValue().getBoolValue()) : double(i.getInt());
}

static Array constant(arith::ConstantOp op) {
  auto dense = dyn_cast<DenseElementsAttr>(op.getValue());
  if (!dense)
    return Array(number(op.getValue()));
  Array out(dense.getType().getShape());
  for (auto [slot, a] : llvm::zip(out.data, dense.getValues<Attribute>()))
    slot = number(a);
  return out;
}

/// Where element `index` of a slice lies in the whole.
static SmallVector<int64_t> place(ArrayRef<int64_t> index, ArrayRef<int64_t> offsets,
                                  ArrayRef<int64_t> strides) {
  SmallVector<int64_t> out;
  for (auto [i, o, s] : llvm::zip_equal(index, offsets, strides))
    out.push_back(o + i * s);
  return out;
}

static SmallVector<int64_t> integers(ArrayRef<Array> arrays) {
  SmallVector<int64_t> out;
  for (const Array &a : arrays)
    out.push_back(a.integer());
  return out;
}

bool Interpreter::tensorOp(Operation &raw) {
  Array out;
  if (auto op = dyn_cast<arith::ConstantOp>(raw)) {
    out = constant(op);
  } else if (auto op = dyn_cast<tensor::EmptyOp>(raw)) {
    // Whoever reads what was never written gets a NaN.
    out = Array(shapeOf(op.getType(), op.getDynamicSizes()), NAN);
  } else if (auto op = dyn_cast<tensor::DimOp>(raw)) {
    out = Array(double(get(op.getSource()).shape[get(op.getIndex()).integer()]));
  } else if (auto op = dyn_cast<tensor::ExtractOp>(raw)) {
    Array in = get(op.getTensor());
    out = Array(in.at(integers(getAll(op.getIndices()))));
  } else if (auto op = dyn_cast<tensor::InsertOp>(raw)) {
    out = get(op.getDest());
    out.at(integers(getAll(op.getIndices()))) = get(op.getScalar()).data[0];
  } else if (auto op = dyn_cast<tensor::ExtractSliceOp>(raw)) {
    Array in = get(op.getSource());
    auto offsets = mixed(op.getStaticOffsets(), op.getOffsets());
    auto sizes = mixed(op.getStaticSizes(), op.getSizes());
    auto strides = mixed(op.getStaticStrides(), op.getStrides());
    out = Array(sizes);
    forEach(sizes, [&](ArrayRef<int64_t> i) { out.at(i) = in.at(place(i, offsets, strides)); });
    llvm::SmallBitVector dropped = op.getDroppedDims();
    out.shape.clear();
    for (auto [i, s] : llvm::enumerate(sizes))
      if (!dropped[i])
        out.shape.push_back(s);
  } else if (auto op = dyn_cast<tensor::InsertSliceOp>(raw)) {
    out = get(op.getDest());
    Array in = get(op.getSource());
    auto offsets = mixed(op.getStaticOffsets(), op.getOffsets());
    in.shape = mixed(op.getStaticSizes(), op.getSizes());
    auto strides = mixed(op.getStaticStrides(), op.getStrides());
    forEach(in.shape, [&](ArrayRef<int64_t> i) { out.at(place(i, offsets, strides)) = in.at(i); });
  } else if (auto op = dyn_cast<tensor::SplatOp>(raw)) {
    out = Array(shapeOf(op.getType(), op.getDynamicSizes()), get(op.getInput()).data[0]);
  } else if (auto op = dyn_cast<tensor::FromElementsOp>(raw)) {
    out.shape = shapeOf(op.getType());
    for (const Array &a : getAll(op.getElements()))
      out.data.push_back(a.data[0]);
  } else if (auto op = dyn_cast<tensor::ConcatOp>(raw)) {
    std::vector<Array> parts = getAll(op.getInputs());
    SmallVector<int64_t> shape = parts[0].shape;
    for (const Array &p : ArrayRef(parts).drop_front())
      shape[op.getDim()] += p.shape[op.getDim()];
    out = Array(shape);
    int64_t at = 0;
    for (Array &p : parts) {
      forEach(p.shape, [&](ArrayRef<int64_t> i) {
        SmallVector<int64_t> j(i);
        j[op.getDim()] += at;
        out.at(j) = p.at(i);
      });
      at += p.shape[op.getDim()];
    }
  } else if (auto op = dyn_cast<tensor::CastOp>(raw)) {
    out = get(op.getSource());
  } else if (isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(raw)) {
    out = get(raw.getOperand(0));
    out.shape = shapeOf(raw.getResult(0).getType());
  } else {
    return false;
  }
  values[raw.getResult(0)] = std::move(out);
  return true;
}
