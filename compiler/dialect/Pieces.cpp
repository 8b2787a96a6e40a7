//===- Pieces.cpp - small pieces of IR that the rules of ops are made of --===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Pieces.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::pieces;

ArrayRef<int64_t> pieces::shapeOf(Value v) {
  auto t = dyn_cast<RankedTensorType>(v.getType());
  return t ? t.getShape() : ArrayRef<int64_t>{};
}

Type pieces::valueType(ArrayRef<int64_t> shape, Type elem) {
  return shape.empty() ? elem : Type(RankedTensorType::get(shape, elem));
}

SmallVector<Value> pieces::dynamicExtents(OpBuilder &b, Location loc, Value like) {
  SmallVector<Value> out;
  for (auto [i, d] : llvm::enumerate(shapeOf(like)))
    if (ShapedType::isDynamic(d))
      out.push_back(tensor::DimOp::create(b, loc, like, int64_t(i)));
  return out;
}

Value pieces::broadcastLike(OpBuilder &b, Location loc, Value v, ArrayRef<int64_t> dims,
                            Value like) {
  auto type = dyn_cast<RankedTensorType>(like.getType());
  if (!type)
    return v;
  auto result = RankedTensorType::get(type.getShape(), getElementTypeOrSelf(v.getType()));
  if (v.getType() == result)
    return v;
  return BroadcastOp::create(b, loc, result, v, dynamicExtents(b, loc, like), dims);
}

Value pieces::reduceAdd(OpBuilder &b, Location loc, Value v, ArrayRef<int64_t> dims) {
  if (dims.empty())
    return v;
  SmallVector<int64_t> left;
  for (auto [i, d] : llvm::enumerate(shapeOf(v)))
    if (!llvm::is_contained(dims, int64_t(i)))
      left.push_back(d);
  return ReduceOp::create(b, loc, valueType(left, getElementTypeOrSelf(v.getType())),
                          ReduceKind::add, v, dims);
}

SmallVector<int64_t> pieces::others(size_t rank, ArrayRef<int64_t> dims) {
  SmallVector<int64_t> out;
  for (size_t i = 0; i < rank; ++i)
    if (!llvm::is_contained(dims, int64_t(i)))
      out.push_back(int64_t(i));
  return out;
}

bool pieces::isFloat(Value v) { return isa<FloatType>(getElementTypeOrSelf(v.getType())); }

Value pieces::productOfOthers(OpBuilder &b, Location loc, Value x, ArrayRef<int64_t> dims) {
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> left = others(type.getRank(), dims), leftShape;
  for (int64_t i : left)
    leftShape.push_back(type.getDimSize(i));
  auto number = [&](double d) {
    Value c = arith::ConstantOp::create(b, loc, b.getFloatAttr(type.getElementType(), d));
    return broadcastLike(b, loc, c, {}, x);
  };
  Value zero = number(0), one = number(1);
  auto select = [&](arith::CmpFPredicate p, Value l, Value r, Value yes, Value no) -> Value {
    return arith::SelectOp::create(b, loc, arith::CmpFOp::create(b, loc, p, l, r), yes, no);
  };
  Value safe = select(arith::CmpFPredicate::OEQ, x, zero, one, x);
  Value isZero = select(arith::CmpFPredicate::OEQ, x, zero, one, zero);
  Value zeros = broadcastLike(b, loc, reduceAdd(b, loc, isZero, dims), left, x);
  Value product = ReduceOp::create(b, loc, valueType(leftShape, type.getElementType()),
                                   ReduceKind::mul, safe, dims);
  product = broadcastLike(b, loc, product, left, x);
  // An element has zeros among the others when there are more than it is itself.
  Value quotient = arith::DivFOp::create(b, loc, product, safe);
  return select(arith::CmpFPredicate::OEQ, zeros, isZero, quotient, zero);
}
