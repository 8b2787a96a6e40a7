//===- Derivatives.cpp - reverse-mode rules of the dialect's ops ----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each rule is written in ops that have rules themselves, so that derivatives
// nest. A value is a scalar or a ranked tensor; a null cotangent is zero.
//
//===----------------------------------------------------------------------===//
#include "Pieces.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::pieces;
using Cotangents = SmallVectorImpl<Value>;

LogicalResult BroadcastOp::buildVJP(OpBuilder &b, ValueRange operands, ValueRange results,
                                    ValueRange ct, Cotangents &out) {
  out.assign(operands.size(), Value());
  if (ct[0] && isFloat(operands[0]))
    out[0] = reduceAdd(b, getLoc(), ct[0], others(getResult().getType().getRank(), getDims()));
  return success();
}

LogicalResult TransposeOp::buildVJP(OpBuilder &b, ValueRange operands, ValueRange results,
                                    ValueRange ct, Cotangents &out) {
  out.push_back({});
  if (!ct[0])
    return success();
  SmallVector<int64_t> inverse(getPermutation().size());
  for (auto [i, p] : llvm::enumerate(getPermutation()))
    inverse[p] = int64_t(i);
  out[0] = TransposeOp::create(b, getLoc(), operands[0].getType(), ct[0], inverse);
  return success();
}

LogicalResult ReshapeOp::buildVJP(OpBuilder &b, ValueRange operands, ValueRange results,
                                  ValueRange ct, Cotangents &out) {
  out.push_back(ct[0] ? Value(ReshapeOp::create(b, getLoc(), operands[0].getType(), ct[0]))
                      : Value());
  return success();
}

/// d(lhs) sums over what the cotangent and `rhs` have and `lhs` has not; a label
/// that only `lhs` carries was summed alone, so its cotangent is repeated.
static Value contractSide(OpBuilder &b, Location loc, Value self, ArrayRef<int64_t> selfLabels,
                          Value other, ArrayRef<int64_t> otherLabels, Value ct) {
  auto ctRank = shapeOf(ct).size();
  SmallVector<int64_t> ctLabels, kept, keptShape, lone;
  for (size_t i = 0; i < ctRank; ++i)
    ctLabels.push_back(int64_t(i));
  for (auto [i, l] : llvm::enumerate(selfLabels)) {
    if (l < int64_t(ctRank) || llvm::is_contained(otherLabels, l)) {
      kept.push_back(int64_t(i));
      keptShape.push_back(shapeOf(self)[i]);
    } else {
      lone.push_back(int64_t(i));
    }
  }
  Value g;
  Type elem = getElementTypeOrSelf(self.getType());
  if (ctRank == 0) {
    // A scalar cotangent scales the other side.
    Value scaled = arith::MulFOp::create(b, loc, broadcastLike(b, loc, ct, {}, other), other);
    // Rename: result dimensions are `self`'s kept labels, the rest is summed.
    SmallVector<int64_t> order, sum;
    for (auto [i, l] : llvm::enumerate(otherLabels))
      if (!llvm::is_contained(selfLabels, l))
        sum.push_back(int64_t(i));
    SmallVector<int64_t> left = others(otherLabels.size(), sum);
    g = reduceAdd(b, loc, scaled, sum);
    for (int64_t k : kept)
      for (auto [p, i] : llvm::enumerate(left))
        if (otherLabels[i] == selfLabels[k])
          order.push_back(int64_t(p));
    if (!llvm::is_sorted(order))
      g = TransposeOp::create(b, loc, valueType(keptShape, elem), g, order);
  } else {
    // Labels of the new contraction: kept dimensions of `self` first.
    llvm::DenseMap<int64_t, int64_t> rename;
    for (auto [p, k] : llvm::enumerate(kept))
      rename[selfLabels[k]] = int64_t(p);
    int64_t next = int64_t(kept.size());
    auto labels = [&](ArrayRef<int64_t> old) {
      SmallVector<int64_t> fresh;
      for (int64_t l : old) {
        auto [it, isNew] = rename.try_emplace(l, next);
        next += isNew;
        fresh.push_back(it->second);
      }
      return fresh;
    };
    SmallVector<int64_t> cl = labels(ctLabels), ol = labels(otherLabels);
    g = ContractOp::create(b, loc, valueType(keptShape, elem), ct, other, cl, ol);
  }
  return lone.empty() ? g : broadcastLike(b, loc, g, kept, self);
}

