//===- Indexing.cpp - gather and scatter by arrays of indices ------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::lowering;

namespace {

Value add(OpBuilder &b, Location loc, Value x, Value y) {
  if (isa<FloatType>(x.getType()))
    return arith::AddFOp::create(b, loc, x, y);
  return arith::AddIOp::create(b, loc, x, y);
}

Value toIndex(OpBuilder &b, Location loc, Value v) {
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), v);
}

struct Gather : Model<Gather, GatherOp> {
  static LogicalResult rewrite(GatherOp op, RewriterBase &b) {
    Location loc = op.getLoc();
    int64_t batch = op.getBatch(), ni = op.getIndices().getType().getRank();
    auto result = dyn_cast<RankedTensorType>(op.getResult().getType());
    Type elem = getElementTypeOrSelf(op.getResult().getType());
    auto type = result ? result : RankedTensorType::get({}, elem);
    SmallVector<Value> extents = extentsOf(b, loc, op.getIndices());
    Value out = emptyTensor(b, loc, type, extents);
    SmallVector<AffineExpr> dims;
    for (int64_t i = 0; i < ni; ++i)
      dims.push_back(b.getAffineDimExpr(i));
    AffineMap map = AffineMap::get(type.getRank(), 0, dims, b.getContext());
    Value v = parallelGeneric(
        b, loc, op.getIndices(), out, map, [&](OpBuilder &n, Location l, ValueRange a) {
          SmallVector<Value> at;
          for (int64_t i = 0; i < batch; ++i)
            at.push_back(linalg::IndexOp::create(n, l, i));
          at.push_back(toIndex(n, l, a[0]));
          for (int64_t i = ni; i < type.getRank(); ++i)
            at.push_back(linalg::IndexOp::create(n, l, i));
          linalg::YieldOp::create(n, l, Value(tensor::ExtractOp::create(n, l, op.getTable(), at)));
        });
    if (!result)
      v = tensor::ExtractOp::create(b, loc, v, ValueRange{});
    b.replaceOp(op, v);
    return success();
  }
};

struct ScatterAdd : Model<ScatterAdd, ScatterAddOp> {
  static LogicalResult rewrite(ScatterAddOp op, RewriterBase &b) {
    Location loc = op.getLoc();
    auto type = cast<RankedTensorType>(op.getResult().getType());
    int64_t batch = op.getBatch(), ni = op.getIndices().getType().getRank();
    Type elem = type.getElementType();
    if (ni == batch) {
      // One place for each row: a comparison, which fuses.
      SmallVector<AffineExpr> rows, updates;
      for (int64_t i = 0; i < type.getRank(); ++i) {
        if (i < batch)
          rows.push_back(b.getAffineDimExpr(i));
        if (i != batch)
          updates.push_back(b.getAffineDimExpr(i));
      }
      auto map = [&](ArrayRef<AffineExpr> e) {
        return AffineMap::get(type.getRank(), 0, e, b.getContext());
      };
      SmallVector<Value> extents(op.getExtents().begin(), op.getExtents().end());
      Value out = emptyTensor(b, loc, type, extents);
      SmallVector<Value> ins{op.getIndices(), op.getUpdates()};
      b.replaceOp(op, parallelGeneric(b, loc, ins, out, {map(rows), map(updates)},
                                      [&](OpBuilder &n, Location l, ValueRange a) {
                                        Value here = linalg::IndexOp::create(n, l, batch);
                                        Value hit =
                                            arith::CmpIOp::create(n, l, arith::CmpIPredicate::eq,
                                                                  here, toIndex(n, l, a[0]));
                                        linalg::YieldOp::create(
                                            n, l,
                                            Value(arith::SelectOp::create(n, l, hit, a[1],
                                                                          scalar(n, l, elem, 0))));
                                      }));
      return success();
    }
    // Ascending over the indices, one slice added at a time, in place.
    SmallVector<Value> extents(op.getExtents().begin(), op.getExtents().end());
    Value table = filled(b, loc, type, extents, scalar(b, loc, elem, 0));
    SmallVector<Value> lows, highs, steps;
    Value zero = arith::ConstantIndexOp::create(b, loc, 0),
          one = arith::ConstantIndexOp::create(b, loc, 1);
    for (int64_t i = 0; i < ni; ++i) {
      lows.push_back(zero);
      steps.push_back(one);
      highs.push_back(tensor::DimOp::create(b, loc, op.getIndices(), i));
    }
    SmallVector<int64_t> sliceShape(type.getShape().drop_front(batch + 1));
    auto nest = scf::buildLoopNest(
        b, loc, lows, highs, steps, table,
        [&](OpBuilder &n, Location l, ValueRange ivs, ValueRange iters) {
          Value row = toIndex(n, l, tensor::ExtractOp::create(n, l, op.getIndices(), ivs));
          SmallVector<Value> at(ivs.begin(), ivs.begin() + batch);
          at.push_back(row);
          if (sliceShape.empty()) {
            Value sum = add(n, l, tensor::ExtractOp::create(n, l, iters[0], at),
                            tensor::ExtractOp::create(n, l, op.getUpdates(), ivs));
            return scf::ValueVector{tensor::InsertOp::create(n, l, sum, iters[0], at)};
          }
          auto piece = [&](ArrayRef<Value> lead) {
            SmallVector<OpFoldResult> o, s, t;
            for (Value v : lead) {
              o.push_back(v);
              s.push_back(n.getIndexAttr(1));
            }
            for (int64_t d : sliceShape) {
              o.push_back(n.getIndexAttr(0));
              s.push_back(n.getIndexAttr(d));
            }
            t.assign(o.size(), n.getIndexAttr(1));
            return std::tuple(o, s, t);
          };
          auto sliceType = RankedTensorType::get(sliceShape, elem);
          auto [uo, us, ut] = piece(SmallVector<Value>(ivs.begin(), ivs.end()));
          auto [to, ts, tt] = piece(at);
          Value update =
              tensor::ExtractSliceOp::create(n, l, sliceType, op.getUpdates(), uo, us, ut);
          Value old = tensor::ExtractSliceOp::create(n, l, sliceType, iters[0], to, ts, tt);
          AffineMap id = n.getMultiDimIdentityMap(sliceType.getRank());
          SmallVector<AffineMap> maps{id, id};
          SmallVector<utils::IteratorType> kinds(sliceType.getRank(),
                                                 utils::IteratorType::parallel);
          Value sum =
              linalg::GenericOp::create(n, l, sliceType, update, old, maps, kinds,
                                        [](OpBuilder &m, Location k, ValueRange a) {
                                          linalg::YieldOp::create(m, k, add(m, k, a[1], a[0]));
                                        })
                  .getResult(0);
          return scf::ValueVector{tensor::InsertSliceOp::create(n, l, sum, iters[0], to, ts, tt)};
        });
    for (scf::ForOp loop : nest.loops)
      loop->setAttr("dyn.scatter", b.getUnitAttr());
    b.replaceOp(op, nest.results[0]);
    return success();
  }
};

} // namespace

void dyn::lowering::attachIndexing(MLIRContext *c) { attach<Gather, ScatterAdd>(c); }
