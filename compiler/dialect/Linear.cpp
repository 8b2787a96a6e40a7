//===- Linear.cpp - derivatives of ops that are linear in their floats ----===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dialect/Linear.h"

#include "Pieces.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace dyn;

Value dyn::constantLike(OpBuilder &b, Location loc, Value like, double number) {
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

LogicalResult dyn::linearJVP(Operation *op, OpBuilder &b, ValueRange operands, ValueRange tangents,
                             SmallVectorImpl<Value> &tangentsOut) {
  tangentsOut.assign(op->getNumResults(), Value());
  if (llvm::none_of(tangents, [](Value t) { return bool(t); }))
    return success();
  IRMapping map;
  for (auto [own, now, t] : llvm::zip(op->getOperands(), operands, tangents)) {
    Value stands = now;
    if (pieces::isFloat(now))
      stands = t ? t : constantLike(b, op->getLoc(), now, 0);
    map.map(own, stands);
  }
  // An operand that occurs twice has one value and so one tangent.
  Operation *on = b.clone(*op, map);
  tangentsOut.assign(on->result_begin(), on->result_end());
  return success();
}
