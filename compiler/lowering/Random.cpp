//===- Random.cpp - Philox 4x32-10 as integer arithmetic -----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// J. Salmon, M. Moraes, R. Dror, D. Shaw: Parallel random numbers: as easy as
// 1, 2, 3. SC 2011.
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <array>
#include <numbers>

using namespace mlir;
using namespace dyn;
using namespace dyn::lowering;

namespace {

/// Emits arithmetic on 64-bit values that hold 32-bit words.
struct Words {
  OpBuilder &b;
  Location loc;

  Value c(uint64_t n) const {
    return arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(int64_t(n)));
  }
  Value low(Value v) const { return arith::AndIOp::create(b, loc, v, c(0xffffffffu)); }
  Value high(Value v) const { return arith::ShRUIOp::create(b, loc, v, c(32)); }
  Value mul(Value v, uint32_t m) const { return arith::MulIOp::create(b, loc, v, c(m)); }
  Value xorV(Value x, Value y) const { return arith::XOrIOp::create(b, loc, x, y); }

  std::array<Value, 4> philox(std::array<Value, 4> x, Value k0, Value k1) const {
    for (int round = 0; round < 10; ++round) {
      Value p = mul(x[0], 0xD2511F53), q = mul(x[2], 0xCD9E8D57);
      x = {xorV(xorV(high(q), x[1]), k0), low(q), xorV(xorV(high(p), x[3]), k1), low(p)};
      k0 = low(arith::AddIOp::create(b, loc, k0, c(0x9E3779B9)));
      k1 = low(arith::AddIOp::create(b, loc, k1, c(0xBB67AE85)));
    }
    return x;
  }
};

struct KeyFold : Model<KeyFold, KeyFoldOp> {
  static LogicalResult rewrite(KeyFoldOp op, RewriterBase &b) {
    b.replaceOpWithNewOp<func::CallOp>(op, function(op->getParentOfType<ModuleOp>()),
                                       op->getOperands());
    return success();
  }
  /// One function for all folds: programs derive many keys.
  static func::FuncOp function(ModuleOp module) {
    if (auto existing = module.lookupSymbol<func::FuncOp>("dyn_key_fold"))
      return existing;
    OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
    Location loc = module.getLoc();
    Type i64 = b.getI64Type();
    auto fn = func::FuncOp::create(b, loc, "dyn_key_fold", b.getFunctionType({i64, i64}, {i64}));
    fn.setPrivate();
    b.setInsertionPointToStart(fn.addEntryBlock());
    Value key = fn.getArgument(0), value = fn.getArgument(1);
    Words w{b, loc};
    auto r =
        w.philox({w.low(value), w.high(value), w.c(0x64796e6b), w.c(0)}, w.low(key), w.high(key));
    Value up = arith::ShLIOp::create(b, loc, r[1], w.c(32));
    func::ReturnOp::create(b, loc, Value(arith::OrIOp::create(b, loc, r[0], up)));
    return fn;
  }
};

/// (word >> 8 + 1/2) / 2^24, in (0, 1).
Value unit(OpBuilder &b, Location loc, Value word, Type real) {
  Words w{b, loc};
  Value top = arith::ShRUIOp::create(b, loc, word, w.c(8));
  Value f = arith::SIToFPOp::create(b, loc, real, top);
  Value half = arith::AddFOp::create(b, loc, f, scalar(b, loc, real, 0.5));
  Value u = arith::MulFOp::create(b, loc, half, scalar(b, loc, real, 0x1p-24));
  // The largest word would round to 1 in f32.
  return arith::MinimumFOp::create(b, loc, u, scalar(b, loc, real, 1 - 0x1p-24));
}

/// The draw of element `i`.
Value drawElement(OpBuilder &b, Location loc, RandomKind kind, Value key, Value i, Type real) {
  Words w{b, loc};
  Value block = arith::ShRUIOp::create(b, loc, i, w.c(2)),
        lane = arith::AndIOp::create(b, loc, i, w.c(3));
  auto r = w.philox({w.low(block), w.high(block), w.c(0), w.c(0)}, w.low(key), w.high(key));
  auto is = [&](Value v, uint64_t n) -> Value {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, v, w.c(n));
  };
  auto pick = [&](Value c, Value x, Value y) -> Value {
    return arith::SelectOp::create(b, loc, c, x, y);
  };
  Value second = is(Value(arith::AndIOp::create(b, loc, lane, w.c(2))), 2);
  Value odd = is(Value(arith::AndIOp::create(b, loc, lane, w.c(1))), 1);
  Value first = pick(second, r[2], r[0]), other = pick(second, r[3], r[1]);
  if (kind == RandomKind::uniform)
    return unit(b, loc, pick(odd, other, first), real);
  // Box and Muller: sqrt(-2 log u) cos(2 pi v), and sin for the odd element.
  Value u = unit(b, loc, first, real), v = unit(b, loc, other, real);
  Value log = arith::MulFOp::create(b, loc, Value(math::LogOp::create(b, loc, u)),
                                    scalar(b, loc, real, -2));
  Value radius = math::SqrtOp::create(b, loc, log);
  Value angle = arith::MulFOp::create(b, loc, v, scalar(b, loc, real, 2 * std::numbers::pi));
  Value wave = pick(odd, math::SinOp::create(b, loc, angle), math::CosOp::create(b, loc, angle));
  return arith::MulFOp::create(b, loc, radius, wave);
}

struct Random : Model<Random, RandomOp> {
  static LogicalResult rewrite(RandomOp op, RewriterBase &b) {
    Location loc = op.getLoc();
    Type real = getElementTypeOrSelf(op.getResult().getType());
    auto type = dyn_cast<RankedTensorType>(op.getResult().getType());
    if (!type) {
      b.replaceOp(op, drawElement(b, loc, op.getKind(), op.getKey(), Words{b, loc}.c(0), real));
      return success();
    }
    Value out = emptyTensor(b, loc, type, op.getExtents());
    b.replaceOp(
        op, parallelGeneric(b, loc, {}, out, {}, [&](OpBuilder &n, Location l, ValueRange) {
          // Only the leading extent can be dynamic, so the row-major place is static arithmetic.
          Value at = arith::ConstantIndexOp::create(n, l, 0);
          for (int64_t d = 0; d < type.getRank(); ++d) {
            if (d)
              at = arith::MulIOp::create(
                  n, l, at, Value(arith::ConstantIndexOp::create(n, l, type.getDimSize(d))));
            at = arith::AddIOp::create(n, l, at, Value(linalg::IndexOp::create(n, l, d)));
          }
          Value i = arith::IndexCastOp::create(n, l, n.getI64Type(), at);
          linalg::YieldOp::create(n, l, drawElement(n, l, op.getKind(), op.getKey(), i, real));
        }));
    return success();
  }
};

} // namespace

void dyn::lowering::attachRandom(MLIRContext *c) { attach<KeyFold, Random>(c); }
