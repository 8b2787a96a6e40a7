//===- Matmul.cpp - register-tiled contractions ---------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 1. B is copied into panels of 32 columns where its rows are not contiguous or
// are used often. 2. Tasks take blocks of rows. 3. A tile of 8 x 32 outputs
// stays in registers over the whole sum: one broadcast of A feeds two vectors.
//
//===----------------------------------------------------------------------===//
#include "Matmul.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace dyn::codegen;

namespace {

constexpr int64_t tileRows = 8, panel = 32;
constexpr int64_t taskCount = 8;
constexpr int64_t flopsForTasks = 2'000'000;

/// Is `map`'s result `i` the plain loop `d`, and `d` nowhere else in it?
bool onlyAt(AffineMap map, unsigned d, unsigned i) {
  for (auto [k, e] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(e);
    if (k == i ? !(dim && dim.getPosition() == d) : e.isFunctionOfDim(d))
      return false;
  }
  return true;
}

bool uses(AffineMap map, unsigned d) { return map.isFunctionOfDim(d); }

bool unitInner(Value v) {
  auto t = cast<MemRefType>(v.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  return t.getRank() > 0 && succeeded(t.getStridesAndOffset(strides, offset)) && strides.back() == 1;
}

/// Body acc + a*b in either order.
bool sumOfProducts(linalg::GenericOp op) {
  auto yield = cast<linalg::YieldOp>(op.getBody()->getTerminator());
  auto add = yield.getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add || op.getBody()->getOperations().size() != 3)
    return false;
  Value acc = op.getBody()->getArgument(2);
  auto mul = (add.getLhs() == acc ? add.getRhs() : add.getLhs()).getDefiningOp<arith::MulFOp>();
  if (!mul || (add.getLhs() != acc && add.getRhs() != acc))
    return false;
  Value x = op.getBody()->getArgument(0), y = op.getBody()->getArgument(1);
  return (mul.getLhs() == x && mul.getRhs() == y) || (mul.getLhs() == y && mul.getRhs() == x);
}

/// Emits one kernel.
struct Emitter {
  RewriterBase &b;
  linalg::GenericOp op;
  const Matmul &shape;
  Value scratch;
  Location loc = op.getLoc();
  Type elem = cast<MemRefType>(op.getDpsInits()[0].getType()).getElementType();
  int64_t lanes = elem.isF32() ? 16 : 8;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  SmallVector<Value> extents = {};
  SmallVector<Value> ivs = {};  ///< current value of each loop
  Value zero = {}, one = {};

