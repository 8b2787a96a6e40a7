//===- Lift.cpp - one computation for all members of a frame -------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Lift.h"

#include "Emit.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace dyn;
using namespace dyn::autodiff;

/// An extent is the same for all members, whatever it is read from.
static bool passes(OpResult r) { return !isa<tensor::DimOp>(r.getOwner()); }

Lift::Lift(OpBuilder &builder, int64_t extent) : b(builder), extent(extent), flow(passes) {}

void Lift::setTwin(Value v, Value twin) {
  twins[v] = twin;
  flow.insert(v);
}

Value Lift::lifted(Value v, Location loc) {
  if (Value twin = twins.lookup(v))
    return twin;
  auto type = cast<RankedTensorType>(framed(v.getType()));
  int64_t axis = LiftOp::axisIn(v.getType());
  SmallVector<int64_t> dims;
  SmallVector<Value> extents;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    if (i == axis)
      continue;
    dims.push_back(i);
    if (type.isDynamicDim(i))
      extents.push_back(tensor::DimOp::create(b, loc, v, i - (i > axis)));
  }
  if (v.getDefiningOp<tensor::EmptyOp>())
    return tensor::EmptyOp::create(b, loc, type, extents);
  return BroadcastOp::create(b, loc, type, v, extents, dims);
}

Value Lift::move(Value v, int64_t from, int64_t to, Location loc) {
  if (from == to)
    return v;
  auto type = cast<RankedTensorType>(v.getType());
  SmallVector<int64_t> order, shape;
  for (int64_t i = 0; i < type.getRank(); ++i)
    if (i != from)
      order.push_back(i);
  order.insert(order.begin() + to, from);
  for (int64_t i : order)
    shape.push_back(type.getDimSize(i));
  return TransposeOp::create(b, loc, type.clone(shape), v, order);
}

LogicalResult Lift::sweep(ArrayRef<Operation *> ops) {
  for (Operation *op : ops)
    flow.follow(op);
  for (Operation *op : ops)
    if (failed(visit(op)))
      return failure();
  return success();
}

LogicalResult Lift::sweep(Block &block) { return sweep(opsOf(block)); }

LogicalResult Lift::visit(Operation *op) {
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return visitIf(branch);
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return visitFor(loop);
  if (auto loop = dyn_cast<scf::WhileOp>(op))
    return visitWhile(loop);
  if (llvm::all_of(op->getOperands(), [&](Value v) { return isShared(v); }))
    return success();
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    b.setInsertionPoint(op);
    std::optional<int64_t> index = dim.getConstantIndex();
    int64_t axis = LiftOp::axisIn(dim.getSource().getType());
    if (index && *index >= axis)
      dim.getIndexMutable().assign(arith::ConstantIndexOp::create(b, op->getLoc(), *index + 1));
    dim.getSourceMutable().assign(twins.lookup(dim.getSource()));
    return success();
  }
  b.setInsertionPointAfter(op);
  if (op->getNumResults() == 1 &&
      (visitElementwise(op) || visitDyn(op) || visitGather(op) || visitTensor(op))) {
    replaced.push_back(op);
    return success();
  }
  return op->emitError("[E0229] '") << op->getName() << "' is not lifted over directions yet";
}

bool Lift::visitElementwise(Operation *op) {
  if (!OpTrait::hasElementwiseMappableTraits(op) && !isa<StopOp>(op))
    return false;
  OperationState state(op->getLoc(), op->getName());
  state.addAttributes(op->getAttrDictionary().getValue());
  Type own = op->getResult(0).getType();
  for (auto [i, v] : llvm::enumerate(op->getOperands())) {
    bool choosesAll = i == 0 && isa<arith::SelectOp>(op) && !isa<RankedTensorType>(v.getType()) &&
                      isa<RankedTensorType>(own);
    if (choosesAll && isShared(v)) {
      state.addOperands(v);
      continue;
    }
    Value twin = lifted(v, op->getLoc());
    if (choosesAll) {
      // One choice a member becomes one an element.
      auto shape = cast<RankedTensorType>(framed(own));
      SmallVector<Value> extents;
      if (shape.isDynamicDim(0))
        extents.push_back(tensor::DimOp::create(b, op->getLoc(), op->getOperand(1), 0));
      twin = BroadcastOp::create(b, op->getLoc(), shape.clone(b.getI1Type()), twin, extents,
                                 ArrayRef<int64_t>{LiftOp::axisIn(own)});
    }
    state.addOperands(twin);
  }
  for (Type t : op->getResultTypes())
    state.addTypes(framed(t));
  Operation *twin = b.create(state);
  for (auto [r, t] : llvm::zip(op->getResults(), twin->getResults()))
    setTwin(r, t);
  return true;
}

void Lift::finish() {
  for (Operation *op : llvm::reverse(replaced))
    op->erase();
  for (BlockArgument a : oldArguments)
    a.getOwner()->eraseArgument(a.getArgNumber());
}
