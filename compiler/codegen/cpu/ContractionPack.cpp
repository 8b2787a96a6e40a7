//===- ContractionPack.cpp - B in panels ----------------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// scratch[panel][k][column], columns beyond the last are zero where a vector
// in use has them.
//
//===----------------------------------------------------------------------===//
#include "ContractionEmit.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace dyn::codegen;

/// Calls `body` with the offset in B and in the panel for every k.
static void overDepth(ContractionEmitter &e, ArrayRef<ContractionLoop> ks, Value offB, Value offP,
                      llvm::function_ref<void(Value, Value)> body) {
  if (ks.empty())
    return body(offB, offP);
  int64_t strideP = e.s.panel();
  for (const ContractionLoop &inner : ks.drop_front())
    strideP *= inner.extent;
  e.loop(e.index(0), e.extentOf(ks[0]), 1, [&](Value k) {
    overDepth(e, ks.drop_front(), e.add(offB, e.mul(k, ks[0].strideB)),
              e.add(offP, e.mul(k, strideP)), body);
  });
}

void ContractionEmitter::packVectors(Value panelBase, Value column, int64_t width) {
  overDepth(*this, s.ks, add(baseB, column), panelBase, [&](Value offB, Value offP) {
    for (int64_t at = 0; at < width; at += s.lanes()) {
      Value v = load(flat[1], add(offB, index(at)), std::min(s.lanes(), width - at));
      store(v, scratch, add(offP, index(at)), s.lanes());
    }
  });
}

/// Rows of a square to its columns by exchanging halves of growing blocks.
static void transpose(OpBuilder &b, Location loc, MutableArrayRef<Value> rows) {
  int64_t n = rows.size();
  for (int64_t half = 1; half < n; half *= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t l = 0; l < n; ++l) {
      low.push_back(l & half ? n + l - half : l);
      high.push_back(l & half ? n + l : l + half);
    }
    for (int64_t r = 0; r < n; ++r) {
      if (r & half)
        continue;
      Value x = rows[r], y = rows[r + half];
      rows[r] = vector::ShuffleOp::create(b, loc, x, y, low);
      rows[r + half] = vector::ShuffleOp::create(b, loc, x, y, high);
    }
  }
}

void ContractionEmitter::packTransposed(Value panelBase, Value column, int64_t width) {
  int64_t lanes = s.lanes(), depth = s.ks[0].extent;
  Value base = add(baseB, mul(column, s.n.strideB));
  auto square = [&](Value k, int64_t count) {
    for (int64_t at = 0; at < width; at += lanes) {
      SmallVector<Value> rows;
      for (int64_t r = 0; r < lanes; ++r)
        rows.push_back(at + r < width
                           ? load(flat[1], add(add(base, k), index((at + r) * s.n.strideB)), count)
                           : zeros());
      transpose(b, loc, rows);
      Value to = add(panelBase, mul(k, s.panel()));
      for (int64_t r = 0; r < count; ++r)
        store(rows[r], scratch, add(to, index(r * s.panel() + at)), lanes);
    }
  };
  int64_t whole = depth / lanes * lanes;
  if (whole)
    loop(index(0), index(whole), lanes, [&](Value k) { square(k, lanes); });
  if (depth > whole)
    square(index(whole), depth - whole);
}

void ContractionEmitter::packScalars(Value panelBase, Value column, int64_t width) {
  int64_t padded = llvm::alignTo(width, s.lanes());
  Value base = add(baseB, mul(column, s.n.strideB));
  overDepth(*this, s.ks, base, panelBase, [&](Value offB, Value offP) {
    loop(index(0), index(width), 1, [&](Value j) {
      Value x = memref::LoadOp::create(b, loc, flat[1], add(offB, mul(j, s.n.strideB)));
      memref::StoreOp::create(b, loc, x, scratch, ValueRange{add(offP, j)});
    });
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(s.element));
    for (int64_t j = width; j < padded; ++j)
      memref::StoreOp::create(b, loc, zero, scratch, ValueRange{add(offP, index(j))});
  });
}

/// The part of a panel that the sums of one pass need.
void ContractionEmitter::packLocal(Value panel, int64_t width) {
  const ContractionLoop &depth = s.ks[0];
  Value low = depthLow ? depthLow : index(0), high = depthLow ? depthHigh : extentOf(depth);
  Value base = add(baseB, mul(panel, s.panel()));
  loop(low, high, 1, [&](Value k) {
    Value from = add(base, mul(k, depth.strideB));
    Value to = mul(b.createOrFold<arith::SubIOp>(loc, k, low), s.panel());
    for (int64_t at = 0; at < width; at += s.lanes())
      store(load(flat[1], add(from, index(at)), std::min(s.lanes(), width - at)), scratch,
            add(to, index(at)), s.lanes());
  });
}

/// A's part of a pass: for each tile and k, the elements of its rows.
void ContractionEmitter::packRows() {
  const ContractionLoop &depth = s.ks[0];
  Value low = depthLow ? depthLow : index(0), high = depthLow ? depthHigh : extentOf(depth);
  overRows([&](int64_t rows, Value row) {
    Value from = add(baseA, row);
    Value to = mul(b.createOrFold<arith::SubIOp>(loc, row, rowLow), depthAtOnce());
    loop(low, high, 1, [&](Value k) {
      Value offA = add(from, mul(k, depth.strideA));
      Value offP = add(to, mul(b.createOrFold<arith::SubIOp>(loc, k, low), rows));
      for (int64_t at = 0; at < rows; at += s.lanes()) {
        int64_t count = std::min(s.lanes(), rows - at);
        store(load(flat[0], add(offA, index(at)), count), copyA, add(offP, index(at)), count);
      }
    });
  });
}

void ContractionEmitter::packPanel(Value panel) {
  Value base = add(baseScratch, mul(panel, s.panel() * s.depth()));
  Value column = mul(panel, s.panel());
  auto pack = [&](int64_t width) {
    if (s.n.strideB == 1)
      packVectors(base, column, width);
    else if (s.ks.size() == 1 && s.ks[0].strideB == 1)
      packTransposed(base, column, width);
    else
      packScalars(base, column, width);
  };
  int64_t whole = s.n.extent / s.panel(), rest = s.n.extent % s.panel();
  if (!rest)
    return pack(s.panel());
  if (!whole)
    return pack(rest);
  Value isWhole = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, panel, index(whole));
  auto either = scf::IfOp::create(b, loc, isWhole, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(either.thenBlock());
  pack(s.panel());
  b.setInsertionPointToStart(either.elseBlock());
  pack(rest);
}