  Value index(int64_t n) { return arith::ConstantIndexOp::create(b, loc, n); }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, loc, x, y); }

  Value evaluate(AffineExpr e) {
    if (auto d = dyn_cast<AffineDimExpr>(e))
      return ivs[d.getPosition()];
    if (auto c = dyn_cast<AffineConstantExpr>(e))
      return index(c.getValue());
    auto bin = cast<AffineBinaryOpExpr>(e);
    Value l = evaluate(bin.getLHS()), r = evaluate(bin.getRHS());
    return e.getKind() == AffineExprKind::Add ? add(l, r) : Value(arith::MulIOp::create(b, loc, l, r));
  }
  SmallVector<Value> place(unsigned operand) {
    SmallVector<Value> out;
    for (AffineExpr e : maps[operand].getResults())
      out.push_back(evaluate(e));
    return out;
  }
  Value operand(unsigned i) { return op->getOperand(i); }

  /// The extent of loop `d`, from an operand whose dimension it is alone.
  Value extentOf(unsigned d) {
    if (!ShapedType::isDynamic(ranges[d]))
      return index(ranges[d]);
    for (auto [o, map] : llvm::enumerate(maps))
      for (auto [i, e] : llvm::enumerate(map.getResults()))
        if (auto dim = dyn_cast<AffineDimExpr>(e); dim && dim.getPosition() == d)
          return memref::DimOp::create(b, loc, operand(o), int64_t(i));
    return {};
  }

  void loop(Value low, Value high, Value step, llvm::function_ref<void(Value)> body) {
    auto f = scf::ForOp::create(b, loc, low, high, step);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(f.getBody()->getTerminator());
    body(f.getInductionVar());
  }
  void tasks(int64_t n, llvm::function_ref<void(Value)> body) {
    auto f = scf::ForallOp::create(b, loc, ArrayRef<OpFoldResult>{b.getIndexAttr(n)}, ValueRange{}, std::nullopt);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(f.getBody());
    body(f.getInductionVar(0));
  }

  VectorType vectorType() { return VectorType::get({lanes}, elem); }
  /// Lanes [0, count) of a vector.
  Value mask(int64_t count) {
    SmallVector<bool> bits(lanes, false);
    std::fill_n(bits.begin(), count, true);
    auto t = VectorType::get({lanes}, b.getI1Type());
    return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(t, bits));
  }
  Value load(Value m, ValueRange at, int64_t count) {
    if (count == lanes)
      return vector::LoadOp::create(b, loc, vectorType(), m, at);
    Value none = arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType()));
    return vector::MaskedLoadOp::create(b, loc, vectorType(), m, at, mask(count), none);
  }
  void store(Value v, Value m, ValueRange at, int64_t count) {
    if (count == lanes)
      vector::StoreOp::create(b, loc, v, m, at);
    else
      vector::MaskedStoreOp::create(b, loc, m, at, mask(count), v);
  }

  /// Row-major number of the current summed position.
  Value flatK() {
    Value at = zero;
    for (unsigned k : shape.ks)
      at = add(arith::MulIOp::create(b, loc, at, extents[k]), ivs[k]);
    return at;
  }
  void overK(unsigned depth, llvm::function_ref<void()> body) {
    if (depth == shape.ks.size())
      return body();
    loop(zero, extents[shape.ks[depth]], one, [&](Value k) {
      ivs[shape.ks[depth]] = k;
      overK(depth + 1, body);
    });
  }

  void pack();
  void tile(int64_t rows, Value row, Value column, Value panelIndex, int64_t width);
  SmallVector<Value> sum(unsigned depth, SmallVector<Value> acc, llvm::function_ref<SmallVector<Value>(ArrayRef<Value>)> body);
  void rows(Value low, Value high);
  void run();
};

/// B[k, n] to scratch[n / 32][k][n mod 32], zero beyond the last column.
void Emitter::pack() {
  int64_t n = ranges[shape.n], panels = llvm::divideCeil(n, panel), depth = 1;
  for (unsigned k : shape.ks)
    depth *= ranges[k];
  auto onePanel = [&](Value p) {
    Value base = arith::MulIOp::create(b, loc, p, index(depth * panel));
    Value first = arith::MulIOp::create(b, loc, p, index(panel));
    Value left = arith::SubIOp::create(b, loc, index(n), first);
    Value width = arith::MinUIOp::create(b, loc, left, index(panel));
    overK(0, [&] {
      Value row = add(base, arith::MulIOp::create(b, loc, flatK(), index(panel)));
      loop(zero, width, one, [&](Value j) {
        ivs[shape.n] = add(first, j);
        Value v = memref::LoadOp::create(b, loc, operand(shape.b), place(shape.b));
        memref::StoreOp::create(b, loc, v, scratch, ValueRange{add(row, j)});
      });
      loop(width, index(panel), one, [&](Value j) {
        Value none = arith::ConstantOp::create(b, loc, b.getZeroAttr(elem));
        memref::StoreOp::create(b, loc, none, scratch, ValueRange{add(row, j)});
      });
    });
  };
  if (depth * n >= 1 << 16)
    tasks(panels, onePanel);
  else
    loop(zero, index(panels), one, onePanel);
}

