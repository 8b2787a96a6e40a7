//===- Tangents.cpp - forward-mode rules of the dialect's ops -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Most ops only move or add numbers: they are linear, and their rule is the op
// itself. A null tangent is zero.
//
//===----------------------------------------------------------------------===//
#include "Pieces.h"
#include "dyn/dialect/Linear.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::pieces;

#define DYN_LINEAR(Op)                                                                             \
  LogicalResult Op::buildJVP(OpBuilder &b, ValueRange operands, ValueRange, ValueRange tangents,   \
                             SmallVectorImpl<Value> &out) {                                        \
    return linearJVP(*this, b, operands, tangents, out);                                           \
  }
DYN_LINEAR(BroadcastOp)
DYN_LINEAR(TransposeOp)
DYN_LINEAR(ReshapeOp)
DYN_LINEAR(GatherOp)
DYN_LINEAR(ScatterAddOp)
DYN_LINEAR(WindowOp)
DYN_LINEAR(UnwindowOp)
#undef DYN_LINEAR

LogicalResult ContractOp::buildJVP(OpBuilder &b, ValueRange operands, ValueRange results,
                                   ValueRange tangents, SmallVectorImpl<Value> &out) {
  auto product = [&](Value l, Value r) -> Value {
    return ContractOp::create(b, getLoc(), results[0].getType(), l, r, getLhsLabels(),
                              getRhsLabels());
  };
  Value sum;
  if (tangents[0])
    sum = product(tangents[0], operands[1]);
  if (tangents[1]) {
    Value right = product(operands[0], tangents[1]);
    sum = sum ? arith::AddFOp::create(b, getLoc(), sum, right) : right;
  }
  out.push_back(sum);
  return success();
}

LogicalResult ReduceOp::buildJVP(OpBuilder &b, ValueRange operands, ValueRange results,
                                 ValueRange tangents, SmallVectorImpl<Value> &out) {
  out.push_back({});
  Value x = operands[0], t = tangents[0];
  if (!t)
    return success();
  Location loc = getLoc();
  switch (getKind()) {
  case ReduceKind::add:
    out[0] = reduceAdd(b, loc, t, getDims());
    return success();
  case ReduceKind::max:
  case ReduceKind::min: {
    // The mean over ties; over nothing there is no derivative.
    Value y = broadcastLike(b, loc, results[0], others(shapeOf(x).size(), getDims()), x);
    Value hit = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, y);
    Value mask = arith::UIToFPOp::create(b, loc, x.getType(), hit);
    Value count = reduceAdd(b, loc, mask, getDims());
    count = arith::MaximumFOp::create(b, loc, count, constantLike(b, loc, count, 1));
    Value sum = reduceAdd(b, loc, arith::MulFOp::create(b, loc, mask, t), getDims());
    out[0] = arith::DivFOp::create(b, loc, sum, count);
    return success();
  }
  case ReduceKind::mul: {
    Value slopes = productOfOthers(b, loc, x, getDims());
    out[0] = reduceAdd(b, loc, arith::MulFOp::create(b, loc, slopes, t), getDims());
    return success();
  }
  case ReduceKind::any:
  case ReduceKind::all:
    return success();
  }
  return success();
}
