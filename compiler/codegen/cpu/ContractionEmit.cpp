//===- ContractionEmit.cpp - tasks of a contraction -----------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tile of rows x two vectors of C stays in registers while k ascends: one
// broadcast of A feeds two fused multiply-adds. Between blocks of k the tile
// rests in C, which is exact.
//
//===----------------------------------------------------------------------===//
#include "ContractionEmit.h"
#include "Vectors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace dyn::codegen;

using Form = ContractionShape::Form;

Value ContractionEmitter::index(int64_t n) { return arith::ConstantIndexOp::create(b, loc, n); }

Value ContractionEmitter::add(Value x, Value y) { return b.createOrFold<arith::AddIOp>(loc, x, y); }

Value ContractionEmitter::mul(Value x, int64_t y) {
  return b.createOrFold<arith::MulIOp>(loc, x, index(y));
}

Value ContractionEmitter::ceilDiv(Value x, int64_t by) {
  return b.createOrFold<arith::DivUIOp>(loc, add(x, index(by - 1)), index(by));
}

Value ContractionEmitter::extentOf(const ContractionLoop &l) {
  if (!ShapedType::isDynamic(l.extent))
    return index(l.extent);
  return mul(memref::DimOp::create(b, loc, abc[l.operand], int64_t(l.dim)), l.factor);
}

void ContractionEmitter::loop(Value low, Value high, int64_t step,
                              llvm::function_ref<void(Value)> body) {
  auto f = scf::ForOp::create(b, loc, low, high, index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(f.getBody()->getTerminator());
  body(f.getInductionVar());
}

Value ContractionEmitter::zeros() {
  return arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType()));
}

Value ContractionEmitter::load(Value m, Value at, int64_t count) {
  return loadVector(b, loc, vectorType(), m, at, firstLanes(b, loc, s.lanes(), count));
}

void ContractionEmitter::store(Value v, Value m, Value at, int64_t count) {
  storeVector(b, loc, v, m, at, firstLanes(b, loc, s.lanes(), count));
}

void ContractionEmitter::prepare(Value scratchBytes, int phase) {
  auto flatType = MemRefType::get({ShapedType::kDynamic}, s.element);
  SmallVector<Value> offsets;
  for (Value v : abc) {
    SmallVector<int64_t> strides;
    int64_t offset = 0;
    (void)cast<MemRefType>(v.getType()).getStridesAndOffset(strides, offset);
    offsets.push_back(ShapedType::isDynamic(offset)
                          ? memref::ExtractStridedMetadataOp::create(b, loc, v).getOffset()
                          : index(offset));
    // The size is never looked at; the view only drops the shape.
    flat.push_back(memref::ReinterpretCastOp::create(
        b, loc, flatType, v, OpFoldResult(b.getIndexAttr(0)),
        ArrayRef<OpFoldResult>{OpFoldResult(index(int64_t(1) << 40))},
        ArrayRef<OpFoldResult>{b.getIndexAttr(1)}));
  }
  baseA = add(offsets[0], index(s.offsetA)), baseB = add(offsets[1], index(s.offsetB));
  baseC = offsets[2];
  if (s.form == Form::Local) {
    int64_t n = depthAtOnce() * s.panel();
    scratch =
        memref::AllocaOp::create(b, loc, MemRefType::get({n}, s.element), b.getI64IntegerAttr(64));
  }
  if (s.copiesA && phase == 1)
    copyA = memref::AllocaOp::create(b, loc,
                                     MemRefType::get({depthAtOnce() * s.rowsPerTask}, s.element),
                                     b.getI64IntegerAttr(64));
  if (s.tail && phase == 1) {
    rest = memref::AllocaOp::create(b, loc, MemRefType::get({s.rows * s.panel()}, s.element),
                                    b.getI64IntegerAttr(64));
    basesT = tail.begin();
  }
  if (scratchBytes) {
    int64_t n = contractionScratchBytes(s) / (s.element.isF32() ? 4 : 8);
    scratch = memref::ViewOp::create(b, loc, MemRefType::get({n}, s.element), scratchBytes,
                                     index(0), ValueRange{});
  }
}

Value ContractionEmitter::outerCount(bool ofB) {
  Value n = index(1);
  for (const ContractionLoop &o : s.outer)
    if (!ofB || o.strideB)
      n = b.createOrFold<arith::MulIOp>(loc, n, extentOf(o));
  return n;
}

