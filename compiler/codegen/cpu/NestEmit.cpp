//===- NestEmit.cpp - vector loops and tasks of an op ---------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A sum along the vectors has 16 partial sums, by index mod 16, in pieces of
// 4,096, then a fixed tree; pieces are added in order. Other sums ascend. Tasks
// depend on shapes alone and own disjoint outputs, so results depend neither on
// them nor on the number of threads.
//
//===----------------------------------------------------------------------===//
#include "NestBody.h"
#include "Vectors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include <numeric>

using namespace mlir;
using namespace dyn::codegen;

namespace {

constexpr int64_t piece = 4096;      ///< of a sum
constexpr int64_t columnVectors = 4; ///< in registers while a sum ascends
constexpr int64_t rowsAtOnce = 4;    ///< sums along vectors side by side
constexpr double taskNanoseconds = 10'000;
constexpr int64_t fewestTasks = 2; ///< worth waking other threads for
constexpr int64_t mostTasks = 64;

/// A part [low, high) of a loop.
struct Range {
  Value low, high;
  int64_t length = ShapedType::kDynamic; ///< where it is known
  int64_t divisor = 1;                   ///< divides the length
  bool isStatic() const { return !ShapedType::isDynamic(length); }
};

class NestEmitter {
public:
  NestEmitter(OpBuilder &b, const Nest &nest) : b(b), body(b, nest), nest(nest), loc(body.loc) {}

  /// All loops but those whose ranges are given (an IV for the first, or a part
  /// of loop `cut`).
  void run(Value row, std::optional<unsigned> cut, Value low, Value high, int64_t granule);

private:
  using Values = SmallVector<Value>;
  using Carried = llvm::function_ref<Values(Value, ArrayRef<Value>)>;
  Values loop(Value low, Value high, int64_t step, ArrayRef<Value> init, Carried each);
  using Block = llvm::function_ref<Values(Value at, Value mask, int64_t count, ArrayRef<Value>)>;
  Values overVectors(const Range &r, int64_t width, ArrayRef<Value> init, Block block);

  void outer(unsigned i, NestPlace &at);
  void plain(NestPlace &at);
  Values takeResults(NestPlace &at, ArrayRef<Value> outputs, Value i, Value mask);
  void columns(NestPlace &at);
  void rows(MutableArrayRef<NestPlace> places);
  Values rowPiece(MutableArrayRef<NestPlace> places, const Range &r, ArrayRef<Value> sums);
  Values overSums(unsigned i, MutableArrayRef<NestPlace> places, ArrayRef<Value> init,
                  llvm::function_ref<Values(ArrayRef<Value>)> inner);
  OpBuilder &b;
  NestBody body;
  const Nest &nest;
  Location loc;
  SmallVector<Range> ranges;
  SmallVector<unsigned> around, sums; ///< loops outside and inside of a result
  SmallVector<unsigned> results;      ///< outputs that are results of reductions
};

} // namespace

NestEmitter::Values NestEmitter::loop(Value low, Value high, int64_t step, ArrayRef<Value> init,
                                      Carried each) {
  auto f = scf::ForOp::create(b, loc, low, high, body.index(step), init);
  OpBuilder::InsertionGuard guard(b);
  if (init.empty()) {
    b.setInsertionPoint(f.getBody()->getTerminator());
    each(f.getInductionVar(), {});
    return {};
  }
  b.setInsertionPointToEnd(f.getBody());
  Values args(f.getRegionIterArgs().begin(), f.getRegionIterArgs().end());
  scf::YieldOp::create(b, loc, each(f.getInductionVar(), args));
  return Values(f.getResults().begin(), f.getResults().end());
}

