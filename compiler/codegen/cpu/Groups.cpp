//===- Groups.cpp - ops that become one kernel ----------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Neighbours with the same first loop form a group if they exchange data only
// within a row: every access to a buffer that one of them writes stays in the
// row of the iteration. A group is worth it around a reduction along rows.
//
//===----------------------------------------------------------------------===//
#include "Groups.h"

#include "Contraction.h"
#include "Nest.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace dyn::codegen;

namespace {

constexpr int64_t fewestRows = 8;
constexpr int64_t longestRow = 1 << 16; ///< elements of all operands together

/// The leading extent as a number or as the value that it was made from.
OpFoldResult leadingExtent(Value v) {
  auto type = cast<MemRefType>(v.getType());
  if (!type.isDynamicDim(0))
    return OpBuilder(v.getContext()).getIndexAttr(type.getDimSize(0));
  OpFoldResult size;
  if (auto alloc = v.getDefiningOp<memref::AllocOp>())
    size = alloc.getDynamicSizes()[0];
  else if (auto cast = v.getDefiningOp<memref::ReinterpretCastOp>())
    size = cast.getMixedSizes()[0];
  else if (auto view = v.getDefiningOp<memref::SubViewOp>())
    size = view.getMixedSizes()[0];
  else if (auto collapse = v.getDefiningOp<memref::CollapseShapeOp>();
           collapse && collapse.getReassociationIndices()[0].size() == 1)
    return leadingExtent(collapse.getSrc());
  else if (auto expand = v.getDefiningOp<memref::ExpandShapeOp>();
           expand && expand.getReassociationIndices()[0].size() == 1)
    return leadingExtent(expand.getSrc());
  else
    return v;
  if (auto dim = dyn_cast_if_present<Value>(size).getDefiningOp<memref::DimOp>();
      dim && dim.getConstantIndex() == 0)
    return leadingExtent(dim.getSource());
  return size;
}

/// One op's use of a buffer.
struct Access {
  Value buffer;
  bool writes;
  int64_t row = 0; ///< elements between rows; 0: not confined to the row
  int64_t span = 0;
};

struct Member {
  Nest nest;
  SmallVector<OpFoldResult> rows; ///< values that its number of rows equals
  SmallVector<Access> accesses;
};

/// An op as a member of a group: its first loop is parallel.
std::optional<Member> memberOf(linalg::GenericOp op) {
  if (op.getNumLoops() == 0 || classifyContraction(op))
    return std::nullopt;
  auto nest = analyseNest(op, /*rows=*/true);
  if (!nest || nest->loops.empty() || nest->loops[0].reduction)
    return std::nullopt;
  Member m{*nest, {}, {}};
  if (!nest->loops[0].isDynamic())
    m.rows.push_back(OpBuilder(op).getIndexAttr(nest->loops[0].extent));
  for (auto [v, map] : llvm::zip(op->getOperands(), op.getIndexingMapsArray()))
    if (map.getNumResults() && map.getResult(0) == getAffineDimExpr(0, op.getContext()))
      m.rows.push_back(leadingExtent(v));
  for (auto [i, walk] : llvm::enumerate(nest->walks)) {
    Value v = op->getOperand(i);
    if (!isa<MemRefType>(v.getType()))
      continue;
    Access a{v, i >= nest->numInputs()};
    int64_t low = walk.offset, high = walk.offset;
    bool known = true;
    for (unsigned l = 1; l < nest->loops.size(); ++l) {
      known &= !nest->loops[l].isDynamic() || walk.strides[l] == 0;
      int64_t reach = (nest->loops[l].extent - 1) * walk.strides[l];
      (reach < 0 ? low : high) += reach;
    }
    bool whole = cast<MemRefType>(v.getType()).getLayout().isIdentity();
    if (known && whole && low >= 0 && high < walk.strides[0])
      a.row = walk.strides[0];
    a.span = known ? high - low + 1 : longestRow;
    m.accesses.push_back(a);
  }
  for (auto load : op.getBody()->getOps<memref::LoadOp>()) {
    Access a{load.getMemRef(), false};
    auto index = load.getIndices().empty() ? linalg::IndexOp()
                                           : load.getIndices()[0].getDefiningOp<linalg::IndexOp>();
    if (index && index.getDim() == 0 && load.getMemRefType().getLayout().isIdentity())
      a.row = (*stridesOf(load.getMemRefType()))[0];
    m.accesses.push_back(a);
  }
  return m;
}

class Grouper {
public:
  void visit(Block &block);
  SmallVector<Group> groups;

private:
  bool fits(const Member &m) const;
  void close();
  std::vector<Member> members;
};

} // namespace