void ContractionEmitter::enter(Value outer, bool ofB) {
  outerAt.assign(s.outer.size(), index(0));
  baseScratch = index(0);
  int64_t copy = s.panels() * s.panel() * s.depth();
  for (size_t i = s.outer.size(); i-- > 0;) {
    const ContractionLoop &o = s.outer[i];
    if (ofB && !o.strideB)
      continue;
    Value extent = extentOf(o);
    outerAt[i] = b.createOrFold<arith::RemUIOp>(loc, outer, extent);
    outer = b.createOrFold<arith::DivUIOp>(loc, outer, extent);
    baseA = add(baseA, mul(outerAt[i], o.strideA));
    baseB = add(baseB, mul(outerAt[i], o.strideB));
    baseC = add(baseC, mul(outerAt[i], o.strideC));
    for (auto [base, stride] : llvm::zip(basesT, o.strideT))
      base = base ? add(base, mul(outerAt[i], stride)) : base;
    if (s.form == Form::Packed && o.strideB) {
      baseScratch = add(baseScratch, mul(outerAt[i], copy));
      copy *= o.extent;
    }
  }
}

/// One k: a row of B, then each row of the tile in turn.
SmallVector<Value> ContractionEmitter::step(Value offA, Value offB, Value offP, ValueRange acc,
                                            int64_t rows, ArrayRef<int64_t> parts) {
  SmallVector<Value> bs, out;
  for (auto [j, count] : llvm::enumerate(parts)) {
    int64_t first = int64_t(j) * s.lanes();
    if (s.usesCopy()) {
      bs.push_back(load(scratch, add(offP, index(first)), s.lanes()));
    } else if (s.n.strideB == 1 || s.n.extent == 1) {
      bs.push_back(load(flat[1], add(offB, index(first)), count));
    } else {
      SmallVector<Value> elements;
      for (int64_t l = 0; l < s.lanes(); ++l) {
        // Unused lanes repeat the last one in use, which is a valid address.
        Value at = add(offB, index((first + std::min(l, count - 1)) * s.n.strideB));
        elements.push_back(memref::LoadOp::create(b, loc, flat[1], at));
      }
      bs.push_back(vector::FromElementsOp::create(b, loc, vectorType(), elements));
    }
  }
  for (int64_t r = 0; r < rows; ++r) {
    Value x = memref::LoadOp::create(b, loc, copyA ? copyA : flat[0],
                                     add(offA, index(r * (copyA ? 1 : s.m.strideA))));
    Value v = vector::BroadcastOp::create(b, loc, vectorType(), x);
    for (auto [j, w] : llvm::enumerate(bs))
      out.push_back(vector::FMAOp::create(b, loc, v, w, acc[r * bs.size() + j]));
  }
  return out;
}

SmallVector<Value> ContractionEmitter::sum(unsigned depth, Value offA, Value offB, Value offP,
                                           ValueRange acc, int64_t rows, ArrayRef<int64_t> parts) {
  if (depth == s.ks.size())
    return step(offA, offB, offP, acc, rows, parts);
  const ContractionLoop &k = s.ks[depth];
  int64_t strideP = s.panel();
  for (const ContractionLoop &inner : ArrayRef(s.ks).drop_front(depth + 1))
    strideP *= ShapedType::isDynamic(inner.extent) ? 1 : inner.extent;
  bool blocked = depth == 0 && depthLow;
  Value low = blocked ? depthLow : index(0), high = blocked ? depthHigh : extentOf(k);
  auto f = scf::ForOp::create(b, loc, low, high, index(1), acc);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(f.getBody());
  Value at = f.getInductionVar();
  Value inPass = b.createOrFold<arith::SubIOp>(loc, at, low), p = offP;
  if (s.usesCopy())
    p = add(offP, mul(s.form == Form::Local ? inPass : at, strideP));
  Value a = add(offA, copyA ? mul(inPass, rows) : mul(at, k.strideA));
  SmallVector<Value> out =
      sum(depth + 1, a, add(offB, mul(at, k.strideB)), p, f.getRegionIterArgs(), rows, parts);
  scf::YieldOp::create(b, loc, out);
  return SmallVector<Value>(f.getResults());
}

