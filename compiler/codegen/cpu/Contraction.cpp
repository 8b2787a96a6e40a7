//===- Contraction.cpp - which loops of a sum of products do what ---------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 1. Every loop gets its stride in each operand. 2. The innermost loop of C is
// n; the largest loop that A has and B has not is m; sums are k; the rest is
// outer. 3. Loops that walk all operands as one loop would are merged. 4. Tiles
// and tasks are chosen from the extents alone.
//
//===----------------------------------------------------------------------===//
#include "Contraction.h"
#include "ContractionTail.h"
#include "Strides.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace dyn::codegen;

namespace {

constexpr int64_t assumedExtent = 128; ///< for what is known at run time only
constexpr int64_t largestDepthBlock = 320;
constexpr int64_t smallestWork = 2'500'000; ///< operations that are worth a task
constexpr int64_t fewTasks = 8;
constexpr int64_t smallestTile = 7; ///< rows that hide the latency of their sums

int64_t sizeOf(int64_t extent) { return ShapedType::isDynamic(extent) ? assumedExtent : extent; }

/// acc + a*b, its factors and terms in either order.
bool isSumOfProducts(linalg::GenericOp op) {
  Block *body = op.getBody();
  auto add = body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add || body->getOperations().size() != 3)
    return false;
  Value acc = body->getArgument(2), x = body->getArgument(0), y = body->getArgument(1);
  if (add.getLhs() != acc && add.getRhs() != acc)
    return false;
  auto mul = (add.getLhs() == acc ? add.getRhs() : add.getLhs()).getDefiningOp<arith::MulFOp>();
  return mul &&
         ((mul.getLhs() == x && mul.getRhs() == y) || (mul.getLhs() == y && mul.getRhs() == x));
}

/// One loop in place of `o` around `i`, if that is the same walk.
std::optional<ContractionLoop> merged(const ContractionLoop &o, const ContractionLoop &i) {
  if (ShapedType::isDynamic(i.extent) || o.strideA != i.strideA * i.extent ||
      o.strideB != i.strideB * i.extent || o.strideC != i.strideC * i.extent)
    return std::nullopt;
  for (auto [outer, inner] : llvm::zip(o.strideT, i.strideT))
    if (outer != inner * i.extent)
      return std::nullopt;
  ContractionLoop r = o;
  r.strideA = i.strideA, r.strideB = i.strideB, r.strideC = i.strideC, r.strideT = i.strideT;
  if (ShapedType::isDynamic(o.extent))
    r.factor *= i.extent;
  else
    r.extent *= i.extent;
  return r;
}

void mergeNeighbours(SmallVectorImpl<ContractionLoop> &loops) {
  for (size_t i = 0; i + 1 < loops.size();) {
    if (auto one = merged(loops[i], loops[i + 1])) {
      loops[i] = *one;
      loops.erase(loops.begin() + i + 1);
    } else {
      ++i;
    }
  }
}

void chooseTiles(ContractionShape &s) {
  int64_t m = std::max<int64_t>(1, sizeOf(s.m.extent) * s.m.factor), depth = 1, outer = 1;
  for (const ContractionLoop &k : s.ks)
    depth *= std::max<int64_t>(1, sizeOf(k.extent) * k.factor);
  for (const ContractionLoop &o : s.outer)
    outer *= std::max<int64_t>(1, sizeOf(o.extent) * o.factor);
  int64_t n = std::max<int64_t>(1, s.n.extent), panels = llvm::divideCeil(n, s.panel());
  // Tiles without odd rows, within 28 accumulators; else 24 hide more latency, but leave more over.
  s.rows = m >= 480 || (s.n.extent <= s.lanes() && m >= 12) ? 12 : 8;
  for (int64_t rows = smallestTile; rows <= (s.n.extent <= s.lanes() ? 16 : 14); ++rows)
    if (m % rows == 0 && m < 480)
      s.rows = rows;
  int64_t work = std::clamp<int64_t>(2 * m * n * depth * outer / 16, smallestWork, 16'000'000);
  int64_t perRow = 2 * n * depth;
  int64_t rows =
      std::clamp<int64_t>(work / perRow, std::min<int64_t>(m, 128), std::max<int64_t>(m, 1));
  s.rowsPerTask = llvm::alignTo(llvm::divideCeil(m, llvm::divideCeil(m, rows)), s.rows);
  int64_t perPanel =
      std::max<int64_t>(1, 2 * std::min(m, s.rowsPerTask) * std::min(n, s.panel()) * depth);
  int64_t width = std::clamp<int64_t>(work / perPanel, 1, panels);
  s.panelsPerTask = llvm::divideCeil(panels, llvm::divideCeil(panels, width));
  s.outerPerTask = std::clamp<int64_t>(work / (perPanel * s.panelsPerTask), 1, outer);
  // Few rows and columns of long sums: threads share the rows.
  int64_t tasks = llvm::divideCeil(m, s.rowsPerTask) * llvm::divideCeil(panels, s.panelsPerTask) *
                  llvm::divideCeil(outer, s.outerPerTask);
  if (tasks < fewTasks && perRow * m * outer > fewTasks * smallestWork)
    s.rowsPerTask = llvm::alignTo(llvm::divideCeil(m, llvm::divideCeil(fewTasks, tasks)), s.rows);
  if (s.ks.empty())
    return;
  // A pass is whole steps of the first sum: with several, the others go by within it.
  int64_t k = s.ks[0].extent, inner = 1;
  for (const ContractionLoop &l : ArrayRef(s.ks).drop_front())
    inner *= std::max<int64_t>(1, sizeOf(l.extent) * l.factor);
  int64_t most = std::max<int64_t>(1, largestDepthBlock / inner);
  bool isLong = k > most && (s.ks.size() == 1 || k * inner > 2 * largestDepthBlock);
  if (ShapedType::isDynamic(k))
    s.depthBlock = std::min<int64_t>(256, most);
  else if (isLong)
    s.depthBlock = llvm::divideCeil(k, llvm::divideCeil(k, most));
}