Value dyn::codegen::rootOf(Value v) {
  while (auto view = v.getDefiningOp<ViewLikeOpInterface>())
    v = view.getViewSource();
  return v;
}

/// An allocation, or memory that the runtime handed over.
static bool isOwnMemory(Value root) {
  return isa_and_present<memref::AllocOp, UnrealizedConversionCastOp>(root.getDefiningOp());
}

bool dyn::codegen::mayOverlap(Value x, Value y) {
  x = rootOf(x), y = rootOf(y);
  return x == y || !isOwnMemory(x) || !isOwnMemory(y);
}

bool Grouper::fits(const Member &m) const {
  if (members.empty())
    return true;
  auto isRows = [&](OpFoldResult n) {
    return llvm::any_of(members,
                        [&](const Member &other) { return llvm::is_contained(other.rows, n); });
  };
  if (llvm::none_of(m.rows, isRows))
    return false;
  int64_t length = 0;
  for (const Access &a : m.accesses) {
    length += a.span;
    for (const Member &other : members)
      for (const Access &o : other.accesses)
        if ((a.writes || o.writes) && mayOverlap(a.buffer, o.buffer) &&
            (rootOf(a.buffer) != rootOf(o.buffer) || !a.row || a.row != o.row))
          return false;
  }
  for (const Member &other : members)
    for (const Access &o : other.accesses)
      length += o.span;
  return length <= longestRow;
}

/// Ends the group: it stays one from the first to the last member that shares a
/// buffer with a reduction along rows; the others are kernels of their own.
void Grouper::close() {
  auto touches = [&](const Member &x, const Member &y) {
    return llvm::any_of(x.accesses, [&](const Access &a) {
      return llvm::any_of(y.accesses, [&](const Access &o) {
        return (a.writes || o.writes) && a.row && rootOf(a.buffer) == rootOf(o.buffer);
      });
    });
  };
  size_t first = members.size(), last = 0;
  for (size_t r = 0; r < members.size(); ++r) {
    if (!members[r].nest.sumsAlongVector())
      continue;
    for (size_t i = 0; i < members.size(); ++i)
      if (i != r && touches(members[i], members[r]))
        first = std::min({first, i, r}), last = std::max({last, i, r});
  }
  if (!members.empty() && members.front().nest.loops[0].expected() < fewestRows)
    first = members.size();
  for (size_t i = 0; i < members.size(); ++i) {
    auto op = cast<linalg::LinalgOp>(members[i].nest.op.getOperation());
    if (i > first && i <= last)
      groups.back().push_back(op);
    else
      groups.push_back({op});
  }
  members.clear();
}

void Grouper::visit(Block &block) {
  bool isTail = false;
  for (Operation &op : block) {
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
      if (std::exchange(isTail, op.hasAttr("dyn.tail"))) {
        groups.back().push_back(linalgOp);
        continue;
      }
      auto generic = dyn_cast<linalg::GenericOp>(op);
      std::optional<Member> m = generic ? memberOf(generic) : std::nullopt;
      if (!m || !fits(*m))
        close();
      if (m)
        members.push_back(*m);
      else
        groups.push_back({linalgOp});
      continue;
    }
    if (!isMemoryEffectFree(&op) && !isa<memref::AllocOp>(op))
      close();
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        visit(inner);
  }
  close();
}

SmallVector<Group> dyn::codegen::groupByRows(func::FuncOp fn) {
  Grouper grouper;
  for (Block &block : fn.getBody())
    grouper.visit(block);
  return grouper.groups;
}

void dyn::codegen::absorbZeroFills(func::FuncOp fn) {
  SmallVector<Operation *> dead;
  fn.walk([&](linalg::FillOp fill) {
    if (!matchPattern(fill.getInputs()[0], m_PosZeroFloat()))
      return;
    Value buffer = fill.getOutputs()[0];
    for (Operation *op = fill->getNextNode(); op; op = op->getNextNode()) {
      auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
      if (!linalgOp) {
        if (isMemoryEffectFree(op) || isa<memref::AllocOp>(op))
          continue;
        return;
      }
      auto generic = dyn_cast<linalg::GenericOp>(op);
      if (generic && generic.getDpsInits()[0] == buffer && classifyContraction(generic)) {
        op->setAttr("dyn.overwrite", UnitAttr::get(fn.getContext()));
        return dead.push_back(fill);
      }
      bool reads = false;
      op->walk([&](Operation *inner) {
        for (Value v : inner->getOperands())
          reads |= isa<MemRefType>(v.getType()) && mayOverlap(v, buffer);
      });
      if (reads)
        return;
    }
  });
  for (Operation *op : dead)
    op->erase();
}