/// `block` for groups of `width` vectors, then single ones, then a masked one.
NestEmitter::Values NestEmitter::overVectors(const Range &r, int64_t width, ArrayRef<Value> init,
                                             Block block) {
  Values now(init);
  auto from = [&](int64_t n) { return n ? body.add(r.low, body.index(n)) : r.low; };
  if (r.isStatic()) {
    int64_t at = 0;
    for (int64_t count : {width, int64_t(1)}) {
      int64_t step = lanes * count, end = at + (r.length - at) / step * step;
      if (end - at == step)
        now = block(from(at), {}, count, now);
      else if (end > at)
        now = loop(from(at), from(end), step, now,
                   [&](Value i, ArrayRef<Value> args) { return block(i, {}, count, args); });
      at = end;
    }
    if (at < r.length)
      now = block(from(at), firstLanes(b, loc, lanes, r.length - at), 1, now);
    return now;
  }
  Value at = r.low, length = b.createOrFold<arith::SubIOp>(loc, r.high, r.low);
  int64_t done = 0;
  for (int64_t count : {width, int64_t(1)}) {
    int64_t step = lanes * count;
    if (step == done || (done && r.divisor % done == 0))
      continue;
    Value whole = body.mul(arith::DivUIOp::create(b, loc, length, body.index(step)), step);
    Value end = r.divisor % step ? body.add(r.low, whole) : r.high;
    now = loop(at, end, step, now,
               [&](Value i, ArrayRef<Value> args) { return block(i, {}, count, args); });
    at = end;
    done = step;
  }
  if (r.divisor % lanes == 0)
    return now;
  Value left = arith::SubIOp::create(b, loc, r.high, at);
  return block(at, body.dynamicMask(left), 1, now);
}

void NestEmitter::plain(NestPlace &at) {
  body.findResults(at);
  body.enter(at);
  if (!nest.hasVector()) {
    for (auto [i, v] : llvm::enumerate(body.scalars(at)))
      body.store(at, i, v, {}, {});
    return;
  }
  overVectors(ranges[nest.vector], 1, {}, [&](Value i, Value mask, int64_t, ArrayRef<Value>) {
    takeResults(at, body.vectors(at, i, mask), i, mask);
    return Values();
  });
}

/// Stores what is a value of this iteration and returns the rest.
NestEmitter::Values NestEmitter::takeResults(NestPlace &at, ArrayRef<Value> outputs, Value i,
                                             Value mask) {
  Values left;
  for (auto [k, v] : llvm::enumerate(outputs)) {
    if (nest.reduced[k])
      left.push_back(v);
    else
      body.store(at, k, v, i, mask);
  }
  return left;
}

/// Loops over what is summed, around `inner`, for several places at once.
NestEmitter::Values NestEmitter::overSums(unsigned i, MutableArrayRef<NestPlace> places,
                                          ArrayRef<Value> init,
                                          llvm::function_ref<Values(ArrayRef<Value>)> inner) {
  if (i == sums.size())
    return inner(init);
  const Range &r = ranges[sums[i]];
  return loop(r.low, r.high, 1, init, [&](Value iv, ArrayRef<Value> args) {
    for (NestPlace &at : places)
      at.ivs[sums[i]] = iv;
    return overSums(i + 1, places, args, inner);
  });
}

/// Every lane has results of its own: they stay in registers while sums ascend.
void NestEmitter::columns(NestPlace &at) {
  body.findResults(at);
  const Range &range = ranges[nest.vector];
  size_t n = results.size();
  int64_t width = sums.empty() ? 1 : columnVectors;
  if (range.isStatic())
    width = std::clamp<int64_t>(range.length / lanes, 1, width);
  overVectors(range, width, {}, [&](Value first, Value mask, int64_t count, ArrayRef<Value>) {
    Values is, acc;
    for (int64_t v = 0; v < count; ++v) {
      is.push_back(v ? body.add(first, body.index(v * lanes)) : first);
      for (unsigned k : results)
        acc.push_back(body.load(at, k, is[v], mask));
    }
    acc = overSums(0, at, acc, [&](ArrayRef<Value> args) {
      body.enter(at);
      Values next;
      for (int64_t v = 0; v < count; ++v) {
        Values all = body.vectors(at, is[v], mask, args.slice(v * n, n));
        llvm::append_range(next, takeResults(at, all, is[v], mask));
      }
      return next;
    });
    for (int64_t v = 0; v < count; ++v)
      for (auto [j, k] : llvm::enumerate(results))
        body.store(at, k, acc[v * n + j], is[v], mask);
    return Values();
  });
}

