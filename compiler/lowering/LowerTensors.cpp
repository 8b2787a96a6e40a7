//===- LowerTensors.cpp - dyn ops on tensors to linalg.generic -----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Patterns.h"

#include "dyn/lowering/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"

namespace dyn {
#define GEN_PASS_DEF_LOWERTENSORSPASS
#include "LoweringPasses.h.inc"
} // namespace dyn

using namespace mlir;
using namespace dyn;
using namespace dyn::lowering;

namespace {

bool isElementwise(Operation *op) {
  return OpTrait::hasElementwiseMappableTraits(op) && op->getNumResults() == 1 &&
         isa<RankedTensorType>(op->getResult(0).getType());
}

/// arith and math on tensors: one generic each, with scalars and splats captured.
void lowerElementwise(Operation *op, RewriterBase &b) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Location loc = op->getLoc();
  SmallVector<Value> ins, scalars(op->getNumOperands());
  Value shaped;
  for (auto [i, v] : llvm::enumerate(op->getOperands())) {
    DenseElementsAttr splat;
    if (!isa<RankedTensorType>(v.getType())) {
      scalars[i] = v;
    } else if (matchPattern(v, m_Constant(&splat)) && splat.isSplat()) {
      scalars[i] =
          arith::ConstantOp::create(b, loc, cast<TypedAttr>(splat.getSplatValue<Attribute>()));
    } else if (auto fill = v.getDefiningOp<linalg::FillOp>()) {
      scalars[i] = fill.getInputs()[0];
      shaped = shaped ? shaped : v;
    } else {
      ins.push_back(v);
      shaped = v;
    }
  }
  SmallVector<Value> extents;
  if (!type.hasStaticShape())
    extents = extentsOf(b, loc, shaped);
  Value out = emptyTensor(b, loc, type, extents);
  SmallVector<AffineMap> maps(ins.size(), b.getMultiDimIdentityMap(type.getRank()));
  b.replaceOp(op,
              parallelGeneric(b, loc, ins, out, maps, [&](OpBuilder &n, Location l, ValueRange a) {
                SmallVector<Value> operands;
                unsigned next = 0;
                for (Value s : scalars)
                  operands.push_back(s ? s : a[next++]);
                Operation *one = n.create(l, op->getName().getIdentifier(), operands,
                                          type.getElementType(), op->getAttrs());
                linalg::YieldOp::create(n, l, one->getResult(0));
              }));
}

struct LowerTensorsPass : dyn::impl::LowerTensorsPassBase<LowerTensorsPass> {
  void runOnOperation() final {
    // In order, so that a broadcast scalar is known to be one when its users are lowered.
    SmallVector<Operation *> ops;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<Lowerable, Differentiable>(op) || isElementwise(op))
        ops.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (Operation *op : ops) {
      rewriter.setInsertionPoint(op);
      if (isElementwise(op)) {
        lowerElementwise(op, rewriter);
      } else if (auto lowerable = dyn_cast<Lowerable>(op)) {
        if (failed(lowerable.lower(rewriter)))
          return signalPassFailure();
      } else if (isa<DynDialect>(op->getDialect())) {
        op->emitError("`") << op->getName() << "` has no lowering";
        return signalPassFailure();
      }
    }
  }
};

} // namespace