/// Direct where B's rows are vectors already and stay near; packed where the
/// copy is used often enough and its size is known.
ContractionShape::Form chooseForm(const ContractionShape &s) {
  using Form = ContractionShape::Form;
  bool isStatic = true;
  int64_t uses = sizeOf(s.m.extent) * s.m.factor, columns = s.n.extent;
  for (const ContractionLoop &k : s.ks)
    isStatic &= !ShapedType::isDynamic(k.extent);
  for (const ContractionLoop &o : s.outer) {
    if (o.strideB)
      isStatic &= !ShapedType::isDynamic(o.extent);
    else
      uses *= sizeOf(o.extent) * o.factor;
  }
  if (columns == 1)
    return Form::Direct;
  if (s.n.strideB != 1)
    return isStatic && uses >= 8 ? Form::Packed : Form::Strided;
  int64_t bytes = s.depth() * columns * (s.element.isF32() ? 4 : 8);
  bool far =
      bytes > (1 << 20) || (s.ks.size() == 1 && s.ks[0].strideB % 512 == 0 && s.depth() >= 64);
  if (isStatic && uses >= 128 && columns >= s.panel() && far)
    return Form::Packed;
  return s.ks.size() == 1 && uses >= 64 && s.depth() != 0 ? Form::Local : Form::Direct;
}

/// A column of A that lies in memory at a multiple of 512 bytes from the next
/// shares few sets of the nearest cache with it.
bool shouldCopyA(const ContractionShape &s) {
  int64_t bytes = s.element.isF32() ? 4 : 8;
  return s.ks.size() == 1 && s.m.strideA == 1 && s.ks[0].strideA * bytes % 512 == 0 &&
         s.panels() >= 2 && (s.depthBlock ? s.depthBlock : s.depth()) >= 64;
}

} // namespace

int64_t ContractionShape::depth() const {
  int64_t d = 1;
  for (const ContractionLoop &k : ks)
    d *= ShapedType::isDynamic(k.extent) ? 1 : k.extent;
  return d;
}