/// Adds one piece along the vectors to the sums of each place.
NestEmitter::Values NestEmitter::rowPiece(MutableArrayRef<NestPlace> places, const Range &r,
                                          ArrayRef<Value> before) {
  size_t n = results.size();
  Values acc;
  for (size_t i = 0; i < before.size(); ++i)
    acc.push_back(body.neutral(results[i % n]));
  acc = overVectors(r, 1, acc, [&](Value i, Value mask, int64_t, ArrayRef<Value> args) {
    Values next;
    for (auto [p, at] : llvm::enumerate(places)) {
      Values parts = takeResults(at, body.vectors(at, i, mask), i, mask);
      for (auto [j, k] : llvm::enumerate(results))
        next.push_back(body.combine(k, args[p * n + j], body.masked(k, parts[j], mask)));
    }
    return next;
  });
  for (auto [i, v] : llvm::enumerate(acc))
    v = body.combine(results[i % n], before[i], body.total(results[i % n], v));
  return acc;
}

/// Lanes are parts of a sum.
void NestEmitter::rows(MutableArrayRef<NestPlace> places) {
  Values now;
  for (NestPlace &at : places) {
    body.findResults(at);
    for (unsigned k : results)
      now.push_back(body.load(at, k, {}, {}));
  }
  now = overSums(0, places, now, [&](ArrayRef<Value> args) {
    for (NestPlace &at : places)
      body.enter(at);
    const Range &r = ranges[nest.vector];
    if (r.isStatic() && r.length <= piece)
      return rowPiece(places, r, args);
    Value whole = arith::DivUIOp::create(b, loc, r.high, body.index(piece));
    Value end = body.mul(whole, piece);
    Values sum = loop(body.index(0), end, piece, args, [&](Value i, ArrayRef<Value> so) {
      return rowPiece(places, {i, body.add(i, body.index(piece)), piece, piece}, so);
    });
    int64_t left = r.isStatic() ? r.length % piece : ShapedType::kDynamic;
    return left == 0 ? sum : rowPiece(places, {end, r.high, left, std::gcd(r.divisor, piece)}, sum);
  });
  for (auto [i, v] : llvm::enumerate(now))
    body.store(places[i / results.size()], results[i % results.size()], v, {}, {});
}

void NestEmitter::outer(unsigned i, NestPlace &at) {
  if (i == around.size()) {
    if (!nest.accumulates())
      plain(at);
    else if (nest.sumsAlongVector())
      rows(at);
    else
      columns(at);
    return;
  }
  const Range &r = ranges[around[i]];
  Value low = r.low;
  // Long sums wait for themselves: four rows at once hide that.
  bool several = i + 1 == around.size() && nest.sumsAlongVector() &&
                 !nest.loops[around[i]].reduction &&
                 nest.loops[nest.vector].expected() >= 4 * lanes &&
                 nest.op.getBody()->getOperations().size() <= 8 &&
                 nest.loops[around[i]].expected() >= rowsAtOnce;
  if (several) {
    Value count = arith::SubIOp::create(b, loc, r.high, r.low);
    Value groups = arith::DivUIOp::create(b, loc, count, body.index(rowsAtOnce));
    low = body.add(r.low, body.mul(groups, rowsAtOnce));
    loop(r.low, low, rowsAtOnce, {}, [&](Value iv, ArrayRef<Value>) {
      SmallVector<NestPlace> places(rowsAtOnce, at);
      for (auto [p, place] : llvm::enumerate(places))
        place.ivs[around[i]] = p ? body.add(iv, body.index(p)) : iv;
      rows(places);
      return Values();
    });
    if (r.isStatic() && r.length % rowsAtOnce == 0)
      return;
  }
  loop(low, r.high, 1, {}, [&](Value iv, ArrayRef<Value>) {
    at.ivs[around[i]] = iv;
    outer(i + 1, at);
    return Values();
  });
}