SmallVector<Value> Emitter::sum(unsigned depth, SmallVector<Value> acc,
                                llvm::function_ref<SmallVector<Value>(ArrayRef<Value>)> body) {
  if (depth == shape.ks.size())
    return body(acc);
  auto f = scf::ForOp::create(b, loc, zero, extents[shape.ks[depth]], one, acc);
  {
    OpBuilder::InsertionGuard guard(b);
    if (!f.getBody()->empty())
      b.eraseOp(f.getBody()->getTerminator());
    b.setInsertionPointToEnd(f.getBody());
    ivs[shape.ks[depth]] = f.getInductionVar();
    SmallVector<Value> inner = sum(depth + 1, SmallVector<Value>(f.getRegionIterArgs().begin(), f.getRegionIterArgs().end()), body);
    scf::YieldOp::create(b, loc, inner);
  }
  return SmallVector<Value>(f.getResults().begin(), f.getResults().end());
}

/// One tile of `rows` x `width` outputs at (row, column).
void Emitter::tile(int64_t rows, Value row, Value column, Value panelIndex, int64_t width) {
  SmallVector<std::pair<int64_t, int64_t>> parts; // offset, lanes in use
  for (int64_t at = 0; at < width; at += lanes)
    parts.push_back({at, std::min(lanes, width - at)});
  Value c = op.getDpsInits()[0];
  SmallVector<Value> acc, rowIndex, columns;
  for (auto [at, count] : parts)
    columns.push_back(at ? add(column, index(at)) : column);
  SmallVector<SmallVector<Value>> where;
  for (int64_t r = 0; r < rows; ++r) {
    rowIndex.push_back(r ? add(row, index(r)) : row);
    ivs[shape.m] = rowIndex.back();
    for (auto [j, part] : llvm::enumerate(parts)) {
      ivs[shape.n] = columns[j];
      where.push_back(place(2));
      acc.push_back(load(c, where.back(), part.second));
    }
  }
  int64_t depth = 1;
  for (unsigned k : shape.ks)
    depth *= ShapedType::isDynamic(ranges[k]) ? 1 : ranges[k];
  Value base = shape.pack ? Value(arith::MulIOp::create(b, loc, panelIndex, index(depth * panel))) : Value();
  acc = sum(0, acc, [&](ArrayRef<Value> now) {
    SmallVector<Value> out, bs;
    Value packed = shape.pack ? add(base, arith::MulIOp::create(b, loc, flatK(), index(panel))) : Value();
    for (auto [j, part] : llvm::enumerate(parts)) {
      if (shape.pack) {
        bs.push_back(load(scratch, ValueRange{part.first ? add(packed, index(part.first)) : packed}, lanes));
      } else {
        ivs[shape.n] = columns[j];
        bs.push_back(load(operand(shape.b), place(shape.b), part.second));
      }
    }
    for (int64_t r = 0; r < rows; ++r) {
      ivs[shape.m] = rowIndex[r];
      Value x = memref::LoadOp::create(b, loc, operand(shape.a), place(shape.a));
      Value v = vector::BroadcastOp::create(b, loc, vectorType(), x);
      for (size_t j = 0; j < parts.size(); ++j)
        out.push_back(vector::FMAOp::create(b, loc, v, bs[j], now[size_t(r) * parts.size() + j]));
    }
    return out;
  });
  for (size_t i = 0; i < acc.size(); ++i)
    store(acc[i], c, where[i], parts[i % parts.size()].second);
}

/// All columns of the rows [low, high).
void Emitter::rows(Value low, Value high) {
  int64_t n = ranges[shape.n], whole = n / panel, rest = n % panel;
  auto column = [&](Value p, int64_t width) {
    Value at = arith::MulIOp::create(b, loc, p, index(panel));
    Value count = arith::SubIOp::create(b, loc, high, low);
    Value full = arith::MulIOp::create(b, loc, arith::DivUIOp::create(b, loc, count, index(tileRows)), index(tileRows));
    Value end = add(low, full);
    loop(low, end, index(tileRows), [&](Value r) { tile(tileRows, r, at, p, width); });
    loop(end, high, one, [&](Value r) { tile(1, r, at, p, width); });
  };
  if (whole)
    loop(zero, index(whole), one, [&](Value p) { column(p, panel); });
  if (rest)
    column(index(whole), rest);
}

