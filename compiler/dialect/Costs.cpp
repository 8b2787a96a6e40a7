//===- Costs.cpp - floating-point operations and bytes of each op ---------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dyn/dialect/Dialect.h"

using namespace mlir;
using namespace dyn;

namespace {

/// Elements of a value; -1 when not static.
int64_t elements(Type t) {
  auto tensor = dyn_cast<RankedTensorType>(t);
  if (!tensor)
    return 1;
  return tensor.hasStaticShape() ? tensor.getNumElements() : -1;
}

/// Bytes of all operands and results, each once; -1 when not static.
int64_t traffic(Operation *op) {
  int64_t total = 0;
  auto add = [&](Type t) {
    int64_t n = elements(t);
    Type e = getElementTypeOrSelf(t);
    int64_t width = e.isIndex() ? 8 : llvm::divideCeil(e.getIntOrFloatBitWidth(), 8);
    total = n < 0 || total < 0 ? -1 : total + n * width;
  };
  llvm::for_each(op->getOperandTypes(), add);
  llvm::for_each(op->getResultTypes(), add);
  return total;
}

} // namespace

#define DYN_COST(OP, FLOPS)                                                                        \
  int64_t OP::flops() { return FLOPS; }                                                            \
  int64_t OP::bytes() { return traffic(*this); }

DYN_COST(BroadcastOp, 0)
DYN_COST(TransposeOp, 0)
DYN_COST(ReshapeOp, 0)
DYN_COST(GatherOp, 0)
DYN_COST(WindowOp, 0)
DYN_COST(IotaOp, 0)
DYN_COST(StopOp, 0)
DYN_COST(ReduceOp, elements(getInput().getType()))
DYN_COST(FirstOp, elements(getInput().getType()))
DYN_COST(KthOp, elements(getInput().getType()))
DYN_COST(OrderOp, elements(getInput().getType()))
DYN_COST(ArgReduceOp, elements(getInput().getType()))
DYN_COST(ScatterAddOp, elements(getUpdates().getType()))
DYN_COST(UnwindowOp, elements(getInput().getType()))
// Ten rounds of two multiplications for four words, and the conversion.
DYN_COST(RandomOp, elements(getResult().getType()))
#undef DYN_COST

int64_t ContractOp::flops() {
  SmallVector<int64_t> extents;
  auto visit = [&](ArrayRef<int64_t> labels, RankedTensorType type) {
    for (auto [l, d] : llvm::zip(labels, type.getShape())) {
      if (l >= (int64_t)extents.size())
        extents.resize(l + 1, 1);
      extents[l] = d;
    }
  };
  visit(getLhsLabels(), getLhs().getType());
  visit(getRhsLabels(), getRhs().getType());
  int64_t n = 2;
  for (int64_t d : extents)
    n = ShapedType::isDynamic(d) || n < 0 ? -1 : n * d;
  return n;
}
int64_t ContractOp::bytes() { return traffic(*this); }
