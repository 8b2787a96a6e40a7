//===- Liveness.cpp - from when to when a buffer is needed ----------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Liveness.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace dyn::lowering;

Liveness::Liveness(Operation *root) : views(root) { number(root); }

void Liveness::number(Operation *op) {
  int64_t begin = clock++;
  for (Region &region : op->getRegions())
    for (Operation &inner : region.getOps())
      number(&inner);
  span[op] = {begin, clock++};
}

void Liveness::touch(Buffer &buffer, Operation *user) {
  // A loop that does not hold the allocation needs the buffer in every
  // iteration, so a use in it is a use during all of it.
  Operation *at = user;
  for (Operation *p = user->getParentOp(); p && !p->isAncestor(buffer.alloc); p = p->getParentOp())
    if (isa<LoopLikeOpInterface>(p))
      at = p;
  buffer.first = std::min(buffer.first, span[at].first);
  buffer.last = std::max(buffer.last, span[at].second);
}

void Liveness::touchAddress(Buffer &buffer, Value address) {
  for (Operation *user : address.getUsers()) {
    touch(buffer, user);
    if (auto store = dyn_cast<memref::StoreOp>(user)) {
      // An address in a table lives as long as the table.
      for (Value alias : views.resolve(store.getMemRef()))
        for (Operation *other : alias.getUsers()) {
          touch(buffer, other);
          if (auto extract = dyn_cast<memref::ExtractAlignedPointerAsIndexOp>(other))
            touchAddress(buffer, extract.getResult());
        }
      continue;
    }
    if (!isa<func::CallOp>(user))
      for (Value result : user->getResults())
        touchAddress(buffer, result);
  }
}

LogicalResult Liveness::measure(Buffer &buffer) {
  buffer.first = std::numeric_limits<int64_t>::max();
  buffer.last = span[buffer.alloc].second;
  for (Value alias : views.resolve(buffer.alloc.getResult())) {
    Operation *owner = alias.getDefiningOp();
    if (auto arg = dyn_cast<BlockArgument>(alias))
      owner = arg.getOwner()->getParentOp();
    if (isa<LoopLikeOpInterface>(owner) && owner->isProperAncestor(buffer.alloc))
      return buffer.alloc.emitError("buffer of one iteration is carried into the next");
    for (Operation *user : alias.getUsers()) {
      touch(buffer, user);
      if (auto extract = dyn_cast<memref::ExtractAlignedPointerAsIndexOp>(user))
        touchAddress(buffer, extract.getResult());
    }
  }
  buffer.first = std::min(buffer.first, buffer.last);
  return success();
}

std::optional<int64_t> dyn::lowering::boundOf(Value v) {
  APInt constant;
  if (matchPattern(v, m_ConstantInt(&constant)))
    return constant.getSExtValue();
  Operation *op = v.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto bound = op->getAttrOfType<IntegerAttr>("dyn.bound"))
    return bound.getInt();
  if (isa<arith::IndexCastOp>(op))
    return boundOf(op->getOperand(0));
  if (isa<arith::MinSIOp, arith::MinUIOp>(op)) {
    auto left = boundOf(op->getOperand(0)), right = boundOf(op->getOperand(1));
    return left && right ? std::min(*left, *right) : left ? left : right;
  }
  if (isa<arith::MaxSIOp, arith::MaxUIOp, arith::AddIOp, arith::MulIOp>(op)) {
    auto left = boundOf(op->getOperand(0)), right = boundOf(op->getOperand(1));
    if (!left || !right)
      return std::nullopt;
    return isa<arith::AddIOp>(op)   ? *left + *right
           : isa<arith::MulIOp>(op) ? *left * *right
                                    : std::max(*left, *right);
  }
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    // The dynamic extent of a buffer is its leading one.
    Operation *source = dim.getSource().getDefiningOp();
    while (auto view = dyn_cast_or_null<ViewLikeOpInterface>(source)) {
      if (auto sized = dyn_cast<OffsetSizeAndStrideOpInterface>(source);
          sized && !sized.getSizes().empty())
        return boundOf(sized.getSizes().front());
      source = view.getViewSource().getDefiningOp();
    }
    if (auto alloc = dyn_cast_or_null<memref::AllocOp>(source);
        alloc && !alloc.getDynamicSizes().empty())
      return boundOf(alloc.getDynamicSizes().front());
  }
  return std::nullopt;
}