void NestEmitter::run(Value row, std::optional<unsigned> cut, Value low, Value high,
                      int64_t granule) {
  body.begin();
  NestPlace at;
  for (auto [l, nestLoop] : llvm::enumerate(nest.loops)) {
    at.ivs.push_back(l == 0 && row ? row : Value());
    if (cut == unsigned(l))
      ranges.push_back({low, high, ShapedType::kDynamic, std::gcd(granule, nestLoop.divisor())});
    else
      ranges.push_back({body.index(0), body.extentOf(l), nestLoop.extent, nestLoop.divisor()});
    if (l == nest.vector || (l == 0 && row))
      continue;
    (nest.isSummed(l) ? sums : around).push_back(l);
  }
  for (auto [k, isReduced] : llvm::enumerate(nest.reduced))
    if (isReduced)
      results.push_back(k);
  outer(0, at);
}

/// `body` over equal parts of [0, extent), which are multiples of `granule`. Also what is too
/// small for several tasks is one, so that the code does not depend on the size.
static void overTasks(OpBuilder &b, Location loc, int64_t tasks, Value extent, int64_t granule,
                      llvm::function_ref<void(Value, Value)> each) {
  auto index = [&](int64_t n) { return arith::ConstantIndexOp::create(b, loc, n); };
  Value granules = b.createOrFold<arith::CeilDivUIOp>(loc, extent, index(granule));
  Value part = b.createOrFold<arith::CeilDivUIOp>(loc, granules, index(tasks));
  part = b.createOrFold<arith::MulIOp>(loc, part, index(granule));
  auto loop = scf::ForallOp::create(b, loc, ArrayRef<OpFoldResult>{b.getIndexAttr(tasks)},
                                    ValueRange{}, std::nullopt);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value low = arith::MulIOp::create(b, loc, loop.getInductionVar(0), part);
  low = arith::MinUIOp::create(b, loc, low, extent);
  Value high = arith::AddIOp::create(b, loc, low, part);
  each(low, arith::MinUIOp::create(b, loc, high, extent));
}

static int64_t tasksFor(double nanoseconds, int64_t granules) {
  int64_t tasks = std::min({int64_t(nanoseconds / taskNanoseconds), granules, mostTasks});
  return tasks < fewestTasks ? 1 : tasks / 2 * 2; // two threads are the common case
}

void dyn::codegen::emitNest(OpBuilder &b, const Nest &nest) {
  // The parallel loop with most parts is cut, the outermost of equals.
  std::optional<unsigned> cut;
  int64_t granule = 1, most = 1;
  for (auto [l, loop] : llvm::enumerate(nest.loops)) {
    int64_t part = l == nest.vector ? lanes * columnVectors : 1;
    int64_t parts = loop.expected() / part;
    if (!loop.reduction && std::min(parts, mostTasks) > most)
      cut = l, granule = part, most = std::min(parts, mostTasks);
  }
  if (!cut)
    return NestEmitter(b, nest).run({}, {}, {}, {}, 1);
  Value extent = NestBody(b, nest).extentOf(*cut);
  overTasks(b, nest.op.getLoc(), tasksFor(nest.nanoseconds(), most), extent, granule,
            [&](Value low, Value high) { NestEmitter(b, nest).run({}, cut, low, high, granule); });
}

void dyn::codegen::emitRows(OpBuilder &b, ArrayRef<Nest> nests) {
  Location loc = nests.front().op.getLoc();
  double work = 0;
  for (const Nest &nest : nests)
    work += nest.nanoseconds();
  auto part = [&](Value low, Value high) {
    Value one = arith::ConstantIndexOp::create(b, loc, 1);
    auto loop = scf::ForOp::create(b, loc, low, high, one);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(loop.getBody()->getTerminator());
    for (const Nest &nest : nests)
      NestEmitter(b, nest).run(loop.getInductionVar(), {}, {}, {}, 1);
  };
  Value extent = NestBody(b, nests.front()).extentOf(0);
  overTasks(b, loc, tasksFor(work, nests.front().loops[0].expected()), extent, 1, part);
}
