//===- Vectors.cpp - vectors to and from buffers without a shape ----------===//
//
// Part of the Dyn project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Vectors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

Type dyn::codegen::storedType(Type t) {
  return t.isInteger(1) ? IntegerType::get(t.getContext(), 8) : t;
}

Value dyn::codegen::firstLanes(OpBuilder &b, Location loc, int64_t lanes, int64_t count) {
  if (count == lanes)
    return {};
  SmallVector<bool> bits(lanes, false);
  std::fill_n(bits.begin(), count, true);
  auto type = VectorType::get({lanes}, b.getI1Type());
  return arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, bits));
}

Value dyn::codegen::widened(OpBuilder &b, Location loc, Value v, int64_t lanes) {
  if (isa<VectorType>(v.getType()))
    return v;
  return vector::BroadcastOp::create(b, loc, VectorType::get({lanes}, v.getType()), v);
}

/// The stored number as one of `type`.
static Value fromStored(OpBuilder &b, Location loc, Type type, Value v) {
  return v.getType() == type ? v : arith::TruncIOp::create(b, loc, type, v);
}

Value dyn::codegen::loadScalar(OpBuilder &b, Location loc, Type type, Value flat, Value at) {
  return fromStored(b, loc, type, memref::LoadOp::create(b, loc, flat, ValueRange{at}));
}

Value dyn::codegen::loadVector(OpBuilder &b, Location loc, VectorType type, Value flat, Value at,
                               Value mask) {
  auto stored = cast<VectorType>(type.clone(storedType(type.getElementType())));
  if (!mask)
    return fromStored(b, loc, type,
                      vector::LoadOp::create(b, loc, stored, flat, ValueRange{at}).getResult());
  Value none = arith::ConstantOp::create(b, loc, b.getZeroAttr(stored));
  return fromStored(
      b, loc, type,
      vector::MaskedLoadOp::create(b, loc, stored, flat, ValueRange{at}, mask, none).getResult());
}

Value dyn::codegen::toStored(OpBuilder &b, Location loc, Value v) {
  Type element = getElementTypeOrSelf(v.getType()), stored = storedType(element);
  if (stored == element)
    return v;
  auto vector = dyn_cast<VectorType>(v.getType());
  return arith::ExtUIOp::create(b, loc, vector ? Type(vector.clone(stored)) : stored, v);
}

void dyn::codegen::storeVector(OpBuilder &b, Location loc, Value v, Value flat, Value at,
                               Value mask) {
  v = toStored(b, loc, v);
  if (mask)
    vector::MaskedStoreOp::create(b, loc, flat, ValueRange{at}, mask, v);
  else
    vector::StoreOp::create(b, loc, v, flat, ValueRange{at});
}