void ContractionEmitter::tile(int64_t rows, Value row, Value panel, int64_t width) {
  SmallVector<int64_t> parts; // lanes in use of each vector
  for (int64_t at = 0; at < width; at += s.lanes())
    parts.push_back(std::min(s.lanes(), width - at));
  Value column = mul(panel, s.panel());
  Value offC = add(add(baseC, mul(row, s.m.strideC)), column);
  Value offA = copyA ? mul(b.createOrFold<arith::SubIOp>(loc, row, rowLow), depthAtOnce())
                     : add(baseA, mul(row, s.m.strideA));
  Value offB = add(baseB, mul(column, s.n.strideB));
  Value offP = s.form == Form::Packed  ? add(baseScratch, mul(panel, s.panel() * s.depth()))
               : s.form == Form::Local ? index(0)
                                       : Value();
  SmallVector<Value> acc, where;
  bool fresh = s.overwrite && !depthLow;
  Value first = s.overwrite && depthLow
                    ? arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, depthLow, index(0))
                    : Value();
  for (int64_t r = 0; r < rows; ++r)
    for (auto [j, count] : llvm::enumerate(parts)) {
      where.push_back(add(offC, index(r * s.m.strideC + int64_t(j) * s.lanes())));
      acc.push_back(fresh ? zeros() : load(flat[2], where.back(), count));
      if (first)
        acc.back() = arith::SelectOp::create(b, loc, first, zeros(), acc.back());
    }
  if (s.tail)
    fetchTail(rows, row, column, width);
  acc = sum(0, offA, offB, offP, acc, rows, parts);
  auto keep = [&] {
    for (size_t i = 0; i < acc.size(); ++i)
      store(acc[i], flat[2], where[i], parts[i % parts.size()]);
  };
  if (!s.tail)
    return keep();
  auto complete = [&] {
    if (s.keepsC)
      keep();
    finish(rows, row, column, acc, parts);
  };
  if (!depthLow)
    return complete();
  Value isLast =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, depthHigh, extentOf(s.ks[0]));
  auto either = scf::IfOp::create(b, loc, isLast, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(either.thenBlock());
  complete();
  b.setInsertionPointToStart(either.elseBlock());
  keep();
}

SmallVector<Value> ContractionEmitter::placesOfTail(Value row, Value column) {
  SmallVector<Value> at;
  for (auto [t, base] : llvm::enumerate(basesT))
    at.push_back(base ? add(add(base, mul(row, s.m.strideT[t])), mul(column, s.n.strideT[t]))
                      : base);
  return at;
}

/// What the tail works on comes near while the sums go on.
void ContractionEmitter::fetchTail(int64_t rows, Value row, Value column, int64_t width) {
  loop(index(0), index(rows), 1,
       [&](Value r) { tail.fetch(placesOfTail(add(row, r), column), width); });
}

/// The tail on a complete tile, row by row: its code is there once.
void ContractionEmitter::finish(int64_t rows, Value row, Value column, ArrayRef<Value> acc,
                                ArrayRef<int64_t> parts) {
  for (size_t i = 0; i < acc.size(); ++i) {
    int64_t r = i / parts.size(), j = i % parts.size();
    store(acc[i], rest, index(r * s.panel() + j * s.lanes()), s.lanes());
  }
  loop(index(0), index(rows), 1, [&](Value r) {
    SmallVector<Value> at = placesOfTail(add(row, r), column);
    for (auto [j, count] : llvm::enumerate(parts)) {
      int64_t first = int64_t(j) * s.lanes();
      Value sum = load(rest, add(mul(r, s.panel()), index(first)), s.lanes());
      tail.apply(sum, at, first, count);
    }
  });
}

void ContractionEmitter::overRows(llvm::function_ref<void(int64_t, Value)> body) {
  Value from = rowLow;
  int64_t left = ShapedType::isDynamic(s.m.extent) ? s.rows - 1 : s.m.extent % s.rows;
  bool whole = ShapedType::isDynamic(s.m.extent) || s.m.extent >= s.rows;
  for (int64_t rows : {s.rows, int64_t(8), int64_t(4), int64_t(2), int64_t(1)}) {
    bool full = rows == s.rows && from == rowLow && whole;
    if (!full && (rows >= s.rows || left < rows))
      continue;
    if (!full && !ShapedType::isDynamic(s.m.extent))
      left -= rows;
    Value count = arith::SubIOp::create(b, loc, rowHigh, from);
    Value to = add(from, mul(b.createOrFold<arith::DivUIOp>(loc, count, index(rows)), rows));
    loop(from, to, rows, [&](Value row) { body(rows, row); });
    from = to;
  }
}

/// All tiles of a task: a panel of B stays near while the rows go by.
void ContractionEmitter::block() {
  if (copyA)
    packRows();
  auto column = [&](Value panel, int64_t width) {
    if (s.form == Form::Local)
      packLocal(panel, width);
    overRows([&](int64_t rows, Value row) { tile(rows, row, panel, width); });
  };
  int64_t whole = s.n.extent / s.panel(), rest = s.n.extent % s.panel();
  if (whole)
    loop(panelLow, arith::MinUIOp::create(b, loc, panelHigh, index(whole)), 1,
         [&](Value panel) { column(panel, s.panel()); });
  if (rest)
    loop(arith::MaxUIOp::create(b, loc, panelLow, index(whole)), panelHigh, 1,
         [&](Value panel) { column(panel, rest); });
}

