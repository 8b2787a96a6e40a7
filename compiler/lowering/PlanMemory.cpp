//===- PlanMemory.cpp - one arena for all buffers of a program -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 1. Number the ops in order. 2. A buffer lives from its allocation to the last
// use of any view of it; a use in a loop that does not hold the allocation
// counts for the whole loop. 3. Place big ones first, each at the lowest offset
// where no living buffer is. 4. Replace allocations by views of the arena.
//
//===----------------------------------------------------------------------===//
#include "dyn/lowering/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferViewFlowAnalysis.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/LoopLikeInterface.h"

using namespace mlir;

namespace {

struct Buffer {
  memref::AllocOp alloc;
  int64_t bytes = 0, first = 0, last = 0, offset = 0;
};

struct PlanMemoryPass : PassWrapper<PlanMemoryPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PlanMemoryPass)
  PlanMemoryPass() = default;
  explicit PlanMemoryPass(bool reuse) : reuse(reuse) {}
  PlanMemoryPass(const PlanMemoryPass &other) : PassWrapper(other), reuse(other.reuse) {}
  StringRef getArgument() const final { return "dyn-plan-memory"; }
  StringRef getDescription() const final { return "place all buffers of @train in one arena"; }
  void getDependentDialects(DialectRegistry &r) const final {
    r.insert<memref::MemRefDialect, arith::ArithDialect>();
  }

  bool reuse = true;

  int64_t sizeOf(memref::AllocOp alloc, int64_t bound) {
    MemRefType t = alloc.getType();
    int64_t n = llvm::divideCeil(t.getElementType().isIndex() ? 64 : t.getElementTypeBitWidth(), 8);
    for (int64_t d : t.getShape())
      n *= ShapedType::isDynamic(d) ? bound : d;
    return llvm::alignTo(std::max<int64_t>(n, 1), 64);
  }

  void runOnOperation() final {
    auto fn = getOperation().lookupSymbol<func::FuncOp>("train");
    if (!fn)
      return;
    auto boundAttr = getOperation()->getAttrOfType<IntegerAttr>("dyn.bound");
    int64_t bound = boundAttr ? boundAttr.getInt() : 0;
    BufferViewFlowAnalysis views(fn);
    llvm::DenseMap<Operation *, std::pair<int64_t, int64_t>> span;
    int64_t clock = 0;
    std::function<void(Operation *)> number = [&](Operation *op) {
      int64_t begin = clock++;
      for (Region &r : op->getRegions())
        for (Block &block : r)
          for (Operation &inner : block)
            number(&inner);
      span[op] = {begin, clock++};
    };
    number(fn);

    std::vector<Buffer> buffers;
    WalkResult ok = fn.walk([&](memref::AllocOp alloc) {
      if (!alloc.getType().hasStaticShape() && !bound)
        return alloc.emitError("has a run-time extent without a bound"), WalkResult::interrupt();
      Buffer b{alloc, sizeOf(alloc, bound)};
      b.first = span[alloc].first;
      b.last = b.first;
      Operation *home = alloc->getParentOp();
      for (Value alias : views.resolve(alloc.getResult()))
        for (Operation *user : alias.getUsers()) {
          // The use as seen from the block of the allocation, and every loop in between.
          Operation *at = user;
          for (Operation *p = user; p && p != home; p = p->getParentOp())
            at = p;
          b.last = std::max(b.last, span[at].second);
          b.first = std::min(b.first, span[at].first);
        }
      buffers.push_back(b);
      return WalkResult::advance();
    });
    if (ok.wasInterrupted())
      return signalPassFailure();

    std::vector<Buffer *> order;
    for (Buffer &b : buffers)
      order.push_back(&b);
    llvm::sort(order, [](Buffer *x, Buffer *y) {
      return std::tuple(-x->bytes, x->first) < std::tuple(-y->bytes, y->first);
    });
    std::vector<Buffer *> placed;
    int64_t total = 0;
    for (Buffer *b : order) {
      std::vector<Buffer *> alive;
      for (Buffer *p : placed)
        if (!reuse || (p->first <= b->last && b->first <= p->last))
          alive.push_back(p);
      llvm::sort(alive, [](Buffer *x, Buffer *y) { return x->offset < y->offset; });
      int64_t at = 0;
      for (Buffer *p : alive) {
        if (at + b->bytes <= p->offset)
          break;
        at = std::max(at, p->offset + p->bytes);
      }
      b->offset = at;
      total = std::max(total, at + b->bytes);
      placed.push_back(b);
    }
    emitViews(fn, buffers, total);
    OpBuilder b(&getContext());
    getOperation()->setAttr("dyn.arena_bytes", b.getI64IntegerAttr(total));
  }

  void emitViews(func::FuncOp fn, std::vector<Buffer> &buffers, int64_t total) {
    // The arena is a buffer whose address the runtime gives: @dyn_arena wraps the
    // call and is lowered together with the function.
    OpBuilder b(&getContext());
    b.setInsertionPointToStart(getOperation().getBody());
    auto type = MemRefType::get({std::max<int64_t>(total, 64)}, b.getI8Type());
    auto declare = func::FuncOp::create(
        b, fn.getLoc(), "dyn_arena", b.getFunctionType({b.getI64Type(), b.getI64Type()}, {type}));
    declare.setPrivate();
    b.setInsertionPointToStart(&fn.getBody().front());
    Value bytes =
        arith::ConstantOp::create(b, fn.getLoc(), b.getI64IntegerAttr(type.getNumElements()));
    SmallVector<Value> args{fn.getArgument(0), bytes};
    Value arena = func::CallOp::create(b, fn.getLoc(), declare, args).getResult(0);
    for (Buffer &buffer : buffers) {
      b.setInsertionPoint(buffer.alloc);
      Value offset = arith::ConstantIndexOp::create(b, buffer.alloc.getLoc(), buffer.offset);
      Value view = memref::ViewOp::create(b, buffer.alloc.getLoc(), buffer.alloc.getType(), arena,
                                          offset, buffer.alloc.getDynamicSizes());
      buffer.alloc.replaceAllUsesWith(view);
      buffer.alloc.erase();
    }
  }
};

} // namespace

std::unique_ptr<Pass> dyn::createPlanMemoryPass(bool reuse) {
  return std::make_unique<PlanMemoryPass>(reuse);
}