LogicalResult ContractOp::buildVJP(OpBuilder &b, ValueRange operands, ValueRange results,
                                   ValueRange ct, Cotangents &out) {
  out.assign(2, Value());
  if (!ct[0] || !isFloat(operands[0]))
    return success();
  out[0] =
      contractSide(b, getLoc(), operands[0], getLhsLabels(), operands[1], getRhsLabels(), ct[0]);
  out[1] =
      contractSide(b, getLoc(), operands[1], getRhsLabels(), operands[0], getLhsLabels(), ct[0]);
  return success();
}

LogicalResult ReduceOp::buildVJP(OpBuilder &b, ValueRange operands, ValueRange results,
                                 ValueRange ct, Cotangents &out) {
  out.push_back({});
  Value x = operands[0];
  if (!ct[0] || !isFloat(x))
    return success();
  Location loc = getLoc();
  SmallVector<int64_t> left = others(shapeOf(x).size(), getDims());
  Value g = broadcastLike(b, loc, ct[0], left, x);
  switch (getKind()) {
  case ReduceKind::add:
    out[0] = g;
    return success();
  case ReduceKind::max:
  case ReduceKind::min: {
    // Ties share the cotangent equally.
    Value y = broadcastLike(b, loc, results[0], left, x);
    Value hit = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, y);
    Value mask = arith::UIToFPOp::create(b, loc, x.getType(), hit);
    Value count = broadcastLike(b, loc, reduceAdd(b, loc, mask, getDims()), left, x);
    out[0] = arith::DivFOp::create(b, loc, arith::MulFOp::create(b, loc, g, mask), count);
    return success();
  }
  case ReduceKind::mul: {
    out[0] = productOfOthers(b, loc, x, getDims());
    out[0] = arith::MulFOp::create(b, loc, g, out[0]);
    return success();
  }
  case ReduceKind::any:
  case ReduceKind::all:
    return success();
  }
  return success();
}

LogicalResult GatherOp::buildVJP(OpBuilder &b, ValueRange operands, ValueRange results,
                                 ValueRange ct, Cotangents &out) {
  out.assign(2, Value());
  if (!ct[0] || !isFloat(operands[0]))
    return success();
  Value g = ct[0];
  if (!isa<RankedTensorType>(g.getType()))
    g = tensor::FromElementsOp::create(b, getLoc(), RankedTensorType::get({}, g.getType()), g);
  out[0] = ScatterAddOp::create(b, getLoc(), operands[0].getType(), g, operands[1],
                                dynamicExtents(b, getLoc(), operands[0]), getBatch());
  return success();
}

LogicalResult ScatterAddOp::buildVJP(OpBuilder &b, ValueRange operands, ValueRange results,
                                     ValueRange ct, Cotangents &out) {
  out.assign(operands.size(), Value());
  if (ct[0] && isFloat(operands[0]))
    out[0] = GatherOp::create(b, getLoc(), operands[0].getType(), ct[0], operands[1], getBatch());
  return success();
}

LogicalResult WindowOp::buildVJP(OpBuilder &b, ValueRange operands, ValueRange results,
                                 ValueRange ct, Cotangents &out) {
  out.push_back(ct[0] ? Value(UnwindowOp::create(b, getLoc(), operands[0].getType(), ct[0],
                                                 getDim(), getStride(), getDilation(), getLow()))
                      : Value());
  return success();
}

LogicalResult UnwindowOp::buildVJP(OpBuilder &b, ValueRange operands, ValueRange results,
                                   ValueRange ct, Cotangents &out) {
  out.push_back(ct[0] ? Value(WindowOp::create(b, getLoc(), operands[0].getType(), ct[0], getDim(),
                                               getStride(), getDilation(), getLow()))
                      : Value());
  return success();
}
