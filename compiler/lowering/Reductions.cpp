//===- Reductions.cpp - contractions, reductions, extremes ---------------===//
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

struct Contract : Model<Contract, ContractOp> {
  static LogicalResult rewrite(ContractOp op, RewriterBase &b) {
    Location loc = op.getLoc();
    auto result = dyn_cast<RankedTensorType>(op.getResult().getType());
    Type elem = getElementTypeOrSelf(op.getResult().getType());
    int64_t rank = result ? result.getRank() : 0, loops = rank;
    for (ArrayRef<int64_t> labels : {op.getLhsLabels(), op.getRhsLabels()})
      for (int64_t l : labels)
        loops = std::max(loops, l + 1);
    SmallVector<int64_t> outDims;
    SmallVector<Value> extents;
    for (int64_t d = 0; d < rank; ++d) {
      outDims.push_back(d);
      if (!result.isDynamicDim(d))
        continue;
      auto from = [&](Value v, ArrayRef<int64_t> labels) -> Value {
        auto it = llvm::find(labels, d);
        return it == labels.end() ? Value()
                                  : Value(tensor::DimOp::create(b, loc, v, it - labels.begin()));
      };
      Value e = from(op.getLhs(), op.getLhsLabels());
      extents.push_back(e ? e : from(op.getRhs(), op.getRhsLabels()));
    }
    auto type = result ? result : RankedTensorType::get({}, elem);
    Value init = filled(b, loc, type, extents, scalar(b, loc, elem, 0));
    SmallVector<AffineMap> maps{project(b, loops, op.getLhsLabels()),
                                project(b, loops, op.getRhsLabels()), project(b, loops, outDims)};
    SmallVector<utils::IteratorType> kinds;
    for (int64_t i = 0; i < loops; ++i)
      kinds.push_back(i < rank ? utils::IteratorType::parallel : utils::IteratorType::reduction);
    SmallVector<Value> ins{op.getLhs(), op.getRhs()};
    auto generic = linalg::GenericOp::create(
        b, loc, type, ins, init, maps, kinds, [&](OpBuilder &n, Location l, ValueRange a) {
          Value v;
          if (isa<FloatType>(elem))
            v = arith::AddFOp::create(n, l, a[2], arith::MulFOp::create(n, l, a[0], a[1]));
          else
            v = arith::AddIOp::create(n, l, a[2], arith::MulIOp::create(n, l, a[0], a[1]));
          linalg::YieldOp::create(n, l, v);
        });
    generic->setAttr("dyn.contract", b.getUnitAttr());
    Value v = generic.getResult(0);
    if (!result)
      v = tensor::ExtractOp::create(b, loc, v, ValueRange{});
    b.replaceOp(op, v);
    return success();
  }
};

/// The neutral element of a reduction.
TypedAttr neutral(OpBuilder &b, ReduceKind kind, Type elem) {
  if (auto f = dyn_cast<FloatType>(elem)) {
    if (kind == ReduceKind::max || kind == ReduceKind::min)
      return b.getFloatAttr(f, APFloat::getInf(f.getFloatSemantics(), kind == ReduceKind::max));
    return b.getFloatAttr(f, kind == ReduceKind::mul ? 1 : 0);
  }
  unsigned w = elem.getIntOrFloatBitWidth();
  if (w == 1) // true is the greater of the two
    return b.getIntegerAttr(elem, kind == ReduceKind::mul || kind == ReduceKind::all ||
                                      kind == ReduceKind::min);
  switch (kind) {
  case ReduceKind::max:
    return b.getIntegerAttr(elem, APInt::getSignedMinValue(w));
  case ReduceKind::min:
    return b.getIntegerAttr(elem, APInt::getSignedMaxValue(w));
  case ReduceKind::mul:
  case ReduceKind::all:
    return b.getIntegerAttr(elem, 1);
  default:
    return b.getIntegerAttr(elem, 0);
  }
}

Value combine(OpBuilder &b, Location loc, ReduceKind kind, Value acc, Value x) {
  bool f = isa<FloatType>(x.getType());
  if (x.getType().isInteger(1)) // signed arithmetic would order true below false
    kind = kind == ReduceKind::max || kind == ReduceKind::add || kind == ReduceKind::any
               ? ReduceKind::any
               : ReduceKind::all;
  switch (kind) {
  case ReduceKind::add:
    return f ? arith::AddFOp::create(b, loc, acc, x).getResult()
             : arith::AddIOp::create(b, loc, acc, x).getResult();
  case ReduceKind::mul:
    return f ? arith::MulFOp::create(b, loc, acc, x).getResult()
             : arith::MulIOp::create(b, loc, acc, x).getResult();
  case ReduceKind::max:
    return f ? arith::MaximumFOp::create(b, loc, acc, x).getResult()
             : arith::MaxSIOp::create(b, loc, acc, x).getResult();
  case ReduceKind::min:
    return f ? arith::MinimumFOp::create(b, loc, acc, x).getResult()
             : arith::MinSIOp::create(b, loc, acc, x).getResult();
  case ReduceKind::any:
    return arith::OrIOp::create(b, loc, acc, x);
  case ReduceKind::all:
    return arith::AndIOp::create(b, loc, acc, x);
  }
  return {};
}

