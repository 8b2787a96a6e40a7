//===- Tape.cpp - what loops record on the way forward --------------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Tape.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

SmallVector<Value> dyn::autodiff::runtimeExtents(OpBuilder &b, Location loc, Value v) {
  SmallVector<Value> out;
  if (auto type = dyn_cast<RankedTensorType>(v.getType()))
    for (int64_t i = 0; i < type.getRank(); ++i)
      if (type.isDynamicDim(i))
        out.push_back(tensor::DimOp::create(b, loc, v, i));
  return out;
}

Value dyn::autodiff::makeTape(OpBuilder &b, Location loc, Type type, int64_t slots,
                              ValueRange extents) {
  SmallVector<int64_t> shape{slots};
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    llvm::append_range(shape, tensor.getShape());
  return tensor::EmptyOp::create(b, loc, shape, getElementTypeOrSelf(type), extents);
}

namespace {
/// The slice of a tape that is one slot.
struct Slot {
  SmallVector<OpFoldResult> offsets, sizes, strides;

  Slot(OpBuilder &b, RankedTensorType type, Value slot, ValueRange extents)
      : offsets{slot}, sizes{b.getIndexAttr(1)}, strides{b.getIndexAttr(1)} {
    for (int64_t d : type.getShape()) {
      offsets.push_back(b.getIndexAttr(0));
      if (ShapedType::isDynamic(d)) {
        sizes.push_back(extents.front());
        extents = extents.drop_front();
      } else {
        sizes.push_back(b.getIndexAttr(d));
      }
      strides.push_back(b.getIndexAttr(1));
    }
  }
};
/// Upstream has no static slice of nothing.
bool isEmpty(RankedTensorType type) { return type.hasStaticShape() && type.getNumElements() == 0; }
} // namespace

Value dyn::autodiff::record(OpBuilder &b, Location loc, Value now, Value tape, Value slot,
                            ValueRange extents) {
  auto type = dyn_cast<RankedTensorType>(now.getType());
  if (!type)
    return tensor::InsertOp::create(b, loc, now, tape, slot);
  if (isEmpty(type))
    return tape;
  Slot at(b, type, slot, extents);
  return tensor::InsertSliceOp::create(b, loc, now, tape, at.offsets, at.sizes, at.strides);
}

Value dyn::autodiff::recall(OpBuilder &b, Location loc, Type type, Value tape, Value slot,
                            ValueRange extents) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return tensor::ExtractOp::create(b, loc, tape, slot);
  if (isEmpty(tensor))
    return tensor::EmptyOp::create(b, loc, tensor.getShape(), tensor.getElementType());
  Slot at(b, tensor, slot, extents);
  return tensor::ExtractSliceOp::create(b, loc, tensor, tape, at.offsets, at.sizes, at.strides);
}

SmallVector<Operation *> dyn::autodiff::cloneBody(OpBuilder &b, Block &block, IRMapping &map) {
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator())
    ops.push_back(b.clone(op, map));
  return ops;
}

static bool isEffect(Operation *op) {
  return op->getNumResults() == 0 && op->getNumRegions() == 0 &&
         !op->hasTrait<OpTrait::IsTerminator>() && !isMemoryEffectFree(op);
}

SmallVector<Operation *> dyn::autodiff::recomputeBody(OpBuilder &b, Block &block, IRMapping &map) {
  SmallVector<Operation *> ops;
  for (Operation &op : block.without_terminator()) {
    if (isEffect(&op))
      continue;
    ops.push_back(b.clone(op, map));
    ops.back()->walk([](Operation *nested) {
      if (isEffect(nested))
        nested->erase();
    });
  }
  return ops;
}
