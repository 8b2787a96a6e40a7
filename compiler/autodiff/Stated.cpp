//===- Stated.cpp - derivatives that authors state ------------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A rule is linear in its tangents, so it has a transpose; what it is made of tells:
// sums of tangents, products of a tangent with what is none, and ops that move them.
//
//===----------------------------------------------------------------------===//
#include "Stated.h"

#include "Dependence.h"
#include "Tape.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::autodiff;

std::pair<SmallVector<Operation *>, Value> dyn::autodiff::inlineRule(OpBuilder &b, StatedOp op,
                                                                     ValueRange tangents) {
  Block &rule = op.getRule().front();
  IRMapping map;
  size_t n = op.getInputs().size();
  map.map(rule.getArguments().take_front(n), op.getInputs());
  map.map(rule.getArgument(unsigned(n)), op.getResult());
  map.map(rule.getArguments().drop_front(n + 1), tangents);
  SmallVector<Operation *> ops = cloneBody(b, rule, map);
  return {ops, map.lookupOrDefault(rule.getTerminator()->getOperand(0))};
}

void dyn::autodiff::dropRule(StatedOp op) {
  Block &body = op.getValue().front();
  for (auto [arg, in] : llvm::zip(body.getArguments(), op.getInputs()))
    arg.replaceAllUsesWith(in);
  for (Operation &inner : llvm::make_early_inc_range(body.without_terminator()))
    inner.moveBefore(op);
  op.getResult().replaceAllUsesWith(body.getTerminator()->getOperand(0));
  op.erase();
}

namespace {
struct Linearity {
  Dependence flow{passes};

  static bool passes(OpResult r) { return !isa<tensor::DimOp>(r.getOwner()); }
  static bool isZero(Value v) {
    if (auto wide = v.getDefiningOp<BroadcastOp>())
      return isZero(wide.getInput());
    return matchPattern(v, m_AnyZeroFloat()) || v.getDefiningOp<tensor::EmptyOp>();
  }
  bool linear(Value v) const { return flow.contains(v) || isZero(v); }
  bool constant(Value v) const { return !flow.contains(v); }

  LogicalResult check(Block &block) {
    for (Operation &op : block.without_terminator())
      if (failed(check(&op)))
        return failure();
    return success();
  }
  /// Wherever one of two values that meet is linear, the other has to be.
  bool agree(ValueRange values, ValueRange carried) {
    return llvm::all_of(llvm::zip(values, carried), [&](auto pair) {
      return constant(std::get<1>(pair)) || linear(std::get<0>(pair));
    });
  }
  LogicalResult check(Operation *op) {
    if (isa<scf::IfOp, scf::ForOp, scf::WhileOp>(op)) {
      for (Region &r : op->getRegions())
        if (!r.empty() && failed(check(r.front())))
          return failure();
      return carries(op) ? success() : refuse(op);
    }
    if (llvm::all_of(op->getOperands(), [&](Value v) { return constant(v); }))
      return success();
    return allowed(op) ? success() : refuse(op);
  }
  bool carries(Operation *op) {
    if (auto branch = dyn_cast<scf::IfOp>(op))
      return constant(branch.getCondition()) && llvm::all_of(op->getRegions(), [&](Region &r) {
               return r.empty() ||
                      agree(r.front().getTerminator()->getOperands(), op->getResults());
             });
    if (auto loop = dyn_cast<scf::ForOp>(op))
      return agree(loop.getInitArgs(), loop.getRegionIterArgs()) &&
             agree(loop.getBody()->getTerminator()->getOperands(), loop.getRegionIterArgs());
    auto loop = cast<scf::WhileOp>(op);
    return constant(loop.getConditionOp().getCondition()) &&
           agree(loop.getInits(), loop.getBeforeArguments()) &&
           agree(loop.getConditionOp().getArgs(), loop.getAfterArguments()) &&
           agree(loop.getYieldOp().getResults(), loop.getBeforeArguments());
  }
  bool allowed(Operation *op) {
    if (isa<arith::MulFOp, ContractOp>(op))
      return constant(op->getOperand(0)) != constant(op->getOperand(1));
    if (isa<arith::DivFOp>(op))
      return constant(op->getOperand(1));
    if (auto sum = dyn_cast<ReduceOp>(op))
      return sum.getKind() == ReduceKind::add;
    if (isa<tensor::DimOp>(op))
      return true;
    if (!isa<arith::AddFOp, arith::SubFOp, arith::NegFOp, arith::ExtFOp, arith::TruncFOp,
             arith::SelectOp, BroadcastOp, TransposeOp, ReshapeOp, GatherOp, ScatterAddOp, WindowOp,
             UnwindowOp, tensor::ExtractSliceOp, tensor::InsertSliceOp, tensor::ExtractOp,
             tensor::InsertOp, tensor::FromElementsOp, tensor::SplatOp, tensor::ConcatOp,
             tensor::CastOp>(op))
      return false;
    return llvm::all_of(op->getOperands(), [&](Value v) {
      return isa<FloatType>(getElementTypeOrSelf(v.getType())) ? linear(v) : constant(v);
    });
  }
  static LogicalResult refuse(Operation *op) {
    return op->emitError("[E0251] a stated derivative has to be linear in its `d`s, this is not");
  }
};
} // namespace

LogicalResult dyn::autodiff::checkLinear(StatedOp op) {
  Linearity check;
  Block &rule = op.getRule().front();
  for (BlockArgument a : rule.getArguments().drop_front(op.getInputs().size() + 1))
    check.flow.insert(a);
  check.flow.follow(rule);
  if (failed(check.check(rule)))
    return failure();
  return check.linear(rule.getTerminator()->getOperand(0))
             ? success()
             : Linearity::refuse(rule.getTerminator());
}