struct Reduce : Model<Reduce, ReduceOp> {
  static LogicalResult rewrite(ReduceOp op, RewriterBase &b) {
    Location loc = op.getLoc();
    RankedTensorType in = op.getInput().getType();
    Type elem = in.getElementType();
    SmallVector<int64_t> keep;
    SmallVector<Value> extents;
    SmallVector<utils::IteratorType> kinds;
    for (int64_t i = 0; i < in.getRank(); ++i) {
      bool reduced = llvm::is_contained(op.getDims(), i);
      kinds.push_back(reduced ? utils::IteratorType::reduction : utils::IteratorType::parallel);
      if (reduced)
        continue;
      keep.push_back(i);
      if (in.isDynamicDim(i))
        extents.push_back(tensor::DimOp::create(b, loc, op.getInput(), i));
    }
    auto result = dyn_cast<RankedTensorType>(op.getResult().getType());
    auto type = result ? result : RankedTensorType::get({}, elem);
    Value zero = arith::ConstantOp::create(b, loc, neutral(b, op.getKind(), elem));
    Value init = filled(b, loc, type, extents, zero);
    SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(in.getRank()),
                                project(b, in.getRank(), keep)};
    auto generic = linalg::GenericOp::create(b, loc, type, op.getInput(), init, maps, kinds,
                                             [&](OpBuilder &n, Location l, ValueRange a) {
                                               linalg::YieldOp::create(
                                                   n, l, combine(n, l, op.getKind(), a[1], a[0]));
                                             });
    generic->setAttr("dyn.reduce", b.getUnitAttr());
    Value v = generic.getResult(0);
    if (!result)
      v = tensor::ExtractOp::create(b, loc, v, ValueRange{});
    b.replaceOp(op, v);
    return success();
  }
};

/// The first extreme wins; a NaN beats every number, and keeps its place.
Value isBetter(OpBuilder &b, Location loc, bool largest, Value x, Value best) {
  if (!isa<FloatType>(x.getType())) {
    bool isTruth = x.getType().isInteger(1);
    auto greater = isTruth ? arith::CmpIPredicate::ugt : arith::CmpIPredicate::sgt;
    auto less = isTruth ? arith::CmpIPredicate::ult : arith::CmpIPredicate::slt;
    return arith::CmpIOp::create(b, loc, largest ? greater : less, x, best);
  }
  auto order = largest ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OLT;
  Value better = arith::CmpFOp::create(b, loc, order, x, best);
  Value isNan = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, x, x);
  Value wasNumber = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::ORD, best, best);
  Value first = arith::AndIOp::create(b, loc, isNan, wasNumber);
  return arith::OrIOp::create(b, loc, better, first);
}

struct ArgReduce : Model<ArgReduce, ArgReduceOp> {
  static LogicalResult rewrite(ArgReduceOp op, RewriterBase &b) {
    Location loc = op.getLoc();
    RankedTensorType in = op.getInput().getType();
    Type elem = in.getElementType();
    bool largest = op.getKind() == ArgKind::max;
    int64_t dim = op.getDim();
    SmallVector<int64_t> shape;
    SmallVector<AffineExpr> keep;
    SmallVector<Value> extents;
    SmallVector<utils::IteratorType> kinds(in.getRank(), utils::IteratorType::parallel);
    kinds[dim] = utils::IteratorType::reduction;
    for (int64_t i = 0; i < in.getRank(); ++i) {
      if (i == dim)
        continue;
      shape.push_back(in.getDimSize(i));
      keep.push_back(b.getAffineDimExpr(i));
      if (in.isDynamicDim(i))
        extents.push_back(tensor::DimOp::create(b, loc, op.getInput(), i));
    }
    Value worst = arith::ConstantOp::create(
        b, loc, neutral(b, largest ? ReduceKind::max : ReduceKind::min, elem));
    Value best = filled(b, loc, RankedTensorType::get(shape, elem), extents, worst);
    Value at = filled(b, loc, RankedTensorType::get(shape, b.getI64Type()), extents,
                      scalar(b, loc, b.getI64Type(), 0));
    AffineMap out = AffineMap::get(in.getRank(), 0, keep, b.getContext());
    SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(in.getRank()), out, out};
    SmallVector<Value> outs{best, at};
    SmallVector<Type> types{best.getType(), at.getType()};
    auto g = linalg::GenericOp::create(b, loc, types, op.getInput(), outs, maps, kinds,
                                       [&](OpBuilder &n, Location l, ValueRange a) {
                                         Value i = arith::IndexCastOp::create(
                                             n, l, n.getI64Type(),
                                             Value(linalg::IndexOp::create(n, l, dim)));
                                         Value take = isBetter(n, l, largest, a[0], a[1]);
                                         Value x = arith::SelectOp::create(n, l, take, a[0], a[1]);
                                         Value k = arith::SelectOp::create(n, l, take, i, a[2]);
                                         linalg::YieldOp::create(n, l, ValueRange{x, k});
                                       });
    g->setAttr("dyn.reduce", b.getUnitAttr());
    Value v = g.getResult(1);
    if (!isa<RankedTensorType>(op.getResult().getType()))
      v = tensor::ExtractOp::create(b, loc, v, ValueRange{});
    b.replaceOp(op, v);
    return success();
  }
};

} // namespace

void dyn::lowering::attachReductions(MLIRContext *c) { attach<Contract, Reduce, ArgReduce>(c); }
