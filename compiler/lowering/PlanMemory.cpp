//===- PlanMemory.cpp - one arena for all buffers of a program ------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Buffers are placed big ones first, each into the tightest gap between those
// already placed that are in use at the same time.
//
//===----------------------------------------------------------------------===//
#include "Liveness.h"
#include "RuntimeCalls.h"

#include "dyn/dialect/Entries.h"
#include "dyn/lowering/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace dyn {
#define GEN_PASS_DEF_PLANMEMORYPASS
#include "LoweringPasses.h.inc"
} // namespace dyn

using namespace mlir;
using namespace dyn;
using namespace dyn::lowering;

namespace {

constexpr int64_t alignment = 64;

/// Offsets for all of `buffers`; returns the size of the arena.
int64_t place(std::vector<Buffer> &buffers) {
  std::vector<Buffer *> order, placed;
  for (Buffer &b : buffers)
    order.push_back(&b);
  llvm::sort(order, [](Buffer *x, Buffer *y) {
    return std::tuple(-x->bytes, x->first, x) < std::tuple(-y->bytes, y->first, y);
  });
  int64_t total = 0;
  for (Buffer *b : order) {
    // `placed` is sorted by offset.
    int64_t end = 0, best = -1, bestGap = std::numeric_limits<int64_t>::max();
    for (Buffer *p : placed) {
      if (p->last < b->first || b->last < p->first)
        continue;
      int64_t gap = p->offset - end;
      if (gap >= b->bytes && gap < bestGap)
        best = end, bestGap = gap;
      end = std::max(end, p->offset + p->bytes);
    }
    b->offset = best < 0 ? end : best;
    total = std::max(total, b->offset + b->bytes);
    placed.insert(
        llvm::upper_bound(placed, b, [](Buffer *x, Buffer *y) { return x->offset < y->offset; }),
        b);
  }
  return total;
}

/// The runtime's arena as a buffer of bytes.
Value emitArena(OpBuilder &b, ModuleOp module, func::FuncOp fn, int64_t bytes) {
  Location loc = fn.getLoc();
  Type i64 = b.getI64Type();
  auto get = module.lookupSymbol<func::FuncOp>("dyn_rt_arena");
  if (!get) {
    b.setInsertionPointToStart(module.getBody());
    get = func::FuncOp::create(b, loc, "dyn_rt_arena", b.getFunctionType({i64, i64}, {i64}));
    get.setPrivate();
  }
  b.setInsertionPointToStart(&fn.getBody().front());
  Value size = arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(bytes));
  Value address =
      func::CallOp::create(b, loc, get, ValueRange{fn.getArgument(0), size}).getResult(0);
  return bytesAt(b, loc, address, bytes);
}

struct PlanMemoryPass : dyn::impl::PlanMemoryPassBase<PlanMemoryPass> {
  /// Bytes of a buffer, with run-time extents at their bound; none when unbounded.
  static std::optional<int64_t> sizeOf(memref::AllocOp alloc) {
    MemRefType type = alloc.getType();
    Type element = type.getElementType();
    int64_t bytes = element.isIndex() ? 8 : llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
    for (int64_t extent : type.getShape())
      if (!ShapedType::isDynamic(extent))
        bytes *= extent;
    for (Value extent : alloc.getDynamicSizes()) {
      std::optional<int64_t> bound = boundOf(extent);
      if (!bound)
        return std::nullopt;
      bytes *= *bound;
    }
    return int64_t(llvm::alignTo(std::max<int64_t>(bytes, 1), alignment));
  }

  /// The buffers of an entry, placed; raises `total` to the room they take.
  static LogicalResult plan(func::FuncOp fn, std::vector<Buffer> &buffers, int64_t &total) {
    Liveness liveness(fn);
    WalkResult walked = fn.walk([&](memref::AllocOp alloc) {
      std::optional<int64_t> bytes = sizeOf(alloc);
      if (!bytes)
        return alloc.emitError("has a run-time extent without a bound"), WalkResult::interrupt();
      buffers.push_back({alloc, *bytes});
      return WalkResult(liveness.measure(buffers.back()));
    });
    if (walked.wasInterrupted())
      return failure();
    total = std::max(total, place(buffers));
    return success();
  }

  void runOnOperation() final {
    SmallVector<func::FuncOp> entries = entriesOf(getOperation());
    // Entries of one run are called one after the other and share the arena.
    std::vector<std::vector<Buffer>> planned(entries.size());
    int64_t total = 0;
    for (auto [fn, buffers] : llvm::zip(entries, planned))
      if (failed(plan(fn, buffers, total)))
        return signalPassFailure();
    getOperation()->setAttr("dyn.arena_bytes", Builder(&getContext()).getI64IntegerAttr(total));
    for (auto [fn, buffers] : llvm::zip(entries, planned))
      if (!buffers.empty())
        replace(fn, buffers, total);
  }

  void replace(func::FuncOp fn, std::vector<Buffer> &buffers, int64_t total) {
    OpBuilder b(&getContext());
    Value arena = emitArena(b, getOperation(), fn, total);
    for (auto [slot, buffer] : llvm::enumerate(buffers)) {
      memref::AllocOp alloc = buffer.alloc;
      b.setInsertionPoint(alloc);
      Value offset = arith::ConstantIndexOp::create(b, alloc.getLoc(), buffer.offset);
      auto view = memref::ViewOp::create(b, alloc.getLoc(), alloc.getType(), arena, offset,
                                         alloc.getDynamicSizes());
      // Two slots that happen to lie in one place stay two: the program's size must not
      // depend on where they lie.
      view->setAttr("dyn.slot", b.getI64IntegerAttr(int64_t(slot)));
      alloc.replaceAllUsesWith(view.getResult());
      alloc.erase();
    }
  }
};

} // namespace
