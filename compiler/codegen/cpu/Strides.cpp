//===- Strides.cpp - how the loops of an op walk its buffers --------------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Strides.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace dyn::codegen;

/// Adds stride * `e` to the walk; false if `e` is not a sum of multiples of loops.
static bool addTo(Walk &walk, AffineExpr e, int64_t stride) {
  if (auto d = dyn_cast<AffineDimExpr>(e)) {
    walk.strides[d.getPosition()] += stride;
    return true;
  }
  if (auto c = dyn_cast<AffineConstantExpr>(e)) {
    walk.offset += stride * c.getValue();
    return true;
  }
  auto bin = dyn_cast<AffineBinaryOpExpr>(e);
  if (!bin)
    return false;
  if (e.getKind() == AffineExprKind::Add)
    return addTo(walk, bin.getLHS(), stride) && addTo(walk, bin.getRHS(), stride);
  auto c = dyn_cast<AffineConstantExpr>(bin.getRHS());
  return e.getKind() == AffineExprKind::Mul && c &&
         addTo(walk, bin.getLHS(), stride * c.getValue());
}

std::optional<SmallVector<int64_t>> dyn::codegen::stridesOf(MemRefType type) {
  SmallVector<int64_t> strides;
  if (type.getLayout().isIdentity()) {
    // Computed here: the type does not tell the strides of an empty buffer.
    if (llvm::any_of(type.getShape().drop_front(type.getRank() ? 1 : 0), ShapedType::isDynamic))
      return std::nullopt;
    strides.assign(type.getRank(), 1);
    for (int64_t i = type.getRank() - 1; i > 0; --i)
      strides[i - 1] = strides[i] * type.getDimSize(i);
    return strides;
  }
  int64_t offset = 0;
  if (failed(type.getStridesAndOffset(strides, offset)) ||
      llvm::any_of(strides, ShapedType::isDynamic))
    return std::nullopt;
  return strides;
}

std::optional<Walk> dyn::codegen::walkOf(MemRefType type, AffineMap map) {
  auto strides = stridesOf(type);
  if (!strides)
    return std::nullopt;
  Walk walk;
  walk.strides.assign(map.getNumDims(), 0);
  for (auto [e, stride] : llvm::zip(map.getResults(), *strides))
    if (!addTo(walk, e, stride))
      return std::nullopt;
  return walk;
}

Value dyn::codegen::flatten(OpBuilder &b, Location loc, Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  if (!type.getElementType().isInteger(1)) {
    auto flat = MemRefType::get({ShapedType::kDynamic}, type.getElementType());
    // The size is never looked at; the view only drops the shape.
    Value size = arith::ConstantIndexOp::create(b, loc, int64_t(1) << 40);
    return memref::ReinterpretCastOp::create(b, loc, flat, buffer, OpFoldResult(b.getIndexAttr(0)),
                                             ArrayRef<OpFoldResult>{size},
                                             ArrayRef<OpFoldResult>{b.getIndexAttr(1)});
  }
  // A vector of i1 would be read as bits, but every truth value has its byte.
  LLVMTypeConverter types(b.getContext());
  auto flat = MemRefType::get({int64_t(1) << 40}, b.getI8Type());
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(b, loc, buffer);
  address = arith::IndexCastOp::create(b, loc, b.getI64Type(), address);
  Value pointer =
      LLVM::IntToPtrOp::create(b, loc, LLVM::LLVMPointerType::get(b.getContext()), address);
  Value descriptor = MemRefDescriptor::fromStaticShape(b, loc, types, flat, pointer);
  return UnrealizedConversionCastOp::create(b, loc, flat, descriptor).getResult(0);
}

Value dyn::codegen::offsetOf(OpBuilder &b, Location loc, Value buffer) {
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  (void)cast<MemRefType>(buffer.getType()).getStridesAndOffset(strides, offset);
  if (ShapedType::isDynamic(offset))
    return memref::ExtractStridedMetadataOp::create(b, loc, buffer).getOffset();
  return arith::ConstantIndexOp::create(b, loc, offset);
}