Value dyn::codegen::emitContractionTasks(OpBuilder &b, Location loc, const ContractionShape &s,
                                         ValueRange abc, int phase) {
  ContractionEmitter e{b, loc, s, SmallVector<Value>{abc[s.a], abc[s.b], abc[2]},
                       TailBody(b, s, abc[2])};
  if (phase == 0)
    return e.mul(e.outerCount(/*ofB=*/true), s.panels());
  Value rows = e.ceilDiv(e.extentOf(s.m), s.rowsPerTask);
  Value outer = e.ceilDiv(e.outerCount(/*ofB=*/false), s.outerPerTask);
  return e.mul(b.createOrFold<arith::MulIOp>(loc, outer, rows),
               llvm::divideCeil(s.panels(), s.panelsPerTask));
}

void dyn::codegen::emitContraction(OpBuilder &b, Location loc, const ContractionShape &s,
                                   ValueRange abc, Value scratch, int phase, Value task) {
  ContractionEmitter e{b, loc, s, SmallVector<Value>{abc[s.a], abc[s.b], abc[2]},
                       TailBody(b, s, abc[2])};
  e.prepare(scratch, phase);
  if (phase == 0) {
    Value panels = e.index(s.panels());
    e.enter(b.createOrFold<arith::DivUIOp>(loc, task, panels), /*ofB=*/true);
    e.packPanel(b.createOrFold<arith::RemUIOp>(loc, task, panels));
    return;
  }
  Value groups = e.index(llvm::divideCeil(s.panels(), s.panelsPerTask));
  Value m = e.extentOf(s.m), rowTasks = e.ceilDiv(m, s.rowsPerTask);
  Value rest = b.createOrFold<arith::DivUIOp>(loc, task, groups);
  Value panelTask = b.createOrFold<arith::RemUIOp>(loc, task, groups);
  e.panelLow = e.mul(panelTask, s.panelsPerTask);
  e.panelHigh = arith::MinUIOp::create(b, loc, e.add(e.panelLow, e.index(s.panelsPerTask)),
                                       e.index(s.panels()));
  e.rowLow = e.mul(b.createOrFold<arith::RemUIOp>(loc, rest, rowTasks), s.rowsPerTask);
  e.rowHigh = arith::MinUIOp::create(b, loc, e.add(e.rowLow, e.index(s.rowsPerTask)), m);
  Value low = e.mul(b.createOrFold<arith::DivUIOp>(loc, rest, rowTasks), s.outerPerTask);
  Value high = arith::MinUIOp::create(b, loc, e.add(low, e.index(s.outerPerTask)),
                                      e.outerCount(/*ofB=*/false));
  Value baseA = e.baseA, baseB = e.baseB, baseC = e.baseC;
  SmallVector<Value> basesT = e.basesT;
  e.loop(low, high, 1, [&](Value outer) {
    e.baseA = baseA, e.baseB = baseB, e.baseC = baseC, e.basesT = basesT;
    e.enter(outer, /*ofB=*/false);
    if (!s.depthBlock)
      return e.block();
    Value depth = e.extentOf(s.ks[0]);
    auto pass = [&](Value k) {
      e.depthLow = k;
      e.depthHigh = arith::MinUIOp::create(b, loc, e.add(k, e.index(s.depthBlock)), depth);
      e.block();
    };
    // Also an empty sum overwrites and has a tail.
    Value end =
        s.overwrite || s.tail ? b.createOrFold<arith::MaxUIOp>(loc, depth, e.index(1)) : depth;
    e.loop(e.index(0), end, s.depthBlock, pass);
  });
}

void dyn::codegen::lowerContraction(RewriterBase &b, linalg::GenericOp op,
                                    const ContractionShape &s, Value scratch) {
  Location loc = op.getLoc();
  b.setInsertionPoint(op);
  for (int phase = hasPackingPhase(s) ? 0 : 1; phase < 2; ++phase) {
    Value count = emitContractionTasks(b, loc, s, op->getOperands(), phase);
    auto tasks =
        scf::ForallOp::create(b, loc, ArrayRef<OpFoldResult>{count}, ValueRange{}, std::nullopt);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(tasks.getBody());
    emitContraction(b, loc, s, op->getOperands(), scratch, phase, tasks.getInductionVar(0));
  }
  if (s.tail)
    b.eraseOp(s.tail);
  b.eraseOp(op);
}