std::optional<ContractionShape> dyn::codegen::classifyContraction(linalg::GenericOp op,
                                                                  linalg::GenericOp tail) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 || !op.hasPureBufferSemantics() ||
      op.getNumReductionLoops() == 0 || !isSumOfProducts(op))
    return std::nullopt;
  ContractionShape s;
  s.element = cast<MemRefType>(op.getDpsInits()[0].getType()).getElementType();
  if (!s.element.isF32() && !s.element.isF64())
    return std::nullopt;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<int64_t> strides[3];
  int64_t offsets[3];
  for (unsigned i = 0; i < 3; ++i) {
    auto walk = walkOf(cast<MemRefType>(op->getOperand(i).getType()), maps[i]);
    if (!walk || (i == 2 && walk->offset))
      return std::nullopt;
    strides[i] = walk->strides, offsets[i] = walk->offset;
  }

  auto tailStrides = stridesOfTail(op, tail);
  if (!tailStrides)
    return std::nullopt;
  s.tail = tail;

  // 1. n, and with it which operand is B.
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  auto kinds = op.getIteratorTypesArray();
  int n = -1;
  for (unsigned d = 0; d < op.getNumLoops(); ++d)
    if (kinds[d] == utils::IteratorType::parallel && strides[2][d] == 1 && ranges[d] != 1 &&
        !ShapedType::isDynamic(ranges[d]) &&
        maps[0].isFunctionOfDim(d) != maps[1].isFunctionOfDim(d))
      n = d;
  if (n >= 0)
    s.b = maps[0].isFunctionOfDim(n) ? 0 : 1;
  else
    s.b = llvm::any_of(llvm::seq(op.getNumLoops()),
                       [&](unsigned d) {
                         return kinds[d] == utils::IteratorType::parallel &&
                                maps[1].isFunctionOfDim(d) && !maps[0].isFunctionOfDim(d);
                       })
              ? 0
              : 1;
  s.a = 1 - s.b;
  s.offsetA = offsets[s.a], s.offsetB = offsets[s.b];

  // 2. Roles.
  auto loopOf = [&](unsigned d) {
    ContractionLoop l{ranges[d], 0, 0, 1, strides[s.a][d], strides[s.b][d], strides[2][d], {}};
    for (const SmallVector<int64_t> &t : *tailStrides)
      l.strideT.push_back(t[d]);
    for (unsigned role = 0; role < 3; ++role)
      for (auto [i, e] : llvm::enumerate(maps[role == 0 ? s.a : role == 1 ? s.b : 2].getResults()))
        if (auto dim = dyn_cast<AffineDimExpr>(e); dim && dim.getPosition() == d)
          l.operand = role, l.dim = i;
    return l;
  };
  SmallVector<ContractionLoop> ms, ns;
  for (unsigned d = 0; d < op.getNumLoops(); ++d) {
    ContractionLoop l = loopOf(d);
    if (ranges[d] == 1)
      continue;
    bool inA = maps[s.a].isFunctionOfDim(d), inB = maps[s.b].isFunctionOfDim(d);
    (kinds[d] == utils::IteratorType::reduction ? s.ks
     : inA && !inB                              ? ms
     : inB && !inA                              ? ns
                                                : s.outer)
        .push_back(l);
  }
  mergeNeighbours(s.ks), mergeNeighbours(ms), mergeNeighbours(ns), mergeNeighbours(s.outer);

  // 3. One loop each; what is left over goes around.
  SmallVector<int64_t> none(tailStrides->size(), 0);
  s.n = ContractionLoop{1, 2, 0, 1, 0, 1, 1, none};
  s.m.strideT = none;
  if (n >= 0) {
    auto *unit = llvm::find_if(ns, [](const ContractionLoop &l) { return l.strideC == 1; });
    if (unit == ns.end() || ShapedType::isDynamic(unit->extent))
      return std::nullopt;
    s.n = *unit;
    ns.erase(unit);
  }
  s.outer.append(ns);
  if (!ms.empty()) {
    // Rows that lie near each other, if they make a tile: those of images far apart share sets of
    // the cache.
    auto weight = [](const ContractionLoop &l) { return sizeOf(l.extent) * l.factor; };
    auto isBetter = [&](const ContractionLoop &x, const ContractionLoop &y) {
      bool fills = weight(x) >= smallestTile, other = weight(y) >= smallestTile;
      if (fills && other && x.strideA != y.strideA)
        return x.strideA < y.strideA;
      return weight(x) >= weight(y);
    };
    auto *best = ms.begin();
    for (auto *l = ms.begin(); l != ms.end(); ++l)
      if (isBetter(*l, *best))
        best = l;
    s.m = *best;
    ms.erase(best);
    s.outer.append(ms);
  }
  if (llvm::any_of(s.n.strideT, [](int64_t stride) { return stride != 0 && stride != 1; }))
    return std::nullopt;
  s.form = chooseForm(s);
  if (contractionScratchBytes(s) == 0 && s.form == ContractionShape::Form::Packed) // an empty sum
    s.form = ContractionShape::Form::Strided;
  chooseTiles(s);
  if (shouldCopyA(s)) {
    // Every panel uses the copy: tasks are few rows of all columns.
    s.copiesA = true;
    s.rowsPerTask = std::min<int64_t>(s.rowsPerTask, 4 * s.rows);
    s.panelsPerTask = s.panels();
  }
  return s;
}

int64_t dyn::codegen::contractionScratchBytes(const ContractionShape &s) {
  if (s.form != ContractionShape::Form::Packed)
    return 0;
  int64_t copies = 1;
  for (const ContractionLoop &o : s.outer)
    copies *= o.strideB ? o.extent : 1;
  return copies * s.panels() * s.panel() * s.depth() * (s.element.isF32() ? 4 : 8);
}