void Emitter::run() {
  b.setInsertionPoint(op);
  zero = index(0);
  one = index(1);
  ivs.assign(op.getNumLoops(), zero);
  int64_t flops = 2;
  for (unsigned d = 0; d < op.getNumLoops(); ++d) {
    extents.push_back(extentOf(d));
    flops *= ShapedType::isDynamic(ranges[d]) ? 128 : ranges[d];
  }
  if (shape.pack)
    pack();
  std::function<void(unsigned)> outer = [&](unsigned depth) {
    if (depth < shape.outer.size()) {
      loop(zero, extents[shape.outer[depth]], one, [&](Value i) {
        ivs[shape.outer[depth]] = i;
        outer(depth + 1);
      });
      return;
    }
    Value m = extents[shape.m];
    bool cut = flops >= flopsForTasks && shape.outer.empty();
    if (!cut)
      return rows(zero, m);
    // Pieces are whole tiles, so that a tile belongs to one task.
    Value tiles = arith::CeilDivUIOp::create(b, loc, m, index(tileRows));
    Value each = arith::MulIOp::create(b, loc, arith::CeilDivUIOp::create(b, loc, tiles, index(taskCount)), index(tileRows));
    tasks(taskCount, [&](Value t) {
      Value low = arith::MinUIOp::create(b, loc, arith::MulIOp::create(b, loc, t, each), m);
      rows(low, arith::MinUIOp::create(b, loc, add(low, each), m));
    });
  };
  outer(0);
  b.eraseOp(op);
}

} // namespace

std::optional<Matmul> dyn::codegen::classifyMatmul(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 || !op.hasPureBufferSemantics() || op.getNumReductionLoops() == 0 || !sumOfProducts(op))
    return std::nullopt;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  Value c = op.getDpsInits()[0];
  auto type = cast<MemRefType>(c.getType());
  if (!type.getElementType().isF32() && !type.getElementType().isF64())
    return std::nullopt;
  unsigned rank = maps[2].getNumResults();
  auto inner = dyn_cast_or_null<AffineDimExpr>(rank ? maps[2].getResult(rank - 1) : AffineExpr());
  if (!inner || !unitInner(c))
    return std::nullopt;
  Matmul s{};
  s.n = inner.getPosition();
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  if (ShapedType::isDynamic(ranges[s.n]) || uses(maps[0], s.n) == uses(maps[1], s.n))
    return std::nullopt;
  s.b = uses(maps[0], s.n) ? 0 : 1;
  s.a = 1 - s.b;
  // The rows: the last parallel loop that A has and B has not.
  std::optional<unsigned> m;
  bool batched = false;
  for (auto [d, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
    if (kind == utils::IteratorType::reduction) {
      s.ks.push_back(d);
      continue;
    }
    if (d == s.n)
      continue;
    batched |= uses(maps[s.b], d);
    if (uses(maps[s.a], d) && !uses(maps[s.b], d))
      m = d;
  }
  if (!m)
    return std::nullopt;
  s.m = *m;
  int64_t depth = 1, uses_ = 1;
  bool dynamicDepth = false;
  for (auto [d, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
    if (kind == utils::IteratorType::reduction) {
      dynamicDepth |= ShapedType::isDynamic(ranges[d]);
      depth *= ranges[d];
    } else if (d != s.n) {
      uses_ *= ShapedType::isDynamic(ranges[d]) ? 128 : ranges[d];
      if (d != s.m)
        s.outer.push_back(d);
    }
  }
  unsigned last = maps[s.b].getNumResults() - 1;
  bool contiguous = unitInner(op->getOperand(s.b)) && onlyAt(maps[s.b], s.n, last);
  bool canPack = !dynamicDepth && !batched;
  if (!contiguous && !canPack)
    return std::nullopt;
  s.pack = canPack && (!contiguous || (uses_ >= 64 && depth * ranges[s.n] >= 1 << 14));
  s.packElements = s.pack ? llvm::alignTo(ranges[s.n], panel) * std::max<int64_t>(depth, 1) : 0;
  return s;
}

void dyn::codegen::emitMatmul(RewriterBase &b, linalg::GenericOp op, const Matmul &shape, Value scratch) {
  Emitter{b, op, shape, scratch}.run();
}
