//===- EmitLoops.cpp - linalg in kernels to loops and tasks ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The number of tasks depends on shapes alone, and tasks write disjoint parts:
// results do not depend on the number of threads.
//
//===----------------------------------------------------------------------===//
#include "Contraction.h"

#include "dyn/codegen/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace dyn;

namespace {

constexpr int64_t tasksOfLargeKernels = 8;
constexpr int64_t workForTasks = 1 << 17; ///< elements times ops: some 20 us

/// Elements times ops of the body; a dynamic extent counts as 128.
int64_t workOf(linalg::LinalgOp op) {
  int64_t n = 1;
  for (int64_t d : op.getStaticLoopRanges())
    n *= ShapedType::isDynamic(d) ? 128 : std::max<int64_t>(d, 1);
  return n * std::max<int64_t>(1, int64_t(op.getBlock()->getOperations().size()));
}

/// `for i in lo..hi` as tasks over equal pieces of the range.
void split(scf::ForOp loop) {
  OpBuilder b(loop);
  Location loc = loop.getLoc();
  Value count = arith::ConstantIndexOp::create(b, loc, tasksOfLargeKernels);
  Value piece = arith::CeilDivUIOp::create(b, loc, loop.getUpperBound(), count);
  auto tasks = scf::ForallOp::create(b, loc, ArrayRef<OpFoldResult>{b.getIndexAttr(tasksOfLargeKernels)}, ValueRange{}, std::nullopt);
  b.setInsertionPointToStart(tasks.getBody());
  Value low = arith::MulIOp::create(b, loc, tasks.getInductionVar(0), piece);
  Value high = arith::MinUIOp::create(b, loc, arith::AddIOp::create(b, loc, low, piece), loop.getUpperBound());
  auto inner = cast<scf::ForOp>(b.clone(*loop));
  inner.setLowerBound(low);
  inner.setUpperBound(high);
  loop.erase();
}

struct EmitLoopsPass : PassWrapper<EmitLoopsPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(EmitLoopsPass)
  StringRef getArgument() const final { return "dyn-emit-loops"; }
  StringRef getDescription() const final { return "linalg in kernels to loops and tasks"; }
  void getDependentDialects(DialectRegistry &r) const final {
    r.insert<scf::SCFDialect, arith::ArithDialect, memref::MemRefDialect, vector::VectorDialect>();
  }
  void runOnOperation() final {
    SmallVector<linalg::LinalgOp> ops;
    for (func::FuncOp fn : getOperation().getOps<func::FuncOp>())
      if (fn->hasAttr("dyn.kernel"))
        fn.walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (linalg::LinalgOp op : ops) {
      bool cut = op.getNumLoops() > 0 && workOf(op) >= workForTasks && op.getIteratorTypesArray()[0] == utils::IteratorType::parallel;
      rewriter.setInsertionPoint(op);
      if (auto generic = dyn_cast<linalg::GenericOp>(op.getOperation()))
        if (auto shape = codegen::classifyContraction(generic)) {
          Block &entry = op->getParentOfType<func::FuncOp>().getBody().front();
          bool packs = codegen::hasPackingPhase(*shape);
          codegen::lowerContraction(rewriter, generic, *shape, packs ? entry.getArguments().back() : Value());
          continue;
        }
      FailureOr<linalg::LinalgLoops> loops = linalg::linalgOpToLoops(rewriter, op);
      if (failed(loops)) {
        op.emitError("has no loops");
        return signalPassFailure();
      }
      if (cut && !loops->empty())
        if (auto outer = dyn_cast<scf::ForOp>(loops->front()))
          split(outer);
      rewriter.eraseOp(op);
    }
  }
};

} // namespace

std::unique_ptr<Pass> dyn::createEmitLoopsPass() { return std::make_unique<EmitLoopsPass>(); }
