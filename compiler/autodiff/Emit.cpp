//===- Emit.cpp - small pieces of IR that derivative rules are made of ----===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Emit.h"

#include "dyn/dialect/Dialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

bool dyn::autodiff::isFloat(Type type) { return isa<FloatType>(getElementTypeOrSelf(type)); }

Value dyn::autodiff::constantLike(OpBuilder &b, Location loc, Value like, double number) {
  Type elem = getElementTypeOrSelf(like.getType());
  auto attr = b.getFloatAttr(elem, number);
  auto tensor = dyn_cast<RankedTensorType>(like.getType());
  if (!tensor)
    return arith::ConstantOp::create(b, loc, attr);
  if (tensor.hasStaticShape())
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(tensor, attr.getValue()));
  Value scalar = arith::ConstantOp::create(b, loc, attr);
  SmallVector<Value> extents;
  for (int64_t i = 0; i < tensor.getRank(); ++i)
    if (tensor.isDynamicDim(i))
      extents.push_back(tensor::DimOp::create(b, loc, like, i));
  return BroadcastOp::create(b, loc, tensor, scalar, extents, ArrayRef<int64_t>{});
}

Value dyn::autodiff::mul(OpBuilder &b, Location loc, Value x, Value y) {
  return arith::MulFOp::create(b, loc, x, y);
}
Value dyn::autodiff::add(OpBuilder &b, Location loc, Value x, Value y) {
  return arith::AddFOp::create(b, loc, x, y);
}
Value dyn::autodiff::sub(OpBuilder &b, Location loc, Value x, Value y) {
  return arith::SubFOp::create(b, loc, x, y);
}
Value dyn::autodiff::div(OpBuilder &b, Location loc, Value x, Value y) {
  return arith::DivFOp::create(b, loc, x, y);
}
Value dyn::autodiff::neg(OpBuilder &b, Location loc, Value x) {
  return arith::NegFOp::create(b, loc, x);
}
