//===- EmitLoops.cpp - linalg in kernels to loops and tasks ---------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sums of products, then what vectors can do, then plain loops for the rest.
//
//===----------------------------------------------------------------------===//
#include "Contraction.h"
#include "Nest.h"
#include "PlainLoops.h"

#include "dyn/codegen/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace dyn {
#define GEN_PASS_DEF_EMITLOOPSPASS
#include "CodegenPasses.h.inc"
} // namespace dyn

using namespace mlir;
using namespace dyn;

namespace {

struct EmitLoopsPass : dyn::impl::EmitLoopsPassBase<EmitLoopsPass> {
  void runOnOperation() final {
    IRRewriter rewriter(&getContext());
    for (func::FuncOp fn : getOperation().getOps<func::FuncOp>()) {
      if (!fn->hasAttr("dyn.kernel"))
        continue;
      SmallVector<linalg::LinalgOp> ops(fn.getOps<linalg::LinalgOp>());
      if (ops.size() == 2 && ops.front()->hasAttr("dyn.tail"))
        ops.pop_back(); // goes with the contraction
      else if (ops.size() > 1 && succeeded(emitGroup(rewriter, ops)))
        continue;
      for (linalg::LinalgOp op : ops)
        if (failed(emit(rewriter, op)))
          return signalPassFailure();
    }
  }

  /// Several ops in a kernel run row by row.
  LogicalResult emitGroup(IRRewriter &rewriter, ArrayRef<linalg::LinalgOp> ops) {
    std::vector<codegen::Nest> nests;
    for (linalg::LinalgOp op : ops) {
      auto nest = codegen::analyseNest(cast<linalg::GenericOp>(op.getOperation()), /*rows=*/true);
      if (!nest)
        return failure();
      nests.push_back(*nest);
    }
    rewriter.setInsertionPoint(ops.front());
    codegen::emitRows(rewriter, nests);
    for (linalg::LinalgOp op : ops)
      rewriter.eraseOp(op);
    return success();
  }

  LogicalResult emit(IRRewriter &rewriter, linalg::LinalgOp op) {
    rewriter.setInsertionPoint(op);
    if (auto generic = dyn_cast<linalg::GenericOp>(op.getOperation())) {
      auto tail = dyn_cast_or_null<linalg::GenericOp>(op->hasAttr("dyn.tail") ? op->getNextNode()
                                                                              : nullptr);
      if (auto shape = codegen::classifyContraction(generic, tail)) {
        Block &entry = op->getParentOfType<func::FuncOp>().getBody().front();
        bool packs = codegen::hasPackingPhase(*shape);
        shape->overwrite = generic->hasAttr("dyn.overwrite");
        shape->keepsC = !generic->hasAttr("dyn.partial");
        codegen::lowerContraction(rewriter, generic, *shape,
                                  packs ? entry.getArguments().back() : Value());
        return success();
      }
      if (auto nest = codegen::analyseNest(generic)) {
        codegen::emitNest(rewriter, *nest);
        rewriter.eraseOp(op);
        return success();
      }
    }
    return codegen::emitPlainLoops(rewriter, op);
  }
};

} // namespace
