//===- Copies.cpp - copies of buffers as loops ---------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/lowering/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace dyn {
#define GEN_PASS_DEF_LOWERCOPIESPASS
#include "LoweringPasses.h.inc"
} // namespace dyn

using namespace mlir;

namespace {
struct LowerCopiesPass : dyn::impl::LowerCopiesPassBase<LowerCopiesPass> {
  void runOnOperation() final {
    SmallVector<memref::CopyOp> copies;
    getOperation().walk([&](memref::CopyOp c) { copies.push_back(c); });
    for (memref::CopyOp c : copies) {
      OpBuilder b(c);
      if (c.getSource() != c.getTarget()) {
        auto rank = cast<MemRefType>(c.getTarget().getType()).getRank();
        SmallVector<AffineMap> maps(2, b.getMultiDimIdentityMap(rank));
        SmallVector<utils::IteratorType> kinds(rank, utils::IteratorType::parallel);
        auto loop = linalg::GenericOp::create(
            b, c.getLoc(), c.getSource(), c.getTarget(), maps, kinds,
            [](OpBuilder &n, Location l, ValueRange a) { linalg::YieldOp::create(n, l, a[0]); });
        loop->setAttr("dyn.copy", b.getUnitAttr());
      }
      c.erase();
    }
  }
};
} // namespace
